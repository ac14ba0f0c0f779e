"""How many rows an export would have, without making them."""

from labeling.consensus import left_out
from labeling.models import Annotation, Item, Kind, Project, Reason
from labeling.selectors.export import Filters
from labeling.selectors.row_shapes import SHAPES


def export_row_count(project: Project, rows: str, filters: Filters) -> int:
    """The rows of ``export_rows`` right now: current answers, or items that have one, or what is registered."""
    if rows in SHAPES:
        return SHAPES[rows].count(project, filters)
    is_pairwise = project.kind == Kind.PAIRWISE
    if is_pairwise and rows == "items":  # all of them
        items = Item.objects.filter(project=project)
        return items.filter(split=filters.split).count() if filters.split else items.count()
    answers = Annotation.objects.current().filter(project=project)
    if filters.split:
        answers = answers.filter(**{f"{'pair' if is_pairwise else 'item'}__split": filters.split})
    if filters.source:
        answers = answers.filter(source=filters.source)
    if filters.only == "iid":
        answers = answers.filter(task__reason__in=[Reason.EVAL, Reason.RANDOM])
    if rows == "items" and (out := left_out(project, filters.changes)):
        answers = answers.exclude(out.theirs)
    return answers.values("item").distinct().count() if rows == "items" else answers.count()
