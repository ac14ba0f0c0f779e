"""What is known to be true of items and pairs, whoever said it: what machines are held against."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from labeling.db.raw_rows import fetch
from labeling.kinds import PerSubject, kind_of
from labeling.models import Gold, Pair, Project
from labeling.selectors.people.known import judging

_AS_LEFT = {Gold.FIRST.value: "left", Gold.SECOND.value: "right"}


class ProjectTruth(NamedTuple):
    """``of``: by subject the true answer as JSON, of a pair with its first item on the left. ``is_right(true, said)``;
    None where one of the two says nothing in the labels of now."""

    of: Mapping[int, str]
    is_right: Callable[[Any, Any], bool | None]


def known_truth(project: Project) -> ProjectTruth:
    """The same gold and the same judgment as of people (``selectors/people/known.py``)."""
    return _TRUTH.of(kind_of(project).subject)(project)


def _of_pairs(project: Project) -> ProjectTruth:
    rows = Pair.objects.filter(project=project, gold__isnull=False).values_list("pk", "gold")
    found = {pk: f'{{"winner": "{_AS_LEFT.get(gold, gold)}"}}' for pk, gold in rows if gold}
    return ProjectTruth(found, lambda true, said: bool(true == said))


def _of_items(project: Project) -> ProjectTruth:
    sql = "SELECT item_id, CAST(answer AS TEXT) FROM labeling_knownanswer WHERE project_id = %s"
    return ProjectTruth(dict(fetch(sql, [project.pk])), judging(project))


_TRUTH: PerSubject[Callable[[Project], ProjectTruth]] = PerSubject(item=_of_items, pair=_of_pairs)
