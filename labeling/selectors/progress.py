"""How far a project is. Constant cost: the counts are kept, not counted."""

from typing import Any

from django.db.models import Count

from labeling.kinds import kind_of
from labeling.models import Annotation, Because, Item, ItemStatus, Member, Progress, Project, Source
from labeling.selectors.label_names import label_names


def progress(project: Project) -> dict[str, Any]:
    """``{"items","done","share_done","pool":{"items","open","done"},"eval":{…},"set_aside","annotations",…}``."""
    counts = Progress.objects.filter(project=project).first() or Progress(project=project)
    items = counts.pool_items + counts.eval_items
    done = counts.pool_done + counts.eval_done
    answerable = items - counts.set_aside
    return {
        "items": items,
        "done": done,
        "share_done": done / answerable if answerable > 0 else 0.0,
        "pool": {"items": counts.pool_items, "open": counts.pool_open, "done": counts.pool_done},
        "eval": {"items": counts.eval_items, "open": counts.eval_open, "done": counts.eval_done},
        "set_aside": counts.set_aside,
        "annotations": counts.annotations,
        "imported_annotations": counts.imported_annotations,
    }


def set_aside_by_reason(project: Project) -> dict[str, int]:
    """How many items are set aside, by why; reads those alone."""
    aside = Item.objects.filter(project=project, status=ItemStatus.SET_ASIDE)
    counts = dict(aside.order_by().values_list("set_aside_because").annotate(n=Count("pk")))
    return {because: counts[because] for because in Because.values if because in counts}


def label_balance(project: Project) -> list[dict[str, Any]]:
    """``[{"name","answers","share","archived"}]`` in the order of the label set; how often each label was given now."""
    kind, read = kind_of(project), label_names(project).read
    counts: dict[str, int] = {}
    given = Annotation.objects.current().filter(project=project).exclude(source=Source.REVIEW)
    groups = given.values_list("answer").annotate(n=Count("pk"))
    for answer, n in groups.order_by():
        for name in kind.labels_of(read(answer)):
            counts[name] = counts.get(name, 0) + n
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
