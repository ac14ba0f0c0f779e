"""Does choosing pay in this project? The comparisons made so far by its first measure, and what they say."""

from dataclasses import dataclass, field
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from learning.core.evaluation.difference_words import difference_words
from learning.core.evaluation.pays import MIN_HELD_OUT, MIN_LABELS, ArmPoint, Pays, does_it_pay
from learning.models import ArmComparison
from learning.selectors.estimates import all_with_notes

NOT_YET = (
    f"Active and random are compared from {MIN_LABELS} random answers and {MIN_HELD_OUT} eval answers on: "
    "a share of the questions is drawn at random for this."
)


@dataclass(frozen=True)
class Arms:
    """``pays`` is the verdict; ``text`` says the newest comparison, ``what_to_do`` is there when it does not pay."""

    pays: Pays
    text: str
    what_to_do: str = ""
    comparisons: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        told = all_with_notes(self.comparisons)
        return {"pays": self.pays, "text": self.text, "what_to_do": self.what_to_do, "comparisons": told}


def arms(project: Project) -> Arms:
    found = list(ArmComparison.objects.filter(project=project, metric=kind_of(project).headline).in_order())
    if not found:
        return Arms("unclear", NOT_YET if kind_of(project).measures_choosing else "")
    pays = does_it_pay([ArmPoint(row.labels, row.difference, row.low, row.high) for row in found])
    newest = found[-1]
    n = newest.random.get("n")
    known = difference_words(newest.metric, newest.difference, newest.low, newest.high, n)
    text = f"At {newest.labels:,} labels active is {known} against random."
    what_to_do = ""
    if pays == "no":
        what_to_do = (
            "Set the query strategy to “random”: the labels are then a fair sample"
            " and cost nothing in quality. Or raise the share of random questions to be surer."
        )
    return Arms(pays, text, what_to_do, [_row(row) for row in found])


def _row(row: ArmComparison) -> dict[str, Any]:
    difference = {"value": row.difference, "low": row.low, "high": row.high, "n": row.random.get("n")}
    return {"labels": row.labels, "metric": row.metric, "active": row.active, "random": row.random,
            "difference": difference}  # fmt: skip


def points(share: float, signed: bool = False) -> str:
    """A share in points, with a real minus sign."""
    return f"{share * 100:{'+' if signed else ''}.1f}".replace("-", "−")
