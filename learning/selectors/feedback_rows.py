"""Feedback on predictions as export rows (``rows=feedback``): what was said, of what, and what it weighs."""

from collections.abc import Iterator
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from labeling.kinds import KINDS
from labeling.kinds.subject import Subject
from labeling.models import Item, Project
from labeling.models.source import FEEDBACK
from labeling.selectors.columns import Column
from labeling.selectors.export import Filters
from labeling.selectors.label_names import label_names
from labeling.selectors.row_shapes import RowShape
from learning.models import PredictionFeedback, ProductionFacts
from learning.selectors.feedback import TEACHING

_COLUMNS = (
    Column("prediction", "text", meaning="The id of the prediction."),
    Column("content", "text", meaning="The SHA-256 that names the content."),
    Column("item_id", "integer", meaning="The item of this content; null where there is none."),
    Column("external_id", "text"),
    Column("split", "text"),
    Column("form", "text", meaning="label: it said what it is; right, clicked: whether the prediction was."),
    Column("positive", "boolean", meaning="What it said of right or clicked; null of a label."),
    Column("answer", "json", meaning="What the feedback says the content is; null where only what it is not."),
    Column("predicted", "json", meaning="What the model had answered."),
    Column("source", "text", meaning="feedback: no person's answer."),
    Column("weight", "number", meaning="What it weighs in training now; 0 where it trains nothing."),
    Column("model_version", "integer", meaning="Number of the model version that had answered."),
    Column("revision", "integer"),
    Column("created_at", "time", meaning="When it was said, UTC."),
)


def _feedback(project: Project) -> "QuerySet[PredictionFeedback]":
    return PredictionFeedback.objects.current().filter(project=project)


def _with_items(project: Project, split: str) -> "QuerySet[Any]":
    items = Item.objects.filter(project=project, content_hash=OuterRef("content_hash"))
    names = ("pk", "external_id", "split")
    of_item = {f"item_{name}": Subquery(items.values(name)[:1]) for name in names}
    found: QuerySet[Any] = _feedback(project).annotate(**of_item)
    return found.filter(item_split=split) if split else found


def _rows(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    weight = ProductionFacts.objects.filter(pk=project.pk).values_list("feedback_weight", flat=True).first() or 0.0
    names = label_names(project)
    found = _with_items(project, filters.split).select_related("model_version").order_by("pk")
    for one in found.iterator(chunk_size=1_000):
        teaches = one.form in TEACHING and one.answer and one.item_split == "pool"
        yield {
            "prediction": str(one.prediction),
            "content": one.content_hash,
            "item_id": one.item_pk,
            "external_id": one.item_external_id,
            "split": one.item_split,
            "form": one.form,
            "positive": one.positive,
            "answer": names.named(one.answer) if one.answer else None,
            "predicted": names.named(one.predicted) if one.predicted else None,
            "source": FEEDBACK,
            "weight": weight if teaches else 0.0,
            "model_version": one.model_version.number if one.model_version else None,
            "revision": one.revision,
            "created_at": one.created_at.isoformat().replace("+00:00", "Z"),
        }


def feedback_shapes() -> dict[str, RowShape]:
    kinds = tuple(name for name, kind in KINDS.items() if kind.subject == Subject.ITEM)
    return {
        FEEDBACK: RowShape(
            lambda project: _COLUMNS,
            _rows,
            lambda project, filters: _with_items(project, filters.split).count(),
            kinds,
            ("split",),
            "Feedback on predictions",
            "one row a prediction that a program outside judged, with what it weighs",
            lambda project: _feedback(project).exists(),
        )
    }
