"""Asks the workers to look at what projects answer programs outside, where there is something to look at."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from labeling.db.prepared import PreparedRows
from labeling.models import ProductionMode, Project
from labeling.services.jobs.enqueue import enqueue
from learning.models import DoubtfulPrediction, PredictionFeedback, ProductionFacts

#: A project with doubts that wait is looked at so often, one with nothing but figures to bring up to date this often.
DOUBTS_EVERY_S = 30
FACTS_EVERY_S = 600
#: A message that nobody took is sent again after this: a worker may be busy for long.
ASK_AGAIN_AFTER_S = 600


def sweep_production() -> dict[str, Any]:
    """Quick, and harmless twice at once: a message that is lost is sent again, and looking twice changes nothing."""
    due = [pk for pk, every_s in _projects().items() if _claim(pk, every_s)]
    for project_id in due:
        enqueue("learning.look_at_production", project_id)
    return {"projects": due}


def _projects() -> dict[int, int]:
    """Those with something to look at, and how often in seconds."""
    every_s = {pk: FACTS_EVERY_S for (pk,) in _found(of_doubts=False)}
    return every_s | {pk: DOUBTS_EVERY_S for (pk,) in _found(of_doubts=True)}


def _to_look_at(*, of_doubts: bool) -> QuerySet[Project, Any]:
    of_project = {"project": OuterRef("pk")}
    at_work = Project.objects.filter(archived_at=None, deleted_at=None).order_by("pk")
    doubts = Exists(DoubtfulPrediction.objects.filter(**of_project, taken_at=None))
    told = Exists(PredictionFeedback.objects.filter(**of_project))
    if of_doubts:
        return at_work.filter(doubts, production_a_day__gt=0).values_list("pk")
    looked_at = Q(told) | Q(reviews_a_day__gt=0) | Q(production_mode=ProductionMode.ON)
    return at_work.filter(looked_at).values_list("pk")


_found = PreparedRows(_to_look_at)


def _claim(project_id: int, every_s: int) -> bool:
    """Whether it is this sweep that asks: the last message was answered long enough ago, or was lost."""
    ProductionFacts.objects.get_or_create(project_id=project_id)
    answered = Q(looked_at__gte=F("asked_at"), looked_at__lt=Now() - timedelta(seconds=every_s))
    lost = Q(asked_at=None) | Q(asked_at__lt=Now() - timedelta(seconds=ASK_AGAIN_AFTER_S)) | Q(asked_at__gt=Now())
    return ProductionFacts.objects.filter(answered | lost, pk=project_id).update(asked_at=Now()) == 1
