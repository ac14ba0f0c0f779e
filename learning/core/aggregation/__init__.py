"""Answers of several annotators -> one consensus, how sure it is, and how well the annotators agree."""

from __future__ import annotations

from learning.core.aggregation.agreement import krippendorff_alpha
from learning.core.aggregation.votes import Consensus, count_votes, majority_vote

__all__ = ["Consensus", "count_votes", "krippendorff_alpha", "majority_vote"]
