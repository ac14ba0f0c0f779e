"""A new version meets traffic: beside the one in use, for some of the callers, and away again (decision 0119)."""
