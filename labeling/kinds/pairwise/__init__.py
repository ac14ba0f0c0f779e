"""Which of two items is better."""

from labeling.kinds.pairwise.kind import SWAPPED, WINNERS, Pairwise

__all__ = ["SWAPPED", "WINNERS", "Pairwise"]
