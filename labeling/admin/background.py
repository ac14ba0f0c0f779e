"""Work that nobody waits for: its jobs, what they left, and the machines that do it."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from labeling.admin.base import JobAdmin, LookAdmin
from labeling.models import (
    AnswerCounts,
    Backup,
    BulkItem,
    BulkStep,
    FacetBlock,
    FacetIndex,
    Housekeeping,
    ImportBatch,
    ImportDraft,
    ImportRejection,
    OverlapChange,
    Playback,
    ProjectDeletion,
    Relabeling,
    Snapshot,
    StoredReport,
    SweepRecord,
    WordBlock,
    WorkerMachine,
)
from labeling.models.worker_machine import MACHINE_SILENT_AFTER_S


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


@admin.register(ImportDraft)
class ImportDraftAdmin(LookAdmin):
    list_display = ("__str__", "project", "format", "size_bytes", "created_by", "created_at")
    list_filter = ("format", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("file_name", "project__slug", "public_id__startswith")


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


@admin.register(Playback)
class PlaybackAdmin(JobAdmin):
    job = "labeling.play"
    list_display = ("project", "is_live", "state", "done", "total", "created_by", "created_at", "took", "error")
    list_filter = ("state", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("project__slug",)


@admin.register(Relabeling)
class RelabelingAdmin(JobAdmin):
    job = "labeling.relabel"
    list_display = ("project", "version", "state", "done", "total", "changed", "created_by", "created_at", "took")
    list_filter = ("state", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("project__slug",)


@admin.register(BulkStep)
class BulkStepAdmin(JobAdmin):
    job = "labeling.run_bulk_step"
    list_display = ("public_id", "project", "do", "state", "done", "total", "created_by", "created_at", "took", "error")
    list_filter = ("state", "do", "project")
    list_select_related = ("project", "created_by")
    search_fields = ("public_id__startswith", "project__slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("chosen")


@admin.register(BulkItem)
class BulkItemAdmin(LookAdmin):
    list_display = ("__str__", "project", "why", "is_undone")
    list_select_related = ("project",)
    search_fields = ("step__public_id__startswith",)


@admin.register(SweepRecord)
class SweepRecordAdmin(LookAdmin):
    list_display = ("name", "started_at", "finished_at")
    search_fields = ("name__startswith",)


@admin.register(WorkerMachine)
class WorkerMachineAdmin(LookAdmin):
    list_display = ("name", "beat_at", "alive")
    search_fields = ("name__startswith",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Who is alive is asked of the database's clock, once for the whole list."""
        recent = Q(beat_at__gt=Now() - timedelta(seconds=MACHINE_SILENT_AFTER_S))
        return super().get_queryset(request).annotate(is_alive=ExpressionWrapper(recent, output_field=BooleanField()))

    @admin.display(description="alive", boolean=True)
    def alive(self, machine: Any) -> bool:
        return machine.is_alive


@admin.register(FacetIndex)
class FacetIndexAdmin(LookAdmin):
    list_display = ("__str__", "project", "items", "worded", "seen", "model", "predicted", "updated_at", "asked_at")
    list_select_related = ("project",)
    search_fields = ("project__slug",)


@admin.register(StoredReport)
class StoredReportAdmin(LookAdmin):
    list_display = ("name", "key", "project", "read_at", "cost_s", "asked_at")
    list_select_related = ("project",)
    search_fields = ("name", "project__slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")


@admin.register(AnswerCounts)
class AnswerCountsAdmin(LookAdmin):
    list_display = ("__str__", "project", "folded", "candidate", "updated_at", "asked_at")
    list_select_related = ("project",)
    search_fields = ("project__slug",)


@admin.register(FacetBlock)
class FacetBlockAdmin(LookAdmin):
    list_display = ("__str__", "project", "facet", "value", "block", "n")
    list_select_related = ("project",)
    search_fields = ("facet__startswith", "project__slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("bits")


@admin.register(WordBlock)
class WordBlockAdmin(LookAdmin):
    list_display = ("__str__", "project", "block", "n")
    list_select_related = ("project",)
    search_fields = ("project__slug",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("bits")
