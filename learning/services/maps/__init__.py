"""The map of a project's items: drawn when it is asked for, and new items placed on it after runs (decision 0108)."""
