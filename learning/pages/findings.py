"""The data tests of a run as its page shows them: what needs somebody first."""

from typing import Any

from learning.models import Run

_TITLES = {
    "labels_in_set": "Labels are in the set",
    "labels_in_use": "Labels that were given are in use",
    "same_item_in_both_splits": "No item in both splits",
    "group_in_both_splits": "No group in both splits",
    "near_duplicates_in_both_splits": "No near-duplicates across the splits",
    "more_than_one_label": "More than one label",
    "answers_per_label": "Enough answers of every label",
    "label_balance_between_imports": "Same balance of labels in every import",
    "one_sided_annotators": "Nobody gives one label only",
    "equal_items_equal_labels": "Equal items have equal labels",
    "plausible_durations": "Answers take their time",
    "plausible_timestamps": "Times of answers are possible",
    "contents_present": "Items have content",
    "sizes_between_imports": "Same sizes in every import",
    "features_for_every_item": "Features for every item",
    "features_belong_to_items": "Features belong to their items",
    "features_finite": "Features are numbers",
    "features_vary": "Features tell items apart",
    "constant_features": "Few features are constant",
    "features_differ": "Items are not all the same",
    "pairs_of_two_items": "Every pair is of two items",
    "pairs_within_contexts": "Every pair is of one context",
    "sides_are_of_the_pair": "Sides are of the pair",
    "held_out_pairs_are_not_learned": "Nothing held out is learned from",
    "judgments_in_scope": "Judgments are of what is in scope",
    "both_sides_win": "Both sides win",
    "people_use_both_sides": "Nobody answers by the side",
    "sides_between_batches": "Same share of sides in every batch",
    "judgments_of_several_people": "Judgments are of several people",
    "same_pair_once_a_person": "Nobody has a pair twice",
    "judgments_for_the_items": "Enough judgments for the items",
    "items_are_judged": "Items are judged",
    "contexts_are_connected": "Contexts are connected",
    "answers_agree_with_gold": "Answers agree with gold",
}
_ORDER = ("fail", "warn", "pass", "skipped")


def data_test_rows(run: Run) -> dict[str, Any]:
    """``findings`` by urgency, and how many failed, warned, passed and could not tell."""
    rows = [
        {
            **row,
            "title": _TITLES.get(row["name"], row["name"]),
            "shown": _number(row["value"], row["unit"]),
            "shown_limit": _number(row["limit"], row["unit"]),
        }
        for row in sorted(run.data_tests, key=lambda row: _ORDER.index(row["outcome"]))
    ]
    counts = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in _ORDER}
    return {
        "findings": rows,
        "failed": counts["fail"],
        "warned": counts["warn"],
        "passed": counts["pass"],
        "skipped": counts["skipped"],
        "troubled": counts["fail"] + counts["warn"],
    }


def _number(value: float | None, unit: str) -> str:
    if value is None or not unit:
        return ""
    if unit.startswith("of "):
        return f"{100 * value:.3g} %"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.2f}"
