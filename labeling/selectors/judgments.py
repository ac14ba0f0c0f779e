"""How far a pairwise project is, and what was said. Rows of people's work only, nothing about single items."""

from typing import Any

from labeling.models import Pairs, Progress, Project
from labeling.selectors.answer_counts import AnswerFigures, answer_figures
from labeling.selectors.progress import asked_as_gold

WINNERS = ("left", "right", "tie", "neither")


def pair_progress(project: Project) -> dict[str, Any]:
    """``{"judgments","pairs","gold","done","contexts","askable","given_open"}``: constant cost.

    ``askable``: whether a question could be drawn at all: two items in one context, or a given pair with a free slot.
    """
    counts = Progress.objects.filter(project=project).first() or Progress(project=project)
    given_open = counts.given_pool_open + counts.given_eval_open
    gold = asked_as_gold([project]).get(project.pk, 0)  # done, as nobody is asked about them by their slots
    partnered = counts.pool_partnered + counts.eval_partnered
    return {
        "judgments": counts.annotations + counts.imported_annotations,
        "pairs": counts.pairs,
        "gold": gold,
        "done": counts.pool_done + counts.eval_done - gold,
        "contexts": counts.contexts,
        "given_open": given_open,
        "askable": bool(given_open if project.pairs == Pairs.GIVEN else partnered),
    }


def winners(project: Project, counted: AnswerFigures | None = None) -> list[dict[str, Any]]:
    """``[{"name","answers"}]``: how often people said left, right, tie and neither, as it is now."""
    counts = (counted or answer_figures(project)).labels
    return [{"name": name, "answers": counts.get(name, 0)} for name in WINNERS]
