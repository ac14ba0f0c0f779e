"""Where would the next hour pay? As pages and REST say it, from what the newest version's report holds."""

from dataclasses import dataclass
from typing import Any

from labeling.models import Project
from labeling.selectors.throughput import answers_an_hour
from learning.core.evaluation.interval_words import interval_words, number_words
from learning.models import ModelVersion
from learning.selectors.arms import points
from learning.selectors.estimates import ends, with_note

#: In the order of the page: what is asked, and what makes something right.
WAYS = (
    ("more", "More answers", "new items, by the queue"),
    ("second_opinions", "Second opinions", "known items, as the queue weighs them"),
    ("relabels", "Relabels", "the answers that are doubted most"),
)
TOO_FEW = "too few to say"


@dataclass(frozen=True)
class WayToSpend:
    """``value`` and ``interval`` in words; ``first``: what can be counted on ranks it first."""

    name: str
    title: str
    about: str
    value: str
    interval: str
    first: bool


@dataclass(frozen=True)
class WhereToSpend:
    """Labels right by a hundred answers: items people answered have their label, all others of the pool the model's."""

    rows: list[WayToSpend]
    text: str
    wide: str
    pace: str
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"unit": "labels right by 100 answers", "text": self.text, **self.figures}


def where_to_spend(project: Project) -> WhereToSpend | None:
    """None before the first version that was measured."""
    newest = ModelVersion.objects.filter(project=project).of_runs().newest_first().first()
    found: dict[str, Any] = newest.reported.next_hour if newest else {}
    if not found:
        return None
    rows = [_row(name, title, about, found) for name, title, about in WAYS]
    first = next((row for row in rows if row.first), None)
    if first:
        text = f"The next answers are best spent on {first.title.lower()}: {first.about}."
    else:
        text = "Nothing can be counted on to make labels right yet; eval answers and second ones of them tell sooner."
    now, then = (points(width / 2) for width in found["wide"])
    wide = f"With 100 eval answers more accuracy would be known to within {then} points instead of {now}."
    an_hour = answers_an_hour(project)
    pace = f"People give about {an_hour:,} answers an hour here." if an_hour else ""
    told = {name: with_note(found[name]) if found[name] else None for name, _, _ in WAYS}
    figures = {**told, "first": found["first"], "answers_an_hour": an_hour, "eval_width": found["wide"]}
    return WhereToSpend(rows, text, wide, pace, figures)


def _row(name: str, title: str, about: str, found: dict[str, Any]) -> WayToSpend:
    estimate = found[name]
    if not estimate or not ends(estimate):
        return WayToSpend(name, title, about, "", TOO_FEW, first=False)
    known = interval_words(estimate["low"], estimate["high"], estimate["n"], 0)
    return WayToSpend(name, title, about, number_words(estimate["value"], 0), known, first=found["first"] == name)
