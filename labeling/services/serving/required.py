"""Brings items and pairs to the number of people they should be put to: the project's overlap, or nobody where an
imported answer is enough (decision 0074) or its truth is known and asked about as gold (decision 0085)."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Greatest

from labeling.models import ItemStatus, Project
from labeling.services.serving.sources import SubjectSource


def to_change(source: SubjectSource, among: "QuerySet[Any]", project: Project) -> "QuerySet[Any]":
    """Those that should be put to another number of people, and can be."""
    spare = {source.spare_slots: F("wanted_spare")} if source.spare_slots else {}
    return source.with_wanted(among, project).filter(
        Q(annotations_required__lt=F("wanted"))
        | Q(annotations_required__gt=F("wanted"), slots_taken__lt=F("annotations_required"))
        | (~Q(**spare) if spare else Q())
    )


def bring(source: SubjectSource, pks: Collection[int], project: Project) -> "tuple[int, Counter[str]]":
    """Brings the rows, which the caller has locked, to what they should have, never below the slots taken; how many
    there were, and what that moves in Progress."""
    chosen = source.model._default_manager.filter(pk__in=list(pks))
    before = source.count(chosen)
    free = Q(status=ItemStatus.ACTIVE, slots_taken__lt=F("wanted"))
    spare = {source.spare_slots: F("wanted_spare")} if source.spare_slots else {}
    moved = source.with_wanted(chosen, project).update(
        annotations_required=Greatest("slots_taken", "wanted"),
        is_open=Case(When(free, then=True), default=False),
        **spare,
    )
    after = source.count(chosen)
    return moved, Counter({name: after[name] - before[name] for name in after})


def spare_known(source: SubjectSource, pks: Collection[int], project: Project) -> "Counter[str]":
    """Takes those of the locked rows out of the questions that a project need not ask about, for an answer is known;
    what that moves in Progress. Costs nothing in a project that asks about all."""
    if not project.spares_items or not pks:
        return Counter()
    changing = to_change(source, source.model._default_manager.filter(pk__in=list(pks)), project)
    wrong = list(changing.values_list("pk", flat=True))
    return bring(source, wrong, project)[1] if wrong else Counter()
