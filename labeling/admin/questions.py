"""What is asked and answered: items, contexts, pairs, tasks, annotations and the order they are asked in."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse

from labeling.admin.base import AnswersAdmin, LookAdmin
from labeling.models import (
    Annotation,
    AskedAgain,
    Asset,
    Context,
    Epoch,
    Item,
    Pair,
    PairQueueEntry,
    QueueEntry,
    Task,
    TaskState,
)
from labeling.services.audit.trail import record
from labeling.services.serving.leases import expire_overdue


@admin.register(Item)
class ItemAdmin(LookAdmin):
    list_display = (
        "__str__",
        "project",
        "ordinal",
        "split",
        "status",
        "answers",
        "slots_taken",
        "annotations_required",
    )
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
        "slots_taken", "annotations_required",
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
        asked = queryset.filter(state=TaskState.OPEN).update(lease_expires_at=Now() - timedelta(seconds=1))
        expired = expire_overdue()
        record("console.leases_ended", user=request.user, after={"leases": asked})
        self.message_user(request, f"{asked} open leases ended; {expired} questions can be put to others.")


@admin.register(Annotation)
class AnnotationAdmin(AnswersAdmin):
    list_display = (
        "pk", "project", "item_id", "pair_id", "annotator", "source", "answer_in_words", "revision", "is_current",
        "elapsed_ms", "doubt", "comment", "created_at",
    )  # fmt: skip
    list_filter = ("source", "is_current", "project")
    list_select_related = ("project", "annotator")
    search_fields = ("=item__id", "=pair__id", "annotator__username")
    search_help_text = "Number of the item or pair, or user name"


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


@admin.register(AskedAgain)
class AskedAgainAdmin(LookAdmin):
    list_display = ("item", "project", "times", "opinions", "asked_at", "asked_by")
    list_filter = ("project",)
    list_select_related = ("item", "project", "asked_by")
