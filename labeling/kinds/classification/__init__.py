"""Exactly one label an item."""

from labeling.kinds.classification.kind import Classification

__all__ = ["Classification"]
