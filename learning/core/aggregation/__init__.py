"""What several answers come to: votes in, posteriors and labels out.

A rule is one module with one class and one line below. Its contract (``tests/core/aggregation/test_contract.py``) is
held by every registered rule: no NaN, ties and items nobody answered have no label, the same bits for any order of the
rows, the same labels under any names. ``majority`` is right until there is evidence; :mod:`.auto` weighs that evidence.
Several labels an item are as many questions (:mod:`.multilabel`), steps of a scale come to the median.
"""

from __future__ import annotations

from learning.core.aggregation.base import Aggregated, ConsensusRule
from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes, gold_of, votes_of
from learning.core.registry import Registry

RULES: Registry[ConsensusRule] = Registry(
    "rule of consensus",
    {
        "majority": "learning.core.aggregation.majority:Majority",
        "gold_weighted": "learning.core.aggregation.gold_weighted:GoldWeighted",
        "dawid_skene": "learning.core.aggregation.dawid_skene:DawidSkene",
        "one_coin": "learning.core.aggregation.dawid_skene:OneCoin",
        "mace": "learning.core.aggregation.mace:Mace",
        "crowdlab": "learning.core.aggregation.crowdlab:Crowdlab",
        "median": "learning.core.aggregation.median:Median",
    },
    only={"median": ["ordinal"]},
)

__all__ = ["NO_LABEL", "RULES", "Aggregated", "ConsensusRule", "KnownTruth", "Votes", "gold_of", "votes_of"]
