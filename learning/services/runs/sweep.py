"""Finds what was lost: runs whose worker died, runs nobody announced, decisions nobody took, rankings nobody made."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now

from labeling.db.prepared import PreparedRows
from labeling.kinds import KINDS, NO_FAMILY
from labeling.models import Annotation, Epoch, ImportBatch, JobRecord, JobState, Label, Project, Source
from labeling.services.housekeeping.sweep import note_sweep, wake_all
from labeling.services.jobs.enqueue import enqueue
from learning.models import (
    Alert,
    AlertKind,
    Decision,
    Distillation,
    ItemMap,
    ModelVersion,
    NextDecision,
    PredictionFile,
    Run,
    SimilarSearch,
    Status,
    TrainedWithout,
)

#: The message of a promotion is given this long before it counts as lost.
RANKING_LATE_S = 20
#: A ranking that was asked for is given this long: the next one would fence it off.
ASK_AGAIN_AFTER_S = 300

JOBS: Mapping[str, tuple[type[JobRecord], str]] = {
    "trained without": (TrainedWithout, "learning.train_without"),
    "distillations": (Distillation, "learning.distil"),
    "maps": (ItemMap, "learning.draw_map"),
    "searches": (SimilarSearch, "learning.find_similar"),
    "files": (PredictionFile, "learning.answer_file"),
    "runs": (Run, "learning.run_training"),
}


def sweep_runs() -> dict[str, Any]:
    """Goes on with runs whose worker died and announces those that wait. Jobs claim before they work."""
    return {"runs": sum(wake_all(JOBS).values())}


def sweep_learning() -> dict[str, Any]:
    """Announces again the decisions nobody took and the rankings nobody made."""
    due, unranked = due_projects(), unranked_projects()
    for project_id in due:
        enqueue("learning.decide", project_id)
    for project_id in unranked:
        enqueue("learning.rank", project_id)
    note_sweep("learning")
    return {"projects": due, "unranked": unranked}


def due_projects() -> list[int]:
    """Projects with enough new answers and no run waiting to learn from them, or with news no run has looked at."""
    return sorted({pk for (pk,) in (*_due_by_answers(kinds=_told_apart()), *_due_unseen(kinds=_told_apart()))})


def _told_apart() -> tuple[Any, ...]:
    """What the statements say of the kinds: they are written anew where that changes."""
    return tuple((kind.name, kind.family, kind.labels_to_learn, kind.answers_come_alone) for kind in KINDS.values())


def _asked() -> QuerySet[Project]:
    waiting = Run.objects.filter(state=JobState.QUEUED).values("project")
    enough = NextDecision.objects.due().filter(project__archived_at__isnull=True).exclude(project__in=waiting)
    return Project.objects.filter(pk__in=enough.values("pk"))


def _with_labels(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Those that something learns and whose labels are enough: of the others every decision says the same."""
    in_use = Label.objects.in_use().filter(project=OuterRef("pk")).order_by().values("project")
    n_labels = Coalesce(Subquery(in_use.annotate(n=Count("pk")).values("n")), Value(0))
    enough = Q()
    for kind in KINDS.values():
        if kind.family != NO_FAMILY:
            enough |= Q(kind=kind.name, n_labels__gte=kind.labels_to_learn)
    return projects.annotate(n_labels=n_labels).filter(enough)


def _unseen() -> QuerySet[Project]:
    """Projects with items, labels or imported judgments the newest run has not seen: the message of it was lost.

    Nothing is asked while an import or a run is at work, nor after a run that failed or was called off.
    """
    runs = Run.objects.filter(project=OuterRef("pk")).order_by("-pk")
    seen = runs.filter(items_seen__gt=0).exclude(state=JobState.SKIPPED)
    in_the_way = Q(state__in=[JobState.QUEUED, JobState.RUNNING])
    imported = Annotation.objects.filter(project=OuterRef("pk"), source=Source.IMPORT)
    judgments = imported.filter(pk__gt=OuterRef("judgments_seen"))
    return (
        Project.objects.filter(archived_at__isnull=True, progress__next_ordinal__gt=0)
        .annotate(
            items_seen=Coalesce(Subquery(seen.values("items_seen")[:1]), Value(0)),
            labels_seen=Coalesce(Subquery(seen.values("labels_version")[:1]), Value(-1)),
            judgments_seen=Coalesce(Subquery(seen.values("last_annotation_id")[:1]), Value(0)),
            newest_state=Coalesce(Subquery(runs.exclude(state=JobState.SKIPPED).values("state")[:1]), Value("")),
        )
        .filter(
            Q(progress__next_ordinal__gt=F("items_seen"))
            | ~Q(labels_version=F("labels_seen"))
            | (Q(kind__in=[name for name, kind in KINDS.items() if kind.answers_come_alone]) & Exists(judgments))
        )
        .filter(newest_state__in=["", JobState.DONE])
        .filter(~Exists(ImportBatch.objects.filter(in_the_way, project=OuterRef("pk"))))
        .filter(~Exists(Run.objects.filter(in_the_way, project=OuterRef("pk"))))
        .order_by()
    )


def unranked_projects() -> list[int]:
    """Projects whose published ranking is not by the version in use: the message after a promotion was lost.

    Writes ``NextDecision.ranking_asked_at``, by which each is named once in ``ASK_AGAIN_AFTER_S`` seconds.
    """
    return [pk for (pk,) in _unranked(kinds=_told_apart()) if _ask_for_ranking(pk)]


def _without_ranking() -> QuerySet[Project]:
    late = Now() - timedelta(seconds=RANKING_LATE_S)
    versions = ModelVersion.objects.filter(project=OuterRef("pk"), status__in=[Status.CHAMPION, Status.PROVISIONAL])
    published = Epoch.objects.filter(project=OuterRef("pk"), number=OuterRef("epoch"))
    fresh = Decision.objects.filter(project=OuterRef("pk"), created_at__gt=late)
    return (
        Project.objects.filter(archived_at__isnull=True, kind__in=list(KINDS))
        # as ModelVersion.in_use: "provisional" comes after "champion"
        .annotate(in_use=Subquery(versions.order_by("-status").values("number")[:1]))
        .annotate(ranked_by=Coalesce(Subquery(published.values("model_version")[:1]), Value(0)))
        .filter(~Q(in_use=F("ranked_by")), in_use__isnull=False)
        # a damaged file does not get better by asking again
        .filter(~Exists(Alert.objects.filter(project=OuterRef("pk"), kind=AlertKind.MODEL_DAMAGED).open()))
        .filter(~Exists(fresh), ~Exists(Run.objects.filter(project=OuterRef("pk")).unfinished()))
        .order_by("pk")
    )


# Compiled once for the kinds that are installed: where nobody does anything, building these was most of what they cost.
_due_by_answers = PreparedRows(lambda kinds: _with_labels(_asked()).values_list("pk"))
_due_unseen = PreparedRows(lambda kinds: _with_labels(_unseen()).values_list("pk"))
_unranked = PreparedRows(lambda kinds: _without_ranking().values_list("pk"))


def _ask_for_ranking(project_id: int) -> bool:
    NextDecision.objects.get_or_create(project_id=project_id)
    long_ago = Q(ranking_asked_at__isnull=True) | Q(ranking_asked_at__lt=Now() - timedelta(seconds=ASK_AGAIN_AFTER_S))
    not_now = long_ago | Q(ranking_asked_at__gt=Now())  # the clock was put back
    return NextDecision.objects.filter(not_now, pk=project_id).update(ranking_asked_at=Now()) == 1
