"""Publishing the head of a ranking."""
