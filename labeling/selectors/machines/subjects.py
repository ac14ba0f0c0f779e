"""What a machine may predict: the items or pairs of a project, whichever side of the split they are on."""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from labeling.kinds import PerSubject, kind_of
from labeling.models import Item, ItemStatus, MachineVersion, Pair, Prediction, Project


def predictable(project: Project, *, not_by: MachineVersion | None = None) -> QuerySet[Any]:
    """Those that are not set aside, with what is shown of them; without those that ``not_by`` predicted."""
    subject = kind_of(project).subject
    rows = _ROWS.of(subject)(project).filter(status=ItemStatus.ACTIVE)
    if not_by is not None:
        said = Prediction.objects.filter(version=not_by, **{subject.value: OuterRef("pk")})
        rows = rows.filter(~Exists(said))
    return rows


def _items(project: Project) -> QuerySet[Any]:
    return Item.objects.filter(project=project).select_related("asset")


def _pairs(project: Project) -> QuerySet[Any]:
    return Pair.objects.filter(project=project).select_related("context", "first__asset", "second__asset")


_ROWS: PerSubject[Callable[[Project], QuerySet[Any]]] = PerSubject(item=_items, pair=_pairs)
