"""How far a project is. Constant cost: the counts are kept, not counted; but for gold, of which there is little."""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Count, QuerySet

from labeling.db.raw_rows import fetch
from labeling.kinds import KINDS, PerSubject, Subject, kind_of
from labeling.models import (
    Because,
    ItemStatus,
    KnownAnswer,
    Member,
    Pair,
    Progress,
    Project,
    Split,
)
from labeling.selectors.answer_counts import AnswerFigures, answer_figures


def progress(project: Project) -> dict[str, Any]:
    """``{"items","done","share_done","pool":{"items","open","done"},"eval":{…},"set_aside","gold","annotations",…}``.

    ``gold`` items of the pool are put to people as tests alone: what is asked of them is not labeling them, so they are
    neither done nor to be done (``to_label``).
    """
    counts = Progress.objects.filter(project=project).first() or Progress(project=project)
    items = counts.pool_items + counts.eval_items
    asked_alone = asked_as_gold([project]).get(project.pk, 0)
    done = max(0, counts.pool_done - asked_alone) + counts.eval_done
    gold = PerSubject(item=asked_alone, pair=0).of(kind_of(project).subject)
    to_label = items - counts.set_aside - gold
    return {
        "items": items,
        "done": done,
        "to_label": max(0, to_label),
        "share_done": done / to_label if to_label > 0 else 0.0,
        "pool": {"items": counts.pool_items, "open": counts.pool_open, "done": max(0, counts.pool_done - asked_alone)},
        "eval": {"items": counts.eval_items, "open": counts.eval_open, "done": counts.eval_done},
        "set_aside": counts.set_aside,
        "gold": gold,
        "annotations": counts.annotations,
        "imported_annotations": counts.imported_annotations,
    }


def asked_as_gold(projects: Collection[Project]) -> dict[int, int]:
    """By project, how many items (pairs) of its pool are put to people as gold alone (decision 0085): counted among
    ``Progress.pool_done``, for nobody is asked about them by their slots. Those without any are absent."""
    asking = [project for project in projects if project.gold_share > 0 and project.kind in KINDS]
    found: dict[int, int] = {}
    for subject, rows in _KNOWN.items():
        of_it = [project.pk for project in asking if kind_of(project).subject == subject]
        if of_it:
            counted = rows().filter(project__in=of_it).order_by().values_list("project")
            found |= dict(counted.annotate(n=Count("pk")))
    return found


def _gold_items() -> "QuerySet[KnownAnswer]":
    alone = {"item__annotations_required": 0, "item__split": Split.POOL, "item__status": ItemStatus.ACTIVE}
    return KnownAnswer.objects.filter(**alone)


def _gold_pairs() -> "QuerySet[Pair]":
    return Pair.objects.filter(gold__isnull=False, annotations_required=0, split=Split.POOL, status=ItemStatus.ACTIVE)


_KNOWN: dict[Subject, Callable[[], "QuerySet[Any]"]] = {Subject.ITEM: _gold_items, Subject.PAIR: _gold_pairs}


# raw, so that the partial index of them is found
_SET_ASIDE = """SELECT set_aside_because, COUNT(*) FROM labeling_item
    WHERE project_id = %s AND status = 'set_aside' GROUP BY set_aside_because"""


def set_aside_by_reason(project: Project) -> dict[str, int]:
    """How many items are set aside, by why; reads their index alone."""
    counts = dict(fetch(_SET_ASIDE, [project.pk]))
    return {because: counts[because] for because in Because.values if because in counts}


def label_balance(project: Project, counted: AnswerFigures | None = None) -> list[dict[str, Any]]:
    """``[{"name","answers","share","archived"}]`` in the order of the label set; how often each label was given now."""
    counts = (counted or answer_figures(project)).labels
    total = sum(counts.values())
    return [
        {
            "name": label.name,
            "answers": counts.get(label.identity, 0),
            "share": counts.get(label.identity, 0) / total if total else 0.0,
            "archived": label.archived,
        }
        for label in project.labels.all()
        if not label.archived or counts.get(label.identity)
    ]


def people(project: Project) -> list[dict[str, Any]]:
    """``[{"username","role","answers"}]``, who answered most first."""
    members = Member.objects.filter(project=project).select_related("user").order_by("-answers", "user__username")
    return [{"username": row.user.username, "role": row.role, "answers": row.answers} for row in members]
