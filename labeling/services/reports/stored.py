"""Tells a report and has it made anew where there is news."""

import json
import time
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from labeling.db.settled import CLOCKS_DIFFER
from labeling.models import Annotation, KnownAnswer, PredictionImport, Progress, Project, StoredReport
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.outages.causes import outage_of
from labeling.services.outages.patience import patience
from labeling.services.reports.base import Told
from labeling.services.reports.named import report_named

JOB = "labeling.make_report"
#: A worker that was asked so long ago may be dead.
ASK_AGAIN_AFTER = timedelta(seconds=60)
#: All makings of a report together take no more than this of a processor, and none comes sooner than after so long.
MOST_OF_THE_TIME, LEAST_AGE_S = 0.05, 10.0
#: Names, gold that was taken back and the like move no number.
OLD = timedelta(hours=1)
#: So long a request waits for whoever writes.
WAIT_S = 0.3
#: Of a report with keys; the newest stay.
MOST_KEYS = 50


def told(project: Project, name: str, key: str = "") -> Told:
    """Of now where the project is small. Else as it was made last, and a worker is asked where there is news."""
    report = report_named(name)
    if report.is_small(project):
        return Told(report.make(project, key))
    row = StoredReport.objects.filter(project=project, name=name, key=key).first()
    if row is None or row.read_at is None or _is_due(row, _news(project) if report.moves else []):
        ask(project, name, key)
    if row is None or row.read_at is None:
        return Told(None)
    return Told(report.decode(row.content), row.read_at)


def is_small_for(project: Project, name: str) -> bool:
    """Whether whoever looks makes the report himself."""
    return report_named(name).is_small(project)


def _is_due(row: StoredReport, news: list[int]) -> bool:
    assert row.read_at is not None
    age = timezone.now() - row.read_at
    if age < timedelta(0):
        return True  # the clock was put back: a moment to come says nothing
    if age < timedelta(seconds=max(LEAST_AGE_S, row.cost_s / MOST_OF_THE_TIME)):
        return False
    return row.news != news or age > OLD


def _news(project: Project) -> list[int]:
    """Numbers that move with what people and machines say, and with how it is read."""
    moved = Progress.objects.filter(project=project).values_list("changes", flat=True).first()
    newest = [
        model._default_manager.filter(project=project).order_by("-pk").values_list("pk", flat=True).first()
        for model in (Annotation, KnownAnswer, PredictionImport)
    ]
    scheme = (project.labels_version, project.label_renames, project.label_splits)
    return [moved or 0, *(pk or 0 for pk in newest), *scheme]


def ask(project: Project, name: str, key: str = "") -> None:
    """Asks a worker for it, unless one was asked just now. Waits for nobody who writes: who looks next asks again."""
    now = timezone.now()
    try:
        with patience(WAIT_S):
            StoredReport.objects.get_or_create(project=project, name=name, key=key)
            free = Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN_AFTER) | Q(asked_at__gt=now + CLOCKS_DIFFER)
            rows = StoredReport.objects.filter(free, project=project, name=name, key=key)
            if rows.update(asked_at=now):
                enqueue_on_commit(JOB, project.pk, name, key)
    except DatabaseError as error:
        if outage_of(error) is None:
            raise


def make_report(project_id: int, name: str, key: str = "") -> bool:
    """The worker's part; False where there is nothing to make. Of two at once the one that began later stays."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    row = StoredReport.objects.filter(project=project_id, name=name, key=key).first()
    if project is None or row is None:
        return False
    report = report_named(name)
    news, began, started = _news(project) if report.moves else [], timezone.now(), time.thread_time()
    if row.read_at and row.news == news and timedelta(0) <= began - row.read_at < OLD:
        return False
    content = _plain(report.make(project, key))
    before = Q(read_at=None) | Q(read_at__lt=began) | Q(read_at__gt=timezone.now() + CLOCKS_DIFFER)
    rows = StoredReport.objects.filter(before, project=project, name=name, key=key)
    rows.update(content=content, news=news, read_at=began, cost_s=time.thread_time() - started, asked_at=None)
    _let_go(project, name)
    return True


def _plain(content: Any) -> Any:
    """As JSON holds it."""
    told = asdict(content) if is_dataclass(content) and not isinstance(content, type) else content
    return json.loads(json.dumps(told, cls=_Encoder))


class _Encoder(DjangoJSONEncoder):
    """With dataclasses inside, and moments to the microsecond."""

    def default(self, o: Any) -> Any:
        if is_dataclass(o) and not isinstance(o, type):
            return asdict(o)
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _let_go(project: Project, name: str) -> None:
    """Of the oldest ones, so that keys do not add up."""
    made = StoredReport.objects.filter(project=project, name=name, read_at__isnull=False).order_by("-read_at", "-pk")
    if gone := list(made.values_list("pk", flat=True)[MOST_KEYS:]):
        StoredReport.objects.filter(pk__in=gone).delete()
