"""What machines say where answers are weighed by evidence, and what gold has proven of them (decision 0093)."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from labeling.consensus import MachineBallots
from labeling.db.raw_rows import fetch
from labeling.kinds import kind_of
from labeling.models import MachineVersion, Project
from labeling.selectors.known_truth import EvidenceSeen
from labeling.selectors.label_names import label_names

#: Of the pool, said before anybody answered: what was said later may have been learned from the answers, and then it
#: votes for what it was told. Not where somebody was shown a suggestion, nor where the truth is known.
_VOTES = """SELECT i.ordinal, CAST(p.answer AS TEXT) FROM labeling_prediction p
    JOIN labeling_item i ON i.id = p.item_id
    WHERE p.version_id = %s AND p.id <= %s AND i.split = 'pool'
    AND NOT EXISTS (SELECT 1 FROM labeling_knownanswer k WHERE k.item_id = p.item_id AND k.made_at <= %s)
    AND NOT EXISTS (SELECT 1 FROM labeling_annotation a LEFT JOIN labeling_suggestion g ON g.task_id = a.task_id
        WHERE a.item_id = p.item_id AND a.id <= %s AND (a.created_at <= p.created_at OR g.shown)) ORDER BY p.item_id"""
#: Gold that was made after the prediction: of what was known before it may be the echo.
_GOLD = """SELECT CAST(p.answer AS TEXT), CAST(k.answer AS TEXT) FROM labeling_knownanswer k
    JOIN labeling_prediction p ON p.item_id = k.item_id JOIN labeling_item i ON i.id = k.item_id
    WHERE k.project_id = %s AND p.version_id = %s AND p.id <= %s AND p.created_at < k.made_at AND k.made_at <= %s"""
#: Gold of held-out items proves nothing to who learns: it would bring their truth into what is learned from.
_OF_POOL = " AND i.split = 'pool'"


def machine_ballots(
    project: Project,
    item_numbers: Mapping[int, int],
    label_numbers: Mapping[str, int],
    seen: EvidenceSeen,
    *,
    last_annotation_id: int = 2**63 - 1,
    of_pool: bool = False,
) -> list[MachineBallots]:
    """Of each machine that voted at the moment its version then; those that say nothing of these items are left out.
    Items by ordinal, labels by identity. ``of_pool``: weighed by gold of the pool alone."""
    read_text, labels_of = label_names(project).read_text, kind_of(project).labels_of

    def number(stored: str) -> int | None:
        text = read_text(stored)
        return None if text is None else label_numbers.get(labels_of(orjson.loads(text))[0])

    found, until = [], _stored(seen)
    of_id = MachineVersion.objects.select_related("machine").in_bulk(seen.versions)
    for version in (of_id[pk] for pk in seen.versions if pk in of_id):
        rows = fetch(_VOTES, [version.pk, seen.predictions, until, last_annotation_id])
        said = [(item_numbers.get(item), number(stored)) for item, stored in rows]
        votes = [(item, label) for item, label in said if item is not None and label is not None]
        tested = _tested(project, version.pk, seen, number, of_pool=of_pool)
        truths = Counter(true for _, true in tested)
        right = sum(told == true for told, true in tested)
        commonest = truths.most_common(1)[0][1] / len(tested) if tested else 1.0
        if votes:
            items, labels = zip(*votes, strict=True)
            found.append(MachineBallots(str(version), items, labels, right, len(tested), commonest))
    return found


def _tested(
    project: Project, version: int, seen: EvidenceSeen, number: Callable[[str], int | None], *, of_pool: bool
) -> list[tuple[int | None, int]]:
    """What the version said and what is true of each item of gold that proves something."""
    rows = fetch(_GOLD + (_OF_POOL if of_pool else ""), [project.pk, version, seen.predictions, _stored(seen)])
    return [(number(told), truth) for told, true in rows if (truth := number(true)) is not None]


def _stored(seen: EvidenceSeen) -> Any:
    """When the newest gold was made, as the database has times; before all times where there was none."""
    until = datetime.fromisoformat(seen.gold_at) if seen.gold_at else datetime(1, 1, 1, tzinfo=UTC)
    return connection.ops.adapt_datetimefield_value(until)
