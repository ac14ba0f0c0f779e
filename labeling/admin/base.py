"""What the tables of the administration have in common."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import Truncator

from labeling.kinds import KindNotInstalled, kind_of
from labeling.models import Project
from labeling.models.clock import database_now
from labeling.selectors.label_names import identities_of
from labeling.services.audit.trail import record
from labeling.services.jobs.requeue import requeue

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

COUNT_UP_TO = 10_000
_CHARACTERS = 200


class BoundedPaginator(Paginator):
    """Counts at most ``COUNT_UP_TO`` rows: counting a million for a page of a hundred would make the page wait."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows[: COUNT_UP_TO + 1].count()


class LookAdmin(_ModelAdmin):
    """Rows to look at: nothing is added, changed or deleted here."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions: the model's change permission, though the rows themselves are read-only."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


class AnswersAdmin(LookAdmin):
    """Rows that hold an answer: it is told in words, by the label names of now, and never as it is stored."""

    exclude: ClassVar[Any] = ("answer",)
    readonly_fields: ClassVar[Any] = ("answer_in_words",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the labels of their projects: a list costs one query for all of its rows."""
        return super().get_queryset(request).prefetch_related("project__labels")

    @admin.display(description="answer")
    def answer_in_words(self, row: Any) -> str:
        return in_words(row.project, row.answer)


def in_words(project: Project, answer: Any) -> str:
    """An answer by the label names of now (``project.labels``); one its kind cannot read is told as it is stored."""
    if answer is None:
        return "taken back"
    try:
        kind = kind_of(project)
        said = kind.flat(identities_of(kind, project.labels.all()).named(answer))
    except (KindNotInstalled, KeyError, TypeError):
        return Truncator(answer).chars(_CHARACTERS)
    return Truncator(said or "none of the labels").chars(_CHARACTERS)


class JobAdmin(LookAdmin):
    """Background jobs, with the action that tries them again."""

    job = ""
    actions = ("try_again",)
    list_filter: ClassVar[Any] = ("state", "project")
    date_hierarchy = "created_at"
    search_fields: ClassVar[Any] = ("public_id__startswith", "project__slug")

    def retriable(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    @admin.action(description="Try again (queued, failed and cancelled ones)", permissions=["operate"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = queryset.count()
        done = requeue(self.retriable(queryset), self.job)  # type: ignore[arg-type]
        left = chosen - done
        record("console.tried_again", user=request.user, subject=str(self.opts.verbose_name), after={"jobs": done})
        self.message_user(request, f"{done} announced to the workers." + (f" {left} left as they are." if left else ""))

    @admin.display(description="took")
    def took(self, job: Any) -> str:
        if not job.started_at:
            return ""
        seconds = ((job.finished_at or database_now()) - job.started_at).total_seconds()
        return f"{seconds:.1f} s"


if TYPE_CHECKING:
    _Recorded = admin.ModelAdmin[Any]
else:
    _Recorded = object


class RecordedAdmin(_Recorded):
    """Tables that are changed here: every change leaves a row in the trail, in its transaction."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record("added", request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record("changed", request, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._record("deleted", request, obj)
        return super().log_deletions(request, queryset)

    def _record(self, done: str, request: HttpRequest, obj: Any, message: Any = None) -> None:
        what = {"what": message} if message else None
        record(f"console.{done}", user=request.user, subject=f"{obj._meta.verbose_name} {obj}", after=what)
