"""A map is asked for: by a person, or because a run brought items that have no place yet."""

from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from labeling.models import Action, FacetIndex, JobState, Project, User
from labeling.models.job_record import NO_WAIT, UNFINISHED
from labeling.selectors.access import require
from labeling.services.audit.trail import record
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.models import EncoderVersion, FeatureShard, ItemMap, Run

JOB = "learning.draw_map"


def ask(user: User, project: Project, *, anew: bool = False) -> ItemMap:
    """The map, queued: what is new is placed on it, or, where there is none or with ``anew``, it is drawn. Raises
    Invalid (project) while it is under way and while there are no features."""
    require(user, project, Action.MAP_CHANGE)
    if not EncoderVersion.objects.filter(project=project, is_current=True).exists():
        raise Invalid("project", "There are no features of the items yet: the first run computes them.")
    with transaction.atomic():
        found, _ = ItemMap.objects.get_or_create(project=project, defaults={"state": JobState.SKIPPED})
        if not _queue(found, requested_by=user, draw_anew=anew or F("draw_anew")):
            raise Invalid("project", "The map is being drawn already: wait for its end.")
        record("map.asked_for", user=user, project=project, subject=str(found.public_id), after={"anew": anew})
    found.refresh_from_db()
    return found


def after_run(run_pk: int) -> int | None:
    """The map of the run's project, queued, where there is one that lacks items or is of another encoder."""
    project_id = Run.objects.filter(pk=run_pk).values_list("project", flat=True).first()
    found = ItemMap.objects.filter(project=project_id, state=JobState.DONE).first()
    if found is None:
        return None
    encoder = EncoderVersion.objects.filter(project=project_id, is_current=True).first()
    mapped = FacetIndex.objects.filter(project=project_id).values_list("mapped", flat=True).first() or 0
    if encoder is None or (encoder.version == found.encoder and mapped >= items_with_features(encoder)):
        return None
    return found.pk if _queue(found) else None


def items_with_features(encoder: EncoderVersion) -> int:
    """Those a map can show: the others get theirs by the next run."""
    return FeatureShard.objects.filter(encoder=encoder).aggregate(n=Sum("rows"))["n"] or 0


def _queue(found: ItemMap, **fields: Any) -> bool:
    free = ItemMap.objects.filter(pk=found.pk).exclude(state__in=UNFINISHED)
    fields |= {"state": JobState.QUEUED, "finished_at": None, "started_at": None, "created_at": Now()}
    if not free.update(step="", done=0, total=0, **fields, **NO_WAIT):
        return False
    enqueue_on_commit(JOB, found.pk)
    return True
