"""How much people agree in one project."""

import json
from typing import Any

from labeling.consensus import agreement_of, left_out
from labeling.kinds import kind_of
from labeling.models import Annotation, Item, Project, Source

NEWEST_ITEMS = 20_000


def agreement(project: Project) -> dict[str, Any]:
    """``{"items","answers","percent","alpha"}`` over the newest items with two answers or more; None where undefined.
    Answers of people in quarantine do not count."""
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
    labels = project.labels.all_keys()
    return agreement_of(by_item.values(), lambda totals: kind_of(project).distance(totals, labels)).as_dict()
