"""Whether to train now. Bursts coalesce: one run is running, one is queued, everything newer falls into that one."""

import hashlib
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from labeling.db.driver import Statement
from labeling.kinds import KINDS, NO_FAMILY, kind_of
from labeling.models import Annotation, JobState, Progress, Project, Source, User
from labeling.models.clock import database_now
from labeling.models.source import FEEDBACK
from labeling.selectors.known_truth import evidence_now, weighs_evidence
from learning.models import NextDecision, ProductionFacts, Run, Trigger
from learning.selectors.feedback import newest_feedback


def decide(project_id: int, trigger: Trigger | None = None, user: User | None = None) -> Run | None:
    """A queued run, the one that is queued already, a row ``skipped: reason``, or None when there is nothing to say.

    Without a trigger the policy looks for itself: new labels in the label set, then enough new answers, then new items.
    Only a person's ask always gets a row; of automatic refusals at most one stands at the end of the list.
    """
    project = Project.objects.filter(pk=project_id).first()
    if project is None or project.archived_at:
        return None
    if project.kind not in KINDS:
        return _skipped(project, trigger, f"its kind of question, “{project.kind}”, is not installed", user)
    if trigger != Trigger.MANUAL and (lost := Run.objects.filter(project=project).lost()):
        return Run.objects.get(pk=lost[0][0])  # its worker died: this message came again, and the run goes on
    watermark = data_watermark(project)
    last = _last(project)
    due, reason = _due(project, watermark, last)
    if kind_of(project).family == NO_FAMILY:
        due, reason = None, "nothing learns this kind of question: its items are asked at random"
    elif trigger == Trigger.MANUAL:
        due, reason = _worth_it(due, reason, watermark, last)
    if due is not None and (short := too_few_labels(project, project.labels.in_use().count())):
        due, reason, trigger = None, short, trigger or due
    if not watermark["items_seen"] and trigger != Trigger.MANUAL:
        return None
    if due is None:
        note_seen(project, last.news_seen if last else 0)
        return _skipped(project, trigger, reason, user)
    return _queued(project, Trigger.MANUAL if trigger == Trigger.MANUAL else due, reason, user)


def has_learned(project: Project) -> bool:
    """Whether no run is under way and the policy would begin none."""
    if Run.objects.filter(project=project).unfinished().exists():
        return False
    if project.kind not in KINDS or kind_of(project).family == NO_FAMILY or project.archived_at:
        return True
    if too_few_labels(project, project.labels.in_use().count()):
        return True
    return _due(project, data_watermark(project), _last(project))[0] is None


def _last(project: Project) -> Run | None:
    """The newest run that has looked at answers."""
    return Run.objects.filter(project=project).frozen().exclude(state=JobState.SKIPPED).newest_first().first()


def data_watermark(project: Project) -> dict[str, Any]:
    """The fields of Run that say up to where the data goes, what labels weigh by their source, and by what evidence
    answers are weighed. Progress is read first: a later answer counts as unseen."""
    progress = Progress.objects.get(project=project)
    newest = Annotation.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"]
    return {
        "annotations_seen": progress.annotations,
        "changes_seen": progress.changes,
        "last_annotation_id": newest or 0,
        "items_seen": progress.next_ordinal,
        "labels_version": project.labels_version,
        "last_feedback_id": newest_feedback(project),
        "source_weights": project.source_weights | _by_feedback(project),
        "evidence_seen": evidence_now(project).as_json() if weighs_evidence(project) else {},
    }


def _by_feedback(project: Project) -> dict[str, float]:
    """What labels by feedback weigh; nothing where they are not learned from."""
    found = ProductionFacts.objects.filter(pk=project.pk, feedback_weight__gt=0).first()
    return {FEEDBACK: found.feedback_weight} if found else {}


def too_few_labels(project: Project, n_labels: int) -> str:
    """Why nothing can be learned with so many labels in use; empty when something can."""
    if n_labels >= kind_of(project).labels_to_learn:
        return ""
    return "one label only: nothing to tell apart yet" if n_labels else "no labels yet"


def _due(project: Project, watermark: dict[str, Any], last: Run | None) -> tuple[Trigger | None, str]:
    if watermark["items_seen"] == 0:
        return None, "no items yet"
    seen = last or Run()
    new = watermark["annotations_seen"] + watermark["changes_seen"] - seen.news_seen
    if new >= project.retrain_every:
        return Trigger.LABELS, _news(watermark, seen)
    if last is None or watermark["items_seen"] > last.items_seen:
        return Trigger.IMPORT, f"{watermark['items_seen'] - seen.items_seen:,} new items"
    if watermark["labels_version"] != last.labels_version:
        return Trigger.LABEL_SET, "the label set changed"
    if imported := new_imported_judgments(project, last):
        return Trigger.IMPORT, f"{imported:,} imported judgments"
    if changed := _changed_settings(watermark, last):
        return Trigger.SETTINGS, changed
    if project.costs != last.environment.get("parameters", {}).get("costs", {}):
        return Trigger.SETTINGS, "what mistakes cost was changed"
    return None, f"{max(new, 0):,} of {project.retrain_every:,} new answers"


def _changed_settings(watermark: dict[str, Any], last: Run) -> str:
    """By which setting a run would learn something else from the same answers; empty when by none."""
    if watermark["source_weights"] != last.source_weights:
        return "what labels weigh by their source was changed"
    now, then = watermark["evidence_seen"], last.evidence_seen
    if bool(now) != bool(then) or (now and now["machines_vote"] != then["machines_vote"]):
        return "what answers come to was changed"
    return ""


def _news(watermark: dict[str, Any], last: Run) -> str:
    """What is new since a run, in words."""
    changed = watermark["changes_seen"] - last.changes_seen
    new = f"{watermark['annotations_seen'] - last.annotations_seen:,} new answers"
    what = "change" if changed == 1 else "changes"
    return f"{new}, {changed:,} {what} of what counts" if changed else new


def new_imported_judgments(project: Project, last: Run) -> int:
    """Judgments of pairs that an import without a new item has brought; labels only come with their items."""
    if not kind_of(project).answers_come_alone:
        return 0
    newer = Annotation.objects.filter(project=project, pk__gt=last.last_annotation_id, source=Source.IMPORT)
    return newer.count()


def _worth_it(
    due: Trigger | None, reason: str, watermark: dict[str, Any], last: Run | None
) -> tuple[Trigger | None, str]:
    """A person may ask sooner than the policy would, but not for a run that would learn the same again."""
    if due is not None or last is None:
        return due, reason
    news = ["last_annotation_id", "changes_seen"]
    if FEEDBACK in watermark["source_weights"]:
        news.append("last_feedback_id")
    same = all(watermark[name] == getattr(last, name) for name in news)
    if last.state == JobState.DONE and same:
        if watermark["evidence_seen"] != last.evidence_seen:
            return Trigger.MANUAL, "gold or votes of machines changed since the last run"
        return None, "nothing is new since the last run"
    if last.state == JobState.DONE:
        return Trigger.MANUAL, _news(watermark, last)
    return Trigger.MANUAL, f"the last run was {last.get_state_display().lower()}"


def _queued(project: Project, trigger: Trigger, reason: str, user: User | None) -> Run:
    number = Run.objects.filter(project=project).count() + 1
    seed = int.from_bytes(hashlib.sha256(f"run:{project.split_seed}:{number}".encode()).digest()[:7])
    while True:
        waiting = Run.objects.filter(project=project, state=JobState.QUEUED).first()
        if waiting is not None:
            return waiting
        try:
            with transaction.atomic():
                return Run.objects.create(project=project, trigger=trigger, reason=reason, requested_by=user, seed=seed)
        except IntegrityError:  # queued by somebody else between the look and the insert
            continue


def _skipped(project: Project, trigger: Trigger | None, reason: str, user: User | None) -> Run | None:
    newest = Run.objects.filter(project=project).newest_first().first()
    busy_or_said = newest is not None and (newest.state == JobState.SKIPPED or not newest.is_finished)
    if trigger is None or (trigger != Trigger.MANUAL and busy_or_said):
        return None
    return Run.objects.create(
        project=project, trigger=trigger, reason=reason, requested_by=user, state=JobState.SKIPPED,
        finished_at=database_now(),
    )  # fmt: skip


def note_seen(project: Project, news: int) -> None:
    """A run has seen this much (``Run.news_seen``); the next is due ``retrain_every`` later. Writes NextDecision."""
    NextDecision.objects.update_or_create(project=project, defaults={"seen_annotations": news, "is_asked": False})


@cache
def _standing(vendor: str) -> Statement:
    """The read of ``ask_once``, made by the ORM once: building it anew took ten times as long as running it."""
    rows = Progress.objects.filter(project_id=0).values_list(
        "annotations",
        "changes",
        "project__retrain_every",
        "project__next_decision__seen_annotations",
        "project__next_decision__is_asked",
    )
    return Statement(str(rows.query.sql_with_params()[0]))


def ask_once(project_id: int) -> bool:
    """O(1): True for the one request that finds enough answers and nobody who has asked for a decision yet.

    One read of three rows by primary key; the write happens once per retraining, of concurrent requests one wins it.
    """
    found = _standing(connection.vendor).rows([project_id])
    if not found:
        return False
    ((annotations, changes, retrain_every, seen, is_asked),) = found
    if is_asked or annotations + changes - (seen or 0) < retrain_every:
        return False
    if seen is None:
        NextDecision.objects.get_or_create(project_id=project_id)
    return NextDecision.objects.filter(project_id=project_id, is_asked=False).update(is_asked=True) == 1
