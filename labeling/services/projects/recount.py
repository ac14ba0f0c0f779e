"""Repairs stored counts from the rows they count."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.models import AnswerCounts, Context, Item, Member, Pair, Progress, Project
from labeling.selectors.recount import Miscount, differences

_ROWS: dict[str, QuerySet[Any]] = {
    "item": Item.objects.all(),
    "pair": Pair.objects.all(),
    "context": Context.objects.all(),
    "member": Member.objects.all(),
    "answer counts": AnswerCounts.objects.all(),
}


@transaction.atomic
def repair(project: Project) -> list[Miscount]:
    """Writes the true values; returns what was wrong. Nobody of the project can be asked or answer meanwhile."""
    list(Member.objects.filter(project=project).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    found = [difference for difference in differences(project) if difference.row in _ROWS]
    for difference in found:
        _ROWS[difference.row].filter(pk=difference.pk).update(**{difference.name: difference.true})
    Progress.objects.select_for_update(no_key=True).get(project=project)
    rest = [difference for difference in differences(project) if difference.row not in _ROWS]
    counts = {difference.name: difference.true for difference in rest if difference.row == "progress"}
    if counts:
        Progress.objects.filter(project=project).update(**counts)
    return found + rest
