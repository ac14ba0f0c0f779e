"""What is said of the items that people skip, in a sentence or two. Without NumPy: pages need nothing of the core's."""

from typing import Any

from learning.core.evaluation.interval_words import why_no_interval


def skip_words(skips: dict[str, Any]) -> str:
    """Of ``VersionReport.skips``; empty where nobody skipped."""
    if not skips:
        return ""
    found, n_skipped = skips["share"], sum(skips["skipped"].values())
    n = found["n"]
    asked = f"{n:,} question{'' if n == 1 else 's'} drawn at random"
    cannot = (
        "is no case of the label, or cannot be asked about"
        if "unknown" in skips["skipped"]
        else "cannot be asked about"
    )
    if why := why_no_interval(found["low"], found["high"], n):
        known = f"How much of the pool {cannot}: {why}, by {asked}."
    else:
        known = (
            f"About {found['value']:.0%} of the pool ({found['low']:.0%} to {found['high']:.0%}) {cannot}, by {asked}."
        )
    items = f"the {n_skipped:,} items that were" if n_skipped != 1 else "the item that was"
    if skips["is_on"]:
        return f"{known} The queue asks less often about what is like {items} skipped."
    return f"{known} The queue does not go by skips yet: {skips['reason']}."
