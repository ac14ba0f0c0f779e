"""How much people agree in one project."""

import json
from typing import Any

from django.db.models import Exists, OuterRef, Q

from labeling.consensus import agreement_of, left_out
from labeling.db.raw_rows import fetch
from labeling.kinds import kind_of
from labeling.models import Annotation, Item, Project, Source, Suggestion
from labeling.selectors.label_names import label_names

NEWEST_ITEMS = 20_000
_BY_NOBODY = Q(source=Source.IMPORT, imported_annotator="") | Q(source=Source.REVIEW)
_ASSISTED = Exists(Suggestion.objects.filter(task=OuterRef("task"), shown=True))
# raw, so that the partial index of answers by name is found: it holds nothing of what has none
_NAMED_SEVERAL = """SELECT item_id FROM labeling_annotation
    WHERE project_id = %s AND item_id IS NOT NULL AND NOT (imported_annotator = '')
    GROUP BY item_id HAVING COUNT(*) > 1 ORDER BY item_id DESC LIMIT %s"""


def items_of_several(project: Project, newest: int) -> list[int]:
    """Up to so many items that several people have answered, here or by name in an import."""
    several = Item.objects.filter(project=project, answers__gte=2).order_by("-ordinal")
    ids = list(several.values_list("pk", flat=True)[:newest])
    here = set(ids)
    return ids + [pk for (pk,) in fetch(_NAMED_SEVERAL, [project.pk, newest - len(ids)]) if pk not in here]


def agreement(project: Project) -> dict[str, Any]:
    """``{"items","answers","percent","alpha"}`` over the newest items with two answers or more; None where undefined.
    Answers of people in quarantine and those given beside a suggestion do not count; those of people whom an import
    names do where nobody answered here."""
    ids, out, scheme = items_of_several(project, NEWEST_ITEMS), left_out(project), label_names(project)
    by_item: dict[int, list[str]] = {}
    answers = Annotation.objects.current().filter(Q(source=Source.HUMAN) | Q(item__answers=0)).exclude(_BY_NOBODY)
    answers = answers.filter(~_ASSISTED)
    for start in range(0, len(ids), 1000):
        rows = answers.filter(item__in=ids[start : start + 1000])
        for item_id, user, name, answer in rows.values_list("item_id", "annotator_id", "imported_annotator", "answer"):
            if out.covers(user, name) or not scheme.counts(answer):
                continue
            by_item.setdefault(item_id, []).append(json.dumps(scheme.read(answer), sort_keys=True))
    labels = project.labels.all_keys()
    return agreement_of(by_item.values(), lambda totals: kind_of(project).distance(totals, labels)).as_dict()
