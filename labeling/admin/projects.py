"""Projects: who is in them, their labels and instructions, how far they are."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from labeling.admin.base import LookAdmin
from labeling.models import Instructions, Invitation, Label, Member, Progress, Project, Quarantine, SchemeChange

if TYPE_CHECKING:
    _TabularInline = admin.TabularInline[Label, Project]
else:
    _TabularInline = admin.TabularInline


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


@admin.register(Invitation)
class InvitationAdmin(LookAdmin):
    list_display = (
        "prefix", "project", "role", "note", "state", "uses", "max_uses", "created_by", "created_at", "expires_at",
        "revoked_at",
    )  # fmt: skip
    list_filter = ("role", ("revoked_at", admin.EmptyFieldListFilter), "project")
    list_select_related = ("project", "created_by")
    search_fields = ("prefix", "note", "username", "email", "project__slug")
    date_hierarchy = "created_at"
    exclude = ("key_hash",)


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


@admin.register(SchemeChange)
class SchemeChangeAdmin(LookAdmin):
    list_display = ("project", "number", "operation", "reason", "made_by", "made_at", "after_annotation", "undoes")
    list_filter = ("operation", "project")
    list_select_related = ("project", "made_by")
    search_fields = ("project__slug", "made_by__username", "reason")
    date_hierarchy = "made_at"


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
