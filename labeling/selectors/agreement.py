"""How much people agree where several answered the same item."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from labeling.models import Annotation, Item, Project, Source
from labeling.selectors.quarantine import left_out

NEWEST_ITEMS = 20_000


def agreement(project: Project) -> dict[str, Any]:
    """``{"items","answers","percent","alpha"}`` over the newest items with two answers or more; None where undefined.
    Answers of people in quarantine do not count.

    ``percent`` is the share of pairs of answers to one item that are equal; ``alpha`` is Krippendorff's for nominal
    values: 1 is perfect, 0 is what chance gives. An answer counts as one value, also when it holds several labels.
    """
    several = Item.objects.filter(project=project, answers__gte=2).order_by("-ordinal")
    ids = list(several.values_list("pk", flat=True)[:NEWEST_ITEMS])
    out = left_out(project)
    by_item: dict[int, list[str]] = {}
    for start in range(0, len(ids), 1000):
        rows = Annotation.objects.current().filter(item__in=ids[start : start + 1000], source=Source.HUMAN)
        for item_id, annotator, answer in rows.values_list("item_id", "annotator_id", "answer"):
            if out.covers(annotator):
                continue
            by_item.setdefault(item_id, []).append(json.dumps(answer, sort_keys=True))
    return summary(by_item.values())


def summary(answers_by_item: Iterable[Sequence[str]]) -> dict[str, Any]:
    """The numbers of ``agreement`` for lists of answers, one list an item; lists of fewer than two do not count."""
    units = [Counter(values) for values in answers_by_item if len(values) >= 2]
    total: Counter[str] = Counter()
    pairs = equal_pairs = 0.0
    observed = 0.0
    for unit in units:
        n = unit.total()
        total.update(unit)
        same = sum(count * (count - 1) for count in unit.values())
        pairs += n * (n - 1)
        equal_pairs += same
        observed += (n * (n - 1) - same) / (n - 1)
    n = total.total()
    if not units:
        return {"items": 0, "answers": 0, "percent": None, "alpha": None}
    expected = (n * n - sum(count * count for count in total.values())) / (n - 1)
    return {
        "items": len(units),
        "answers": n,
        "percent": equal_pairs / pairs,
        "alpha": 1 - observed / expected if expected else None,
    }
