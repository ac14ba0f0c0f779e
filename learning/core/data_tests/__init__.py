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
from learning.core.data_tests.splits import duplicates_across_splits

__all__ = [
    "Finding",
    "Outcome",
    "answers_per_label",
    "balance_between_batches",
    "contents_present",
    "duplicates_across_splits",
    "equal_items_equal_labels",
    "features_belong_to_items",
    "features_differ",
    "features_finite",
    "features_for_every_item",
    "features_vary",
    "labels_in_set",
    "more_than_one_label",
    "one_sided_annotators",
    "plausible_durations",
    "plausible_timestamps",
    "sizes_between_batches",
]
