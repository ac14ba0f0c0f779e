"""What a person should know: alerts, and whether the eval split knows the pool."""
