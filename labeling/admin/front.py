"""The front page of the console: people, projects, work and the machine room, as far as the reader may see them.

In the look of all pages. Every figure is a kept count, or a count of jobs: none grows with the items.
"""

import platform
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import django
from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma, naturaltime
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from labeling.admin.base import JobAdmin
from labeling.extensions import installed
from labeling.models import Backup, Housekeeping, JobState, Project, SweepRecord, User, WorkerMachine
from labeling.models.clock import database_now
from labeling.selectors.disk import room
from labeling.services.audit.trail import record
from labeling.services.jobs.requeue import requeue

PROJECTS_SHOWN = 12
JOBS_SHOWN = 10
ALERTS_SHOWN = 10
WORDS_SHOWN = 200
#: Older failures are history: they stand in the tables.
FAILED_WITHIN_DAYS = 14
#: Sweeps come every few seconds; without one for so long nothing that was lost is found.
SWEPT_WITHIN_S = 60
BACKUP_WITHIN_DAYS = 7


@dataclass(frozen=True)
class JobLine:
    """One job in words. ``retry`` names its table for the button; empty where a retry would do nothing."""

    pk: Any
    name: str
    subject: str
    project: Project | None
    state: str
    words: str
    at: Any
    url: str
    retry: str


@dataclass(frozen=True)
class Work:
    """Jobs of all sorts. Numbers are whole, lists the newest ``JOBS_SHOWN``."""

    n_failed: int = 0
    n_queued: int = 0
    n_running: int = 0
    failed: list[JobLine] = field(default_factory=list)
    unfinished: list[JobLine] = field(default_factory=list)


@dataclass(frozen=True)
class Fact:
    """A line of the machine room; ``is_bad`` where somebody should look."""

    name: str
    words: str
    is_bad: bool = False


def front(site: admin.AdminSite, tables: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view; ``tables`` is Django's own front page, which lists every table."""

    def index(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """POST tries one failed job again."""
        if request.method == "POST":
            _try_again(site, request)
            return redirect("admin:index")
        return tables(request, {**_context(site, request), **(extra_context or {})})

    return index


def _context(site: admin.AdminSite, request: HttpRequest) -> dict[str, Any]:
    sees = _Sees(site, request)
    return {
        "people": _people() if sees(User) else None,
        "projects": _projects() if sees(Project) else None,
        "work": _work(sees),
        "alerts": installed().newest_alerts(ALERTS_SHOWN) if sees(Project) else [],
        "facts": list(_facts()) if sees(WorkerMachine) else None,
        "failed_within_days": FAILED_WITHIN_DAYS,
    }


@dataclass(frozen=True)
class _Sees:
    """Whether the reader may see a table."""

    site: admin.AdminSite
    request: HttpRequest

    def __call__(self, model: type[models.Model]) -> bool:
        return self.site.is_registered(model) and self.site._registry[model].has_view_permission(self.request)

    def jobs(self) -> Iterator[JobAdmin]:
        for model, shown in self.site._registry.items():
            if isinstance(shown, JobAdmin) and self(model):
                yield shown


def _people() -> dict[str, int]:
    found: dict[str, int] = User.objects.aggregate(
        active=models.Count("pk", filter=Q(is_active=True)),
        lately=models.Count("pk", filter=Q(last_login__gt=Now() - timedelta(days=7))),
        administrators=models.Count("pk", filter=Q(is_active=True, is_superuser=True)),
        switched_off=models.Count("pk", filter=Q(is_active=False)),
    )
    return found


def _projects() -> dict[str, Any]:
    live = Project.objects.filter(deleted_at=None)
    shown = list(live.filter(archived_at=None).select_related("progress").order_by("-pk")[:PROJECTS_SHOWN])
    alerts = installed().alert_counts([project.pk for project in shown])
    rows = [
        {
            "project": project,
            "items": project.progress.pool_items + project.progress.eval_items,
            "answers": project.progress.annotations,
            "alerts": alerts.get(project.pk, 0),
        }
        for project in shown
    ]
    return {
        "rows": rows,
        "n": live.filter(archived_at=None).count(),
        "n_archived": live.exclude(archived_at=None).count(),
    }


def _work(sees: _Sees) -> Work:
    failed: list[JobLine] = []
    unfinished: list[JobLine] = []
    counts = {JobState.FAILED: 0, JobState.QUEUED: 0, JobState.RUNNING: 0}
    recent = Q(created_at__gt=Now() - timedelta(days=FAILED_WITHIN_DAYS))
    for shown in sees.jobs():
        rows = shown.model._default_manager.filter(
            Q(state__in=[JobState.QUEUED, JobState.RUNNING]) | Q(state=JobState.FAILED) & recent
        ).order_by("-pk")
        for state, n in rows.order_by().values_list("state").annotate(n=models.Count("pk")):
            counts[JobState(state)] += n
        related = [name for name in ("project",) if _has(shown.model, name)]
        rows = rows.select_related(*related) if related else rows
        ended = list(rows.filter(state=JobState.FAILED)[:JOBS_SHOWN])
        again = _retriable(shown, ended, sees.request)
        failed += [_line(shown, job, may_retry=job.pk in again) for job in ended]
        unfinished += [_line(shown, job) for job in rows.exclude(state=JobState.FAILED)[:JOBS_SHOWN]]
    for lines in (failed, unfinished):
        lines.sort(key=lambda line: line.at, reverse=True)
    n_failed, n_queued, n_running = counts.values()
    return Work(n_failed, n_queued, n_running, failed[:JOBS_SHOWN], unfinished[:JOBS_SHOWN])


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


def _retriable(shown: JobAdmin, jobs: list[Any], request: HttpRequest) -> set[Any]:
    """Which of them the reader may try again; one query."""
    if not jobs or not shown.has_operate_permission(request):
        return set()
    rows = shown.model._default_manager.filter(pk__in=[job.pk for job in jobs])
    return set(shown.retriable(rows).values_list("pk", flat=True))


def _line(shown: JobAdmin, job: Any, *, may_retry: bool = False) -> JobLine:
    options, project = job._meta, getattr(job, "project", None)
    return JobLine(
        pk=job.pk,
        name=str(options.verbose_name).capitalize(),
        subject=str(job),
        project=project if project and project.deleted_at is None else None,
        state=job.get_state_display(),
        words=_first_line(job.error or getattr(job, "reason", "")),
        at=job.created_at,
        url=reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[job.pk]),
        retry=options.label_lower if may_retry else "",
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:WORDS_SHOWN]


def _one(shown: JobAdmin, pk: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = shown.model._default_manager.filter(pk=pk)
    return rows


def _try_again(site: admin.AdminSite, request: HttpRequest) -> None:
    """Raises 404 for what is no job, PermissionDenied for who may only look."""
    wanted, number = request.POST.get("job", ""), request.POST.get("number", "")
    found = [shown for shown in _Sees(site, request).jobs() if shown.opts.label_lower == wanted]
    if not found or not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise Http404("No such job.")
    (shown,) = found
    if not shown.has_operate_permission(request):
        raise PermissionDenied("You may look at jobs, not start them.")
    done = requeue(shown.retriable(_one(shown, int(number))), shown.job)  # type: ignore[arg-type]
    name = str(shown.opts.verbose_name)
    record("console.tried_again", user=cast("User", request.user), subject=name, after={"jobs": done})
    if done:
        messages.success(request, f"The {name} is announced to the workers again.")
    else:
        messages.warning(request, f"The {name} was left as it is: it is under way, or another one waits already.")


def _facts() -> Iterator[Fact]:
    """What the installation runs on, in words."""
    now = database_now()
    alive = list(WorkerMachine.objects.alive().values_list("name", flat=True))
    yield Fact(
        "Workers", f"{len(alive)} machine{'s' * (len(alive) != 1)} alive: {', '.join(alive[:5])}"
        if alive else "No machine with a worker is alive: jobs wait.", not alive,
    )  # fmt: skip
    swept = SweepRecord.objects.aggregate(at=Max("finished_at"))["at"]
    is_late = swept is None or (now - swept).total_seconds() > SWEPT_WITHIN_S
    yield Fact("Scheduler", f"last swept {naturaltime(swept)}" if swept else "has never swept", is_late)
    disk = room()
    free = f"{disk.percent:g} % free, {filesizeformat(disk.free_bytes)} of {filesizeformat(disk.total_bytes)}"
    yield Fact("Disk", f"{free} ({disk.folder})", disk.is_low or disk.is_full)
    backup = Backup.objects.filter(is_whole=True).order_by("-pk").first()
    if backup and backup.finished_at:
        words = f"{naturaltime(backup.finished_at)}, {filesizeformat(backup.size_bytes)}"
        is_old = now - backup.finished_at > timedelta(days=BACKUP_WITHIN_DAYS)
        yield Fact("Last backup", f"{words}, {intcomma(backup.file_count)} files", is_old)
    else:
        yield Fact("Last backup", "none was made with manage.py backup", is_bad=True)
    kept = Housekeeping.objects.filter(state=JobState.DONE).defer("usage").order_by("-pk").first()
    yield Fact("Housekeeping", naturaltime(kept.finished_at) if kept and kept.finished_at else "has not been done yet")
    yield Fact("Versions", f"Python {platform.python_version()}, Django {django.get_version()}, {_database()}")


def _database() -> str:
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    number = cast("Any", connection).pg_version
    return f"PostgreSQL {number // 10_000}.{number % 10_000}"
