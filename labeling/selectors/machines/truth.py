"""What is known to be true of items and pairs, whoever said it: what machines are held against."""

from collections.abc import Callable, Mapping

from labeling.kinds import PerSubject, kind_of
from labeling.models import Gold, Pair, Project

_AS_LEFT = {Gold.FIRST.value: "left", Gold.SECOND.value: "right"}


def known_truth(project: Project) -> Mapping[int, str]:
    """By subject the true answer in canonical form, of a pair with its first item on the left."""
    return _TRUTH.of(kind_of(project).subject)(project)


def _of_pairs(project: Project) -> dict[int, str]:
    rows = Pair.objects.filter(project=project, gold__isnull=False).values_list("pk", "gold")
    return {pk: f'{{"winner": "{_AS_LEFT.get(gold, gold)}"}}' for pk, gold in rows if gold}


def _of_items(project: Project) -> dict[int, str]:
    return {}


_TRUTH: PerSubject[Callable[[Project], dict[int, str]]] = PerSubject(item=_of_items, pair=_of_pairs)
