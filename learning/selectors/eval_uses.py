"""How often an eval set has decided: every use makes it likelier that one promotion was luck.

A use is a look by which a promotion was possible: a verdict of the gate on at least 200 eval answers beside a champion
that could be read, whatever came of it, for a candidate that is refused had its chance of a lucky win; and a promotion
by a person. Verdicts on fewer answers and going back are none.
"""

from dataclasses import asdict, dataclass
from typing import Any

from learning.models import Decision, ModelVersion

#: One use promotes a candidate that is no better with at most this probability: the level of the core's gate.
LEVEL = 0.025
#: From the sixth use on, when the bound reaches 15 %, the page says so.
WARN_ABOVE = 5


@dataclass(frozen=True)
class EvalUses:
    """Uses up to the first decision about a version. ``same`` were of exactly its eval set, ``overlapping`` of one that
    held at least half of its items, ``project`` of any.

    ``lucky_win_at_most`` bounds the probability that any of the overlapping uses promoted a candidate no better than
    its champion: uses times level (the union bound, which holds although the uses share their items).
    """

    same: int
    overlapping: int
    project: int
    lucky_win_at_most: float
    warning: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def eval_uses(version: ModelVersion) -> EvalUses:
    """Counts in the decisions of the project; for a version that was measured on nothing only those of the project."""
    made = Decision.objects.filter(project=version.project_id).exclude(eval_sha256="")
    own = version.decisions.order_by("pk").values_list("pk", flat=True).first()
    if own is not None:
        made = made.filter(pk__lte=own)
    if not version.eval_sha256:
        return EvalUses(0, 0, made.count(), 0.0, "")
    same = made.filter(eval_sha256=version.eval_sha256).count()
    # eval sets only grow, so a set with at least half as many items holds at least half of these
    overlapping = made.filter(n_eval__gte=-(-version.n_eval // 2)).count()
    bound = min(1.0, LEVEL * overlapping)
    return EvalUses(same, overlapping, made.count(), round(bound, 4), _warning(overlapping, bound))


def _warning(uses: int, bound: float) -> str:
    if uses <= WARN_ABOVE:
        return ""
    return (
        f"The same eval items have decided {uses} times. The chance that one of the promotions was luck can be up to"
        f" {bound:.0%}; more answered eval items make a fresh judge."
    )
