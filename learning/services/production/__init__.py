"""Production mode: what programs are promised, and whether it is kept (decision 0130)."""
