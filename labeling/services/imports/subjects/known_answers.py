"""Gold that comes with the rows of items: one known answer an item, and none that contradicts another."""

import json
from collections.abc import Sequence

from labeling.db.insert import RawInsert, among_these, now
from labeling.db.raw_rows import fetch
from labeling.models import ImportBatch, KnownAnswer, KnownFrom, OverlapChange, Project
from labeling.models.known_answer import new_draw_key
from labeling.services.imports.records.rows import Rejection, Row
from labeling.services.imports.records.values import GOLD
from labeling.services.projects.overlap_changes import is_small, start_overlap_change

CONTRADICTED = "This item has another gold answer already."


def without_contradictions(project: Project, rows: list[Row]) -> tuple[list[Row], list[Rejection]]:
    """The rows, and those refused: what is known of an item stays until a person changes it."""
    gold = [row for row in rows if row.gold]
    if not gold:
        return rows, []
    known = {content: answer for content, (_, answer) in _known(project, gold).items() if answer}
    refused = {}
    for row in gold:
        assert row.gold is not None
        there = known.setdefault(row.content_hash, row.gold[0])
        if there != row.gold[0] and json.loads(there) != json.loads(row.gold[0]):
            refused[row.number] = Rejection(row.number, CONTRADICTED, GOLD, row.external_id or "")
    return [row for row in rows if row.number not in refused], list(refused.values())


def store(batch: ImportBatch, rows: Sequence[Row]) -> tuple[list[int], int]:
    """Adds what is not known yet, once the items are there; the items it is about, and how many known answers."""
    gold = {row.content_hash: row for row in reversed(rows) if row.gold}
    if not gold:
        return [], 0
    new = [
        (pk, row.gold)
        for content, (pk, answer) in _known(batch.project, list(gold.values())).items()
        if answer is None and (row := gold[content]).gold
    ]
    constants = {"project": batch.project_id, "origin": KnownFrom.IMPORT.value, "made_by": batch.created_by_id}
    RawInsert(KnownAnswer, ("item", "answer", "explanation", "draw_key"), constants | {"made_at": now()})(
        (pk, answer, why, new_draw_key()) for pk, (answer, why) in new
    )
    return [pk for pk, _ in new], len(new)


def ask_anew(batch: ImportBatch, project: Project) -> OverlapChange | None:
    """Gold of items that were there: others may hold their locks just now, so a change of its own brings them round.
    One that is returned is the caller's to run once the chunk is in."""
    if project.gold_share <= 0 or batch.created_by is None:
        return None
    change = start_overlap_change(batch.created_by, project)
    return change if is_small(project) else None


def _known(project: Project, rows: Sequence[Row]) -> dict[str, tuple[int, str | None]]:
    """By the content of these rows the item that has it, and what is known of it."""
    among, parameter = among_these([row.content_hash for row in rows])
    sql = f"""SELECT i.content_hash, i.id, k.answer FROM labeling_item i
        LEFT JOIN labeling_knownanswer k ON k.item_id = i.id
        WHERE i.project_id = %s AND i.content_hash {among}"""
    return {content: (pk, answer) for content, pk, answer in fetch(sql, [project.pk, parameter])}
