"""Export rows of pairwise projects: raw judgments with both items, side, context and provenance; items with context."""

from collections.abc import Iterator
from typing import Any

import orjson

from labeling.consensus import LeftOut
from labeling.db.raw_rows import current_answers, decoder, fetch, iso, usernames
from labeling.models import Project
from labeling.selectors.model_facts import verification

CHUNK_JUDGMENTS = 2000
CHUNK_ORDINALS = 2000

CONTEXT_COLUMNS = {
    "context_id": "integer", "context_external_id": "text", "context_purpose": "text", "context_facts": "json",
}  # fmt: skip
#: after the columns that the judgments share with other answers
JUDGMENT_COLUMNS = {
    "pair_id": "integer", "left_external_id": "text", "right_external_id": "text", **CONTEXT_COLUMNS, "gold": "text",
    "ui_version": "text", "viewport": "text",
}  # fmt: skip
ITEM_COLUMNS = {
    "item_id": "integer", "external_id": "text", "split": "text", "status": "text", "context": "text",
    **CONTEXT_COLUMNS,
}  # fmt: skip

NO_WEIGHT = "Weights are for questions about single items; the propensity of a pair is its own."
_RIGHT = "CASE WHEN a.left_id = p.first_id THEN p.second_id ELSE p.first_id END"
_GOLD = """CASE p.gold WHEN 'first' THEN CASE WHEN a.left_id = p.first_id THEN 'left' ELSE 'right' END
    WHEN 'second' THEN CASE WHEN a.left_id = p.second_id THEN 'left' ELSE 'right' END ELSE p.gold END"""
_CONTEXT = "c.id, c.external_id, COALESCE(NULLIF(c.purpose, ''), %s), c.facts"


def judgment_rows(
    project: Project, names: list[str], *, split: str, source: str, only: str, last_id: int, out: LeftOut
) -> Iterator[dict[str, Any]]:
    """Current judgments in the order they came; ``names`` are the columns in the order of the row."""
    where, params = current_answers(project, last_id, asked="p", split=split, source=source, only=only)
    sql = f"""
        SELECT NULL, NULL, %s, a.answer, a.annotator_id, a.source, {iso("a.created_at")}, a.elapsed_ms, a.revision,
            p.split, t.reason, NULLIF(t.strategy, ''), t.model_version, NULL, t.epoch, t.utility, t.propensity,
            t.pool_size, t.draw, NULL, %s, NULLIF(c.text, ''), a.left_id, {_RIGHT}, a.instructions_version, NULL,
            p.id, l.external_id, r.external_id, {_CONTEXT}, {_GOLD}, NULLIF(a.ui_version, ''), NULLIF(a.viewport, ''),
            NULLIF(a.imported_annotator, ''), a.id
        FROM labeling_annotation a
        JOIN labeling_pair p ON p.id = a.pair_id
        JOIN labeling_context c ON c.id = p.context_id
        JOIN labeling_item l ON l.id = a.left_id
        JOIN labeling_item r ON r.id = {_RIGHT}
        LEFT JOIN labeling_task t ON t.id = a.task_id
        WHERE a.id > %s AND {where} ORDER BY a.id LIMIT {CHUNK_JUDGMENTS}"""
    decoded, username_of, verified = decoder(), usernames(), verification(project)
    last = 0
    while records := fetch(sql, [project.kind, NO_WEIGHT, project.purpose, last, *params]):
        last = records[-1][-1]
        for record in records:
            row = dict(zip(names, record, strict=False))
            row["answer"] = decoded(row["answer"])
            row["context_facts"] = decoded(row["context_facts"])
            row["quarantined"] = out.covers(row["annotator"], record[-2] or "")
            row["annotator"] = record[-2] or username_of(row["annotator"])
            row["model_verified"] = verified(row["model_version"])
            yield row


def item_rows(
    project: Project, names: list[str], content: list[str], *, split: str, ordinal_below: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every item with its context, in the order of import, and its own columns."""
    expressions = "".join(f"{expression}, " for expression in content)
    side = " AND i.split = %s" if split else ""
    sql = f"""
        SELECT i.id, i.external_id, i.split, i.status, NULLIF(c.text, ''), {_CONTEXT}, {expressions}
            NULLIF(i."group", ''), NULLIF(i.origin, ''), i.data
        FROM labeling_item i
        JOIN labeling_context c ON c.id = i.in_context_id
        LEFT JOIN labeling_asset s ON s.id = i.asset_id
        WHERE i.project_id = %s AND i.ordinal >= %s AND i.ordinal < %s{side} ORDER BY i.ordinal"""
    decoded = decoder()
    for start in range(0, ordinal_below, CHUNK_ORDINALS):
        end = min(start + CHUNK_ORDINALS, ordinal_below)
        for record in fetch(sql, [project.purpose, project.pk, start, end, *([split] if split else [])]):
            row = dict(zip(names, record, strict=False))
            row["context_facts"] = decoded(row["context_facts"])
            yield row, orjson.loads(record[-1])
