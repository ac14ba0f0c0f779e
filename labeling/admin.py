"""The administration: looking into every table. What has rules is changed on the pages or over REST, not here."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import Truncator

from labeling.models import (
    Annotation,
    ApiToken,
    Asset,
    AttemptLimit,
    AuditEvent,
    Backup,
    Context,
    Epoch,
    Housekeeping,
    ImportBatch,
    ImportRejection,
    Instructions,
    Item,
    KnownAddress,
    Label,
    Member,
    OverlapChange,
    Pair,
    PairQueueEntry,
    Progress,
    Project,
    ProjectDeletion,
    Quarantine,
    QueueEntry,
    Snapshot,
    Task,
    TaskState,
    User,
)  # fmt: skip
from labeling.models.clock import database_now
from labeling.services.accounts import after_new_password, revoke_tokens
from labeling.services.audit import record
from labeling.services.requeue import requeue
from labeling.services.tasks import expire_overdue

if TYPE_CHECKING:
    from labeling.models.token import ApiTokenQuerySet

    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Label, Project]
else:
    _ModelAdmin, _TabularInline = admin.ModelAdmin, admin.TabularInline

COUNT_UP_TO = 10_000


def _own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("pages:password")


admin.site.site_header = "Querent administration"
admin.site.site_title = "Querent"
admin.site.index_title = "Tables"
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]  # one sign-in page, one lockout
admin.site.password_change = _own_password  # type: ignore[assignment, method-assign]  # its own has no limit


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


admin.site.unregister(Group)


@admin.register(Group)
class MakersAdmin(RecordedAdmin, GroupAdmin):
    """Groups of accounts and what they may do in the installation."""


@admin.register(User)
class PersonAdmin(RecordedAdmin, UserAdmin):
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj._changed_by = request.user
        super().save_model(request, obj, form, change)

    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login")
    date_hierarchy = "date_joined"
    change_user_password_template = "admin/labeling/change_password.html"

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  # Django's name
        """Tokens made under the old password go with it, unless the administrator keeps them."""
        before = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        user = before and User.objects.get(pk=before.pk)
        if before and user and user.password != before.password:
            keep_tokens = "keep_tokens" in request.POST
            after_new_password(user, by=cast("User", request.user), keep_tokens=keep_tokens)
        return response


class LabelInline(_TabularInline):
    model = Label
    fields = ("name", "hotkey", "position", "archived")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(LookAdmin):
    list_display = ("name", "slug", "kind", "modality", "items", "answers", "created_by", "created_at", "archived_at")
    list_filter = ("kind", "modality", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("progress", "created_by")
    search_fields = ("name", "slug")
    date_hierarchy = "created_at"
    inlines = (LabelInline,)

    def view_on_site(self, project: Project) -> str:
        return reverse("pages:project", args=[project.slug])

    @admin.display(description="items")
    def items(self, project: Project) -> int:
        return project.progress.pool_items + project.progress.eval_items

    @admin.display(description="answers")
    def answers(self, project: Project) -> int:
        return project.progress.annotations


@admin.register(Member)
class MemberAdmin(LookAdmin):
    list_display = ("user", "project", "role", "answers", "added_at")
    list_filter = ("role", "project")
    list_select_related = ("user", "project")
    search_fields = ("user__username", "project__slug")


@admin.register(Quarantine)
class QuarantineAdmin(LookAdmin):
    list_display = (
        "project",
        "annotator",
        "imported_annotator",
        "reason",
        "set_by",
        "set_at",
        "lifted_by",
        "lifted_at",
    )
    list_filter = (("lifted_at", admin.EmptyFieldListFilter), "project")
    list_select_related = ("project", "annotator", "set_by", "lifted_by")
    search_fields = ("annotator__username", "imported_annotator", "reason")
    date_hierarchy = "set_at"


@admin.register(Label)
class LabelAdmin(LookAdmin):
    list_display = ("name", "project", "hotkey", "position", "archived")
    list_filter = ("archived", "project")
    list_select_related = ("project",)
    search_fields = ("name",)


@admin.register(Instructions)
class InstructionsAdmin(LookAdmin):
    list_display = ("project", "number", "created_by", "created_at")
    list_filter = ("project",)
    list_select_related = ("project", "created_by")
    search_fields = ("text",)


@admin.register(Progress)
class ProgressAdmin(LookAdmin):
    list_display = ("project", "pool_items", "pool_done", "eval_items", "eval_done", "set_aside", "annotations")
    list_select_related = ("project",)
    search_fields = ("project__slug",)


@admin.register(Item)
class ItemAdmin(LookAdmin):
    list_display = ("__str__", "project", "ordinal", "split", "status", "answers", "slots_taken", "slots_total")
    list_filter = ("split", "status", "is_open", "project")
    list_select_related = ("project",)
    search_fields = ("external_id__startswith", "content_hash__startswith")
    search_help_text = "Beginning of the external id or of the content hash"

    def view_on_site(self, item: Item) -> str:
        return reverse("pages:item", args=[item.project.slug, item.pk])


@admin.register(Context)
class ContextAdmin(LookAdmin):
    list_display = ("__str__", "project", "ordinal", "split", "status", "items", "pool_active", "eval_active")
    list_filter = ("split", "status", "project")
    list_select_related = ("project",)
    search_fields = ("external_id__startswith", "text")


@admin.register(Pair)
class PairAdmin(LookAdmin):
    list_display = (
        "pk", "project", "context_id", "first_id", "second_id", "split", "status", "is_given", "gold", "answers",
        "slots_taken", "slots_total",
    )  # fmt: skip
    list_filter = ("split", "status", "is_given", "gold", "project")
    list_select_related = ("project",)
    search_fields = ("=first__id", "=second__id", "=context__id")
    search_help_text = "Number of an item, or of the context"


@admin.register(Asset)
class AssetAdmin(LookAdmin):
    list_display = ("sha", "project", "format", "mode", "width", "height", "frames", "orientation", "size_bytes")
    list_filter = ("format", "mode", "project")
    list_select_related = ("project",)
    search_fields = ("sha256__startswith",)

    @admin.display(description="SHA-256")
    def sha(self, asset: Asset) -> str:
        return asset.sha256[:16]


@admin.register(Task)
class TaskAdmin(LookAdmin):
    list_display = (
        "pk", "project", "item_id", "pair_id", "annotator", "state", "reason", "strategy", "model_version", "epoch",
        "propensity", "created_at", "lease_expires_at",
    )  # fmt: skip
    list_filter = ("state", "reason", "skip_reason", "project")
    list_select_related = ("project", "annotator")
    search_fields = ("=item__id", "=pair__id", "annotator__username")
    search_help_text = "Number of the item or pair, or user name"
    actions = ("expire",)

    @admin.action(description="Expire the leases of open tasks", permissions=["operate"])
    def expire(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        asked = queryset.filter(state=TaskState.OPEN).update(lease_expires_at=Now())
        expired = expire_overdue()
        record("console.leases_ended", user=request.user, after={"leases": asked})
        self.message_user(request, f"{asked} open leases ended; {expired} questions can be put to others.")


@admin.register(Annotation)
class AnnotationAdmin(LookAdmin):
    list_display = (
        "pk", "project", "item_id", "pair_id", "annotator", "source", "short_answer", "revision", "is_current",
        "elapsed_ms", "created_at",
    )  # fmt: skip
    list_filter = ("source", "is_current", "project")
    list_select_related = ("project", "annotator")
    search_fields = ("=item__id", "=pair__id", "annotator__username")
    search_help_text = "Number of the item or pair, or user name"

    @admin.display(description="answer")
    def short_answer(self, annotation: Annotation) -> str:
        return "taken back" if annotation.answer is None else Truncator(annotation.answer).chars(60)


@admin.register(ImportBatch)
class ImportBatchAdmin(JobAdmin):
    job = "labeling.run_import"
    list_display = (
        "__str__", "project", "state", "format", "total", "accepted", "duplicates", "rejected", "created_by",
        "created_at", "took",
    )  # fmt: skip
    list_filter = ("state", "format", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("file_name", "project__slug", "public_id__startswith")

    def retriable(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(path="")  # the upload of an import that ended is gone


@admin.register(ImportRejection)
class ImportRejectionAdmin(LookAdmin):
    list_display = ("batch", "row", "name", "field", "reason")
    list_select_related = ("batch",)
    search_fields = ("name__startswith", "reason")


@admin.register(Snapshot)
class SnapshotAdmin(JobAdmin):
    job = "labeling.run_snapshot"
    list_display = (
        "public_id", "project", "state", "format", "rows", "row_count", "size_bytes", "sha", "created_by", "created_at",
        "took",
    )  # fmt: skip
    list_filter = ("state", "format", "rows", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("sha256__startswith", "project__slug", "public_id__startswith")

    @admin.display(description="SHA-256")
    def sha(self, snapshot: Snapshot) -> str:
        return snapshot.sha256[:16]


@admin.register(ProjectDeletion)
class ProjectDeletionAdmin(JobAdmin):
    job = "labeling.delete_project"
    list_display = ("name", "slug", "state", "done", "total", "created_by", "created_at", "took", "error")
    list_filter = ("state",)
    list_select_related = ("created_by",)
    search_fields = ("name", "slug")


@admin.register(Housekeeping)
class HousekeepingAdmin(JobAdmin):
    job = "labeling.run_housekeeping"
    list_display = ("created_at", "state", "freed_files", "freed_bytes", "freed_rows", "asked_by", "took", "error")
    list_filter = ("state",)
    list_select_related = ("asked_by",)
    search_fields = ("error", "note")


@admin.register(Backup)
class BackupAdmin(LookAdmin):
    list_display = ("started_at", "finished_at", "is_whole", "file_count", "size_bytes")


@admin.register(OverlapChange)
class OverlapChangeAdmin(JobAdmin):
    job = "labeling.apply_overlap"
    list_display = ("project", "state", "done", "total", "changed", "created_by", "created_at", "took", "error")
    list_filter = ("state", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("project__slug",)


@admin.register(AuditEvent)
class AuditEventAdmin(LookAdmin):
    list_display = ("at", "action", "user_name", "subject", "project_slug", "via", "address", "request_id")
    list_filter = ("action", "via")
    search_fields = ("user_name", "subject", "project_slug", "address", "request_id")
    date_hierarchy = "at"


@admin.register(Epoch)
class EpochAdmin(LookAdmin):
    list_display = ("project", "number", "strategy", "model_version", "pool_size", "published_at")
    list_filter = ("strategy", "project")
    list_select_related = ("project",)
    date_hierarchy = "published_at"


@admin.register(QueueEntry)
class QueueEntryAdmin(LookAdmin):
    list_display = ("epoch", "rank", "item_id", "utility", "propensity")
    list_select_related = ("epoch",)
    search_fields = ("=item__id",)


@admin.register(PairQueueEntry)
class PairQueueEntryAdmin(LookAdmin):
    list_display = ("epoch", "rank", "pair_id", "utility", "propensity")
    list_select_related = ("epoch",)
    search_fields = ("=pair__id",)


@admin.register(AttemptLimit)
class AttemptLimitAdmin(LookAdmin):
    list_display = ("scope", "address", "name_hash", "free_at")
    list_filter = ("scope",)
    search_fields = ("address__startswith",)


@admin.register(KnownAddress)
class KnownAddressAdmin(LookAdmin):
    list_display = ("user", "address", "last_right_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "address__startswith")


@admin.register(ApiToken)
class ApiTokenAdmin(LookAdmin):
    list_display = (
        "name", "user", "prefix", "scopes", "project", "created_at", "expires_at", "last_used_at", "revoked_at",
    )  # fmt: skip
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("last_used_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "project")
    search_fields = ("name", "prefix", "user__username")
    date_hierarchy = "created_at"
    exclude = ("key_hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = revoke_tokens(cast("ApiTokenQuerySet", queryset), by=cast("User", request.user))
        self.message_user(request, f"{revoked} tokens revoked.", messages.SUCCESS)
