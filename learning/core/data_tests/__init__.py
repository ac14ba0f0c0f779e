"""Tests of the data before a model is made of it. Each looks for one defect and says what to do about it.

Every test is a function from arrays to one :class:`Finding`. A test that cannot know (too few rows, one import only) is
``skipped``, never passed. Hard tests are those after which a model would be wrong or its measurement false; young
projects pass all of them.
"""

from learning.core.data_tests.answers import (
    answers_per_label,
    balance_between_batches,
    equal_items_equal_labels,
    labels_in_set,
    labels_in_use,
    more_than_one_label,
    one_sided_annotators,
    plausible_durations,
    plausible_timestamps,
)
from learning.core.data_tests.findings import Finding, Outcome
from learning.core.data_tests.items import (
    contents_present,
    features_belong_to_items,
    features_differ,
    features_finite,
    features_for_every_item,
    features_vary,
    sizes_between_batches,
)
from learning.core.data_tests.pairs import (
    answers_agree_with_gold,
    enough_judgments,
    held_out_stays_out,
    judgments_in_scope,
    judgments_of_several,
    one_sided_people,
    pairs_are_pairs,
    same_pair_once,
    sides_between_batches,
    sides_differ,
)
from learning.core.data_tests.splits import duplicates_across_splits
from learning.core.data_tests.verdict import FEATURES_LOOKED_AT, HardTestFailed, check

__all__ = [
    "FEATURES_LOOKED_AT",
    "Finding",
    "HardTestFailed",
    "Outcome",
    "answers_agree_with_gold",
    "answers_per_label",
    "balance_between_batches",
    "check",
    "contents_present",
    "duplicates_across_splits",
    "enough_judgments",
    "equal_items_equal_labels",
    "features_belong_to_items",
    "features_differ",
    "features_finite",
    "features_for_every_item",
    "features_vary",
    "held_out_stays_out",
    "judgments_in_scope",
    "judgments_of_several",
    "labels_in_set",
    "labels_in_use",
    "more_than_one_label",
    "one_sided_annotators",
    "one_sided_people",
    "pairs_are_pairs",
    "plausible_durations",
    "plausible_timestamps",
    "same_pair_once",
    "sides_between_batches",
    "sides_differ",
    "sizes_between_batches",
]
