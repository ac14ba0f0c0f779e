"""A project: made, changed, its label set, its overlap, its end."""
