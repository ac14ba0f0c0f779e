"""Export rows of pairwise projects: raw judgments with both items, side, context and provenance; items with context."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from labeling.consensus import LeftOut
from labeling.db.raw_rows import current_answers, decoder, fetch, iso, usernames
from labeling.models import Project
from labeling.selectors.batches import Batch
from labeling.selectors.columns import (
    ANSWER,
    SUGGESTED,
    SUGGESTION_JOIN,
    Column,
    Selection,
    content_columns,
    read_by,
    suggestion_columns,
    telling_suggestions,
)
from labeling.selectors.model_facts import verification

CHUNK_JUDGMENTS = 2000
CHUNK_ORDINALS = 2000

NO_WEIGHT = "Weights are for questions about single items; the propensity of a pair is its own."
_RIGHT = "CASE WHEN a.left_id = p.first_id THEN p.second_id ELSE p.first_id END"
_GOLD = """CASE p.gold WHEN 'first' THEN CASE WHEN a.left_id = p.first_id THEN 'left' ELSE 'right' END
    WHEN 'second' THEN CASE WHEN a.left_id = p.second_id THEN 'left' ELSE 'right' END ELSE p.gold END"""


def _context_columns(project: Project) -> list[Column]:
    """Of the context ``c``; one without a purpose of its own has the project's."""
    return [
        Column("context_id", "integer", "c.id"),
        Column("context_external_id", "text", "c.external_id"),
        Column("context_purpose", "text", "COALESCE(NULLIF(c.purpose, ''), %s)", (project.purpose,)),
        Column("context_facts", "json", "c.facts"),
    ]


def judgment_columns(project: Project) -> list[Column]:
    """What judgments share with other answers, then what only a pair has."""
    answer = read_by(
        ANSWER, kind=("%s", project.kind), created_at=iso("a.created_at"), split="p.split",
        weight_missing=("%s", NO_WEIGHT), context="NULLIF(c.text, '')", left_id="a.left_id", right_id=_RIGHT,
    )  # fmt: skip
    return [
        *answer,
        Column("pair_id", "integer", "p.id"),
        Column("left_external_id", "text", "l.external_id"),
        Column("right_external_id", "text", "r.external_id"),
        *_context_columns(project),
        Column("gold", "text", _GOLD),
        *suggestion_columns(project),
        Column("ui_version", "text", "NULLIF(a.ui_version, '')"),
        Column("viewport", "text", "NULLIF(a.viewport, '')"),
    ]


def item_columns(project: Project) -> list[Column]:
    """Of an item in its context."""
    return [
        Column("item_id", "integer", "i.id"),
        Column("external_id", "text", "i.external_id"),
        Column("split", "text", "i.split"),
        Column("status", "text", "i.status"),
        Column("context", "text", "NULLIF(c.text, '')"),
        *_context_columns(project),
        *content_columns(project.modality),
    ]


class _OfJudgment(NamedTuple):
    """``imported_by``: the name that came with an imported judgment."""

    imported_by: str | None
    annotation_id: int


class _OfItem(NamedTuple):
    data: str


def judgment_batches(project: Project, choosing: Mapping[str, Any], *, last_id: int, out: LeftOut) -> Iterator[Batch]:
    """Current judgments in the order they came; ``choosing`` is as ``current_answers`` takes it."""
    columns = judgment_columns(project)
    selection = Selection(columns, _OfJudgment, imported_by="NULLIF(a.imported_annotator, '')", annotation_id="a.id")
    where, params = current_answers(project, last_id, asked="p", **choosing)
    sql = f"""
        SELECT {selection.sql}
        FROM labeling_annotation a
        JOIN labeling_pair p ON p.id = a.pair_id
        JOIN labeling_context c ON c.id = p.context_id
        JOIN labeling_item l ON l.id = a.left_id
        JOIN labeling_item r ON r.id = {_RIGHT}
        LEFT JOIN labeling_task t ON t.id = a.task_id
        {SUGGESTION_JOIN if SUGGESTED[0] in columns else ""}
        WHERE a.id > %s AND {where} ORDER BY a.id LIMIT {CHUNK_JUDGMENTS}"""
    decoded, username_of, verified = decoder(), usernames(), verification(project)
    tell_suggestion = telling_suggestions(columns, decoded)
    id_of = selection.getter("annotation_id")
    last = 0
    while records := fetch(sql, [*selection.params, last, *params]):
        last = id_of(records[-1])
        row, besides = selection.columns(records)
        people, named = row["annotator"], besides["imported_by"]
        row["answer"] = list(map(decoded, row["answer"]))
        if tell_suggestion:
            tell_suggestion(row)
        row["context_facts"] = list(map(decoded, row["context_facts"]))
        row["doubt"] = list(map(bool, row["doubt"]))  # a number in SQLite
        row["quarantined"] = [out.covers(one, by or "") for one, by in zip(people, named, strict=True)]
        row["annotator"] = [by or username_of(one) for one, by in zip(people, named, strict=True)]
        row["model_verified"] = list(map(verified, row["model_version"]))
        yield Batch(len(records), row)


def item_rows(project: Project, *, split: str, ordinal_below: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every item with its context, in the order of import, and its own columns."""
    selection = Selection(item_columns(project), _OfItem, data="i.data")
    side = " AND i.split = %s" if split else ""
    sql = f"""
        SELECT {selection.sql}
        FROM labeling_item i
        JOIN labeling_context c ON c.id = i.in_context_id
        LEFT JOIN labeling_asset s ON s.id = i.asset_id
        WHERE i.project_id = %s AND i.ordinal >= %s AND i.ordinal < %s{side} ORDER BY i.ordinal"""
    decoded, data_of = decoder(), selection.getter("data")
    for start in range(0, ordinal_below, CHUNK_ORDINALS):
        end = min(start + CHUNK_ORDINALS, ordinal_below)
        for record in fetch(sql, [*selection.params, project.pk, start, end, *([split] if split else [])]):
            row = selection.row(record)
            row["context_facts"] = decoded(row["context_facts"])
            yield row, orjson.loads(data_of(record))
