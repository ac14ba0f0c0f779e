"""The labeled data set as rows: read in bounded chunks, the same rows in the same order for the same data.

Raw SQL, because every microsecond of a row counts a million times (decision 0010). The set is the one of the moment
``last_annotation_id`` was fixed: answers, revisions and take-backs that come while it is being read are not in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from django.db.models import Max

from labeling.kinds import KINDS, QuestionKind
from labeling.models import Annotation, Kind, Modality, Progress, Project, Source
from labeling.selectors import pair_export
from labeling.selectors.levelling import levelling
from labeling.selectors.raw_rows import decoder, fetch, iso, usernames

CHUNK_ANNOTATIONS = 2000
CHUNK_ORDINALS = 5000

ROWS = ("annotations", "items")

SELECTION = {
    "reason": "text", "strategy": "text", "model_version": "integer", "epoch": "integer", "utility": "number",
    "propensity": "number", "pool_size": "integer", "draw": "integer", "weight_lure": "number",
    "weight_missing": "text",
}  # fmt: skip
ANNOTATION_COLUMNS = {
    "item_id": "integer", "external_id": "text", "kind": "text", "answer": "json", "annotator": "text",
    "source": "text", "created_at": "time", "elapsed_ms": "integer", "revision": "integer", "split": "text",
    **SELECTION, "context": "text", "left_id": "integer", "right_id": "integer", "instructions_version": "integer",
}  # fmt: skip
ITEM_COLUMNS = {
    "item_id": "integer", "external_id": "text", "split": "text", "label": "text", "confidence": "number",
    "votes": "integer", "agreement": "number", "soft_label": "json", **SELECTION, "context": "text",
}  # fmt: skip
#: what is asked about, as columns; the columns of a table row are its own columns
CONTENT: dict[str, dict[str, str]] = {
    Modality.TEXT: {"text": "i.text"},
    Modality.IMAGE: {"image_sha256": "s.sha256", "text": "NULLIF(i.text, '')"},
    Modality.TABULAR: {},
}


@dataclass(frozen=True)
class Filters:
    """Which answers count. ``only="iid"`` keeps those asked by a draw that no model had a say in."""

    split: str = ""
    source: str = ""
    only: str = ""
    last_annotation_id: int | None = None
    ordinal_below: int | None = None


@dataclass(frozen=True)
class Column:
    """``type`` is one of text, integer, number, boolean, time (ISO 8601 text), list (of texts), json."""

    name: str
    type: str


def bounded(project: Project, filters: Filters) -> Filters:
    """The filters with the moment fixed: nothing that is stored later will be in the rows."""
    newest = Annotation.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
    ordinals = Progress.objects.filter(project=project).values_list("next_ordinal", flat=True).first() or 0
    return replace(
        filters,
        last_annotation_id=newest if filters.last_annotation_id is None else filters.last_annotation_id,
        ordinal_below=ordinals if filters.ordinal_below is None else filters.ordinal_below,
    )


def fixed_columns(project: Project, rows: str) -> list[Column]:
    """The columns of the contract, then the item's content, group and origin."""
    fixed = dict(ANNOTATION_COLUMNS if rows == "annotations" else ITEM_COLUMNS)
    if project.kind == Kind.PAIRWISE:
        if rows == "annotations":
            return [Column(name, type_) for name, type_ in (fixed | pair_export.JUDGMENT_COLUMNS).items()]
        fixed = dict(pair_export.ITEM_COLUMNS)
    elif rows == "items":
        fixed["label"] = KINDS[project.kind].label_type
    fixed |= dict.fromkeys((*CONTENT[project.modality], "group", "origin"), "text")
    return [Column(name, type_) for name, type_ in fixed.items()]


def export_columns(project: Project, rows: str, filters: Filters) -> list[Column]:
    """All columns, the items' own last and in alphabetical order: one pass over the data of the project's items."""
    fixed = fixed_columns(project, rows)
    if project.kind == Kind.PAIRWISE and rows == "annotations":
        return fixed  # of two items
    taken = {column.name for column in fixed}
    types: dict[str, set[str]] = {}
    limit = bounded(project, filters).ordinal_below or 0
    for start in range(0, limit, CHUNK_ORDINALS):
        sql = "SELECT data FROM labeling_item WHERE project_id = %s AND ordinal >= %s AND ordinal < %s"
        for (data,) in fetch(sql, [project.pk, start, min(start + CHUNK_ORDINALS, limit)]):
            for name, value in orjson.loads(data).items():
                types.setdefault(name, set()).add(_type_of(value))
    own = {own_name(name, taken): _common(found) for name, found in types.items()}
    return fixed + [Column(name, own[name]) for name in sorted(own)]


def own_name(name: str, taken: set[str] | frozenset[str]) -> str:
    """The name of an item's own column, prefixed when a column of ours has it."""
    return f"item.{name}" if name in taken or name.startswith("item.") else name


def _type_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if value < 2**63 else "json"
    if isinstance(value, float):
        return "number"
    return "text" if isinstance(value, str) else "json"


def _common(types: set[str]) -> str:
    """The one type that holds all values; "json" where texts and numbers are mixed."""
    types = types - {""}
    if types <= {"integer", "number"} and "number" in types:
        return "number"
    return types.pop() if len(types) == 1 else "json" if types else "text"


def export_rows(project: Project, rows: str, filters: Filters) -> Iterator[dict[str, Any]]:
    """The rows as dicts, own columns only where the item has them. Memory does not grow with their number."""
    filters = bounded(project, filters)
    if project.kind == Kind.PAIRWISE:
        return _pair_rows(project, rows, filters)
    return _annotation_rows(project, filters) if rows == "annotations" else _item_rows(project, filters)


def _pair_rows(project: Project, rows: str, filters: Filters) -> Iterator[dict[str, Any]]:
    names = [column.name for column in fixed_columns(project, rows)]
    if rows == "annotations":
        chosen = {"split": filters.split, "source": filters.source, "only": filters.only}
        yield from pair_export.judgment_rows(project, names, **chosen, last_id=filters.last_annotation_id or 0)
        return
    content, taken, limit = list(CONTENT[project.modality].values()), frozenset(names), filters.ordinal_below or 0
    found = pair_export.item_rows(project, names, content, split=filters.split, ordinal_below=limit)
    for row, own in found:
        yield row | {own_name(name, taken): value for name, value in own.items()}


def _annotation_rows(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    names = [column.name for column in fixed_columns(project, "annotations")]
    taken = frozenset(names)
    select = _select(project)
    where, params = _where(project, filters)
    sql = f"{select} WHERE a.id > %s AND {where} ORDER BY a.id LIMIT {CHUNK_ANNOTATIONS}"
    answer_of, username_of, weigh = decoder(), usernames(), _weighing(project, filters)
    last = 0
    while records := fetch(sql, [project.kind, last, *params]):
        last = records[-1][-1]
        for record in records:
            row = dict(zip(names, record, strict=False))
            row["answer"] = answer_of(row["answer"])
            row["annotator"] = username_of(row["annotator"])
            weigh(row)
            _add_own(row, record[-2], taken)
            yield row


def _item_rows(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """One row an item that has an answer. Imported labels count where no person has answered."""
    kind = KINDS[project.kind]
    names = [column.name for column in fixed_columns(project, "annotations")]
    wanted = [column.name for column in fixed_columns(project, "items")]
    taken = frozenset(wanted)
    where, params = _where(project, filters)
    sql = f"{_select(project)} WHERE i.project_id = %s AND i.ordinal >= %s AND i.ordinal < %s AND {where}"
    sql += " ORDER BY i.ordinal, a.id"
    answer_of, weigh = decoder(), _weighing(project, filters)
    limit = filters.ordinal_below or 0
    for start in range(0, limit, CHUNK_ORDINALS):
        end = min(start + CHUNK_ORDINALS, limit)
        records = fetch(sql, [project.kind, project.pk, start, end, *params])
        for _, group in groupby(records, key=itemgetter(0)):
            answers = [dict(zip(names, record, strict=False)) | {"own": record[-2]} for record in group]
            row = _item_row(kind, answers, answer_of)
            own = row.pop("own")
            weigh(row)
            row = {name: row[name] for name in wanted}
            _add_own(row, own, taken)
            yield row


def _item_row(kind: QuestionKind, rows: list[dict[str, Any]], answer_of: Callable[[str], Any]) -> dict[str, Any]:
    by_people = [row for row in rows if row["source"] == Source.HUMAN]
    rows = by_people or rows
    answers = [answer_of(row["answer"]) for row in rows]
    consensus = kind.majority(answers)
    return {
        **rows[0],  # the selection is that of the first answer
        "label": consensus.label,
        "confidence": consensus.confidence,
        "votes": len(answers),
        "agreement": _agreement([row["answer"] for row in rows]),
        "soft_label": consensus.soft_label,
    }


def _agreement(answers: list[str]) -> float | None:
    """Share of pairs of answers that are equal (answers are stored in canonical form); None below two answers."""
    n = len(answers)
    if n < 2:
        return None
    same = sum(answers.count(answer) - 1 for answer in answers)
    return same / (n * (n - 1))


def _add_own(row: dict[str, Any], data: str, taken: frozenset[str]) -> None:
    if data != "{}":
        own = orjson.loads(data)
        if taken.isdisjoint(own) and not any(name.startswith("item.") for name in own):
            row.update(own)
        else:
            row.update({own_name(name, taken): value for name, value in own.items()})


def _select(project: Project) -> str:
    """One record: the columns of an annotation row, then the item's data and the annotation's id."""
    is_image = project.modality == Modality.IMAGE
    content = "".join(f"{expression}, " for expression in CONTENT[project.modality].values())
    asset_join = " LEFT JOIN labeling_asset s ON s.id = i.asset_id" if is_image else ""
    return f"""
        SELECT i.id, i.external_id, %s, a.answer, a.annotator_id, a.source, {iso("a.created_at")}, a.elapsed_ms,
            a.revision, i.split, t.reason, NULLIF(t.strategy, ''), t.model_version, t.epoch, t.utility, t.propensity,
            t.pool_size, t.draw, NULL, NULL, NULLIF(i.context, ''), NULL, NULL, a.instructions_version,
            {content} NULLIF(i."group", ''), NULLIF(i.origin, ''), i.data, a.id
        FROM labeling_annotation a JOIN labeling_item i ON i.id = a.item_id
        LEFT JOIN labeling_task t ON t.id = a.task_id{asset_join}"""


def _where(project: Project, filters: Filters) -> tuple[str, list[Any]]:
    """Answers that were current when the last annotation of the set was stored, and fit the filters."""
    where = """a.project_id = %s AND a.id <= %s AND a.answer IS NOT NULL AND (a.is_current OR EXISTS (
        SELECT 1 FROM labeling_annotation n
        WHERE n.task_id = a.task_id AND n.revision = a.revision + 1 AND n.id > %s))"""
    params: list[Any] = [project.pk, filters.last_annotation_id, filters.last_annotation_id]
    for column, value in (("i.split", filters.split), ("a.source", filters.source)):
        if value:
            where += f" AND {column} = %s"
            params.append(value)
    if filters.only == "iid":
        where += " AND t.reason IN ('eval', 'random')"
    return where, params


def _weighing(project: Project, filters: Filters) -> Callable[[dict[str, Any]], None]:
    """Fills in ``weight_lure`` and ``weight_missing``. Filters do not change a weight: it belongs to the whole set."""
    whole = replace(filters, split="", source="", only="")
    weight = levelling(project, *_where(project, whole), filters.ordinal_below or 0).weight

    def weigh(row: dict[str, Any]) -> None:
        found = weight(row["reason"], row["propensity"], row["pool_size"], row["draw"])
        row["weight_lure"], row["weight_missing"] = found

    return weigh
