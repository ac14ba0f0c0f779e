"""How answers are looked after: gold, practice before the first question, and reviewers with what they decided."""

from django.contrib import admin
from django.utils.text import Truncator

from labeling.admin.base import AnswersAdmin, LookAdmin, in_words
from labeling.models import (
    GoldTold,
    ItemComment,
    KnownAnswer,
    PracticeQuestion,
    PracticeRound,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
)


@admin.register(KnownAnswer)
class KnownAnswerAdmin(AnswersAdmin):
    list_display = ("item", "project", "answer_in_words", "origin", "made_at", "made_by")
    list_filter = ("origin", "project")
    list_select_related = ("item", "project", "made_by")


@admin.register(GoldTold)
class GoldToldAdmin(LookAdmin):
    list_display = ("task_id", "annotator", "is_right", "told_at")
    list_filter = ("is_right", "task__project")
    list_select_related = ("task__annotator",)
    search_fields = ("=task__id", "=task__item__id", "task__annotator__username")
    search_help_text = "Number of the task or item, or user name"

    @admin.display(description="annotator")
    def annotator(self, told: GoldTold) -> str:
        return str(told.task.annotator)


@admin.register(PracticeRound)
class PracticeRoundAdmin(LookAdmin):
    list_display = (
        "pk", "project", "user", "state", "size", "needed", "right", "started_at", "finished_at", "waived_by",
    )  # fmt: skip
    list_filter = ("state", "project")
    list_select_related = ("project", "user", "waived_by")
    search_fields = ("user__username", "project__slug")
    date_hierarchy = "started_at"


@admin.register(PracticeQuestion)
class PracticeQuestionAdmin(LookAdmin):
    list_display = ("pk", "round", "place", "item_id", "is_right", "answered_at")
    list_filter = ("is_right", "round__project")
    list_select_related = ("round__user", "round__project")
    exclude = ("truth", "answer")
    readonly_fields = ("truth_in_words", "answer_in_words")
    search_fields = ("=item__id", "=round__id", "round__user__username")
    search_help_text = "Number of the item or round, or user name"

    @admin.display(description="truth")
    def truth_in_words(self, question: PracticeQuestion) -> str:
        return in_words(question.round.project, question.truth)

    @admin.display(description="answer")
    def answer_in_words(self, question: PracticeQuestion) -> str:
        return in_words(question.round.project, question.answer) if question.answer is not None else "not answered"


@admin.register(ReviewPlan)
class ReviewPlanAdmin(LookAdmin):
    list_display = ("project", "random_share", "blind_share", "own_allowed", "filled_at", "filled_at_news")
    list_filter = ("own_allowed",)
    list_select_related = ("project",)
    search_fields = ("project__slug",)


@admin.register(ReviewEntry)
class ReviewEntryAdmin(LookAdmin):
    list_display = ("item_id", "project", "sort", "priority", "why", "put_at", "claimed_by", "claimed_until")
    list_filter = ("sort", "project")
    list_select_related = ("project", "claimed_by")
    search_fields = ("=item__id", "claimed_by__username")
    search_help_text = "Number of the item, or user name"


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(LookAdmin):
    list_display = (
        "pk", "project", "item_id", "reviewer", "verdict", "sort", "is_same", "of_own_answer", "waits", "created_at",
        "undone_at",
    )  # fmt: skip
    list_filter = ("verdict", "sort", "waits", ("undone_at", admin.EmptyFieldListFilter), "project")
    list_select_related = ("project", "reviewer")
    search_fields = ("=item__id", "reviewer__username", "=batch")
    search_help_text = "Number of the item, user name, or batch"
    date_hierarchy = "created_at"


@admin.register(ItemComment)
class ItemCommentAdmin(LookAdmin):
    list_display = ("item_id", "project", "author", "short_text", "created_at", "is_open", "resolved_by")
    list_filter = ("is_open", "project")
    list_select_related = ("project", "author", "resolved_by")
    search_fields = ("=item__id", "author__username", "text")
    search_help_text = "Number of the item, user name, or words"

    @admin.display(description="text")
    def short_text(self, comment: ItemComment) -> str:
        return Truncator(comment.text).chars(60)
