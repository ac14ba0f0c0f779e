"""One step of a scale an item."""

from labeling.kinds.rating.kind import Rating

__all__ = ["Rating"]
