"""Machines and what they predicted."""

from django.contrib import admin

from labeling.admin.base import AnswersAdmin, LookAdmin
from labeling.models import Machine, MachineVersion, Prediction, PredictionImport, Suggestion


@admin.register(Machine)
class MachineAdmin(LookAdmin):
    list_display = ("name", "project", "owner", "created_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "project")
    list_select_related = ("project", "owner")
    search_fields = ("name", "project__slug", "owner__username")
    date_hierarchy = "created_at"


@admin.register(MachineVersion)
class MachineVersionAdmin(LookAdmin):
    list_display = ("name", "machine", "project", "created_at")
    list_filter = ("machine__project",)
    list_select_related = ("machine__project",)
    search_fields = ("name", "machine__name", "machine__project__slug")

    @admin.display(description="project")
    def project(self, version: MachineVersion) -> str:
        return str(version.machine.project)


@admin.register(PredictionImport)
class PredictionImportAdmin(LookAdmin):
    list_display = ("public_id", "project", "version", "total", "accepted", "repeated", "sha", "created_at")
    list_filter = ("project",)
    list_select_related = ("project", "version__machine")
    search_fields = ("sha256__startswith", "public_id__startswith", "version__machine__name", "project__slug")
    date_hierarchy = "created_at"

    @admin.display(description="SHA-256")
    def sha(self, brought: PredictionImport) -> str:
        return brought.sha256[:16]


@admin.register(Suggestion)
class SuggestionAdmin(AnswersAdmin):
    list_display = ("task_id", "project", "version", "answer_in_words", "shown")
    list_filter = ("shown", "project")
    list_select_related = ("project", "version__machine")
    search_fields = ("=task__id", "=task__item__id")
    search_help_text = "Number of the task or item"


@admin.register(Prediction)
class PredictionAdmin(AnswersAdmin):
    list_display = ("pk", "project", "version", "item_id", "pair_id", "answer_in_words", "cost", "created_at")
    list_filter = ("project",)
    list_select_related = ("project", "version__machine")
    search_fields = ("=item__id", "=pair__id")
    search_help_text = "Number of the item or pair"
