"""What a version's outlier detector is worth, in one plain sentence."""

from typing import Any

from learning.models import ModelVersion


def outlier_words(version: ModelVersion) -> str:
    """As ``Flags about 5 in 100 of what it knows and 91 in 100 of what it does not.``; empty of versions from before
    there were detectors."""
    told = version.reported.outliers
    if not told:
        return ""
    if "threshold" not in told:
        return f"It cannot say what it does not know: {told['reason']}."
    known = told.get("on_eval") if _says_more(told) else told["false_flags"]
    flags = f"Flags about {_of_100(known or told['false_flags'])} in 100 of what it knows"
    if found := told.get("found"):
        return f"{flags} and {_of_100(found)} in 100 of what it does not."
    return f"{flags}; how much of the unknown it finds cannot be said yet."


def _says_more(told: dict[str, Any]) -> bool:
    """Whether the eval items are as many as the rows the threshold was set by: the larger number is told."""
    return bool(told.get("on_eval")) and told["on_eval"]["n"] >= told["false_flags"]["n"]


def _of_100(estimate: dict[str, Any]) -> int:
    return round(100 * float(estimate["value"]))
