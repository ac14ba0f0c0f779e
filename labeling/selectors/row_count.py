"""How many rows an export would have, without making them."""

from labeling.consensus import left_out
from labeling.kinds import PerSubject, kind_of
from labeling.models import Annotation, BulkItem, Item, Project, Reason
from labeling.selectors.export import Filters
from labeling.selectors.row_shapes import shape_named

#: Whether an item has a row though nobody answered about it.
ROWS_OF_ALL_ITEMS = PerSubject(item=False, pair=True)


def export_row_count(project: Project, rows: str, filters: Filters) -> int:
    """The rows of ``export_rows`` right now: current answers, or items that have one, or a further shape's."""
    if shape := shape_named(rows):
        return shape.count(project, filters)
    subject = kind_of(project).subject
    if rows == "items" and ROWS_OF_ALL_ITEMS.of(subject):
        items = Item.objects.filter(project=project)
        return items.filter(split=filters.split).count() if filters.split else items.count()
    answers = Annotation.objects.current().filter(project=project)
    if filters.split:
        answers = answers.filter(**{f"{subject}__split": filters.split})
    if filters.of_sources:
        answers = answers.filter(source__in=filters.of_sources)
    if filters.only == "iid":
        answers = answers.filter(task__reason__in=[Reason.EVAL, Reason.RANDOM])
    if filters.selection:
        answers = answers.filter(item__in=BulkItem.objects.filter(step__public_id=filters.selection).values("item"))
    if rows == "items" and (out := left_out(project, filters.changes)):
        answers = answers.exclude(out.theirs)
    return answers.values("item").distinct().count() if rows == "items" else answers.count()
