"""Columns of exported rows: how each is called, what it holds and what SQL reads it. The SELECT is made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, assert_never

from labeling.db.raw_rows import decoder, iso, there_is
from labeling.kinds import kind_of
from labeling.models import KnownAnswer, Project, Suggestion
from labeling.models.modality import PerModality
from labeling.selectors.known_truth import weighs_evidence
from labeling.selectors.label_names import label_names

OWN = "The item's own, as it was imported; null where the item lacks it."


@dataclass(frozen=True)
class Column:
    """``type`` is one of text, integer, number, boolean, time (ISO 8601 text), list (of texts), json.

    ``sql`` is the expression it is read by, with its ``params``; NULL for one that is filled in after reading.
    ``of`` is what lists hold, where all values of an item's own column are lists of one type: json in a table.
    ``meaning`` is said where it is not that of all columns of the name (``column_meanings.py``).
    """

    name: str
    type: str
    sql: str = "NULL"
    params: tuple[Any, ...] = ()
    of: str = ""
    meaning: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is the items' own: it may be called like one of ours in other rows."""
        return self.meaning == OWN


class Selection:
    """The list of a SELECT: the columns of a row, then what is read besides: the fields of a NamedTuple, by name."""

    def __init__(self, columns: Sequence[Column], read: type[tuple[Any, ...]], **besides: str) -> None:
        fields: tuple[str, ...] = read._fields  # type: ignore[attr-defined]  # every NamedTuple has them
        if set(besides) != set(fields):
            raise TypeError(f"{read.__name__} has {', '.join(fields)}; given are {', '.join(besides)}.")
        read_columns = [column for column in columns if column.sql != "NULL"]
        self.sql = ", ".join([*(column.sql for column in read_columns), *(besides[name] for name in fields)])
        self.params = [value for column in columns for value in column.params]
        self._empty_row = dict.fromkeys(column.name for column in columns)
        self._names = tuple(column.name for column in read_columns)
        self._n_read = len(read_columns)
        self._fields = fields

    def row(self, record: tuple[Any, ...]) -> dict[str, Any]:
        """The columns by name. Raises ValueError for a record that is too short."""
        if len(record) < self._n_read:
            raise ValueError(f"A record of {len(record)} values is too short for {self._n_read} columns.")
        row = self._empty_row.copy()  # with all its keys: a third faster than a dict that grows
        # what was read besides has no name; to say ``strict`` once a row would cost as much as the half of this
        row.update(zip(self._names, record))  # noqa: B905
        return row

    def columns(self, records: Sequence[tuple[Any, ...]]) -> tuple[dict[str, Any], dict[str, Any]]:
        """One or more records side by side: the columns by name, then what was read besides. Raises ValueError for
        records that are too short."""
        if len(records[0]) < self._n_read + len(self._fields):
            raise ValueError(f"Records of {len(records[0])} values are too short for {self._n_read} columns.")
        values = list(zip(*records, strict=True))
        nothing = [None] * len(records)
        row: dict[str, Any] = dict.fromkeys(self._empty_row, nothing)
        row.update(zip(self._names, values))  # noqa: B905  # what was read besides has no name
        return row, dict(zip(self._fields, values[self._n_read :]))  # noqa: B905  # pictures come last

    def getter(self, name: str) -> Callable[[tuple[Any, ...]], Any]:
        """Takes one thing that was read besides out of a record. Raises IndexError for a record that is too short."""
        return itemgetter(self._n_read + self._fields.index(name))


def read_by(columns: Sequence[Column], **sql: str | tuple[str, Any]) -> list[Column]:
    """The columns with the SQL of those that the reader says, or SQL with its parameter. Raises KeyError for a name
    that none of them has."""
    left = dict(sql)
    made = [_read_by(column, left.pop(column.name, None)) for column in columns]
    if left:
        raise KeyError(", ".join(left))
    return made


def _read_by(column: Column, sql: str | tuple[str, Any] | None) -> Column:
    match sql:
        case None:
            return column
        case str():
            return replace(column, sql=sql)
        case (expression, parameter):
            return replace(column, sql=expression, params=(parameter,))
    assert_never(sql)


#: Of a decision ``a`` that was made about many items at once (decision 0106): no task and no draw put it there.
IN_BULK = """CASE WHEN a.source = 'review' THEN (SELECT '{}' FROM labeling_reviewdecision d
    WHERE d.annotation_id = a.id AND d.batch <> '' AND d.verdict = 'change') END"""
#: how the task ``t`` came to be asked, and what its answer weighs
SELECTION = (
    Column("reason", "text", f"COALESCE(t.reason, {IN_BULK.format('bulk')})"),
    Column("strategy", "text", "NULLIF(t.strategy, '')"),
    Column("model_version", "integer", "t.model_version"),
    Column("model_verified", "boolean"),
    Column("epoch", "integer", "t.epoch"),
    Column("utility", "number", "t.utility"),
    Column("propensity", "number", "t.propensity"),
    Column("pool_size", "integer", "t.pool_size"),
    Column("draw", "integer", "t.draw"),
    Column("weight_lure", "number"),
    Column("weight_missing", "text"),
)
#: what its author said with the annotation ``a``
REMARK = (Column("doubt", "boolean", "COALESCE(a.doubt, FALSE)"), Column("comment", "text", "a.comment"))
REMARK_NAMES = frozenset(column.name for column in REMARK)
#: of the annotation ``a``; those without SQL are said by who knows what was asked about
ANSWER = (
    Column("item_id", "integer"),
    Column("external_id", "text"),
    Column("kind", "text"),
    Column("answer", "json", "a.answer"),
    Column("annotator", "text", "a.annotator_id"),
    Column("source", "text", "a.source"),
    Column("created_at", "time"),
    Column("elapsed_ms", "integer", "a.elapsed_ms"),
    Column("revision", "integer", "a.revision"),
    Column("split", "text"),
    *SELECTION,
    Column("context", "text"),
    Column("left_id", "integer"),
    Column("right_id", "integer"),
    Column("instructions_version", "integer", "a.instructions_version"),
    Column("quarantined", "boolean"),
    *REMARK,
)
_SUGGESTED_BY = """(SELECT {} FROM labeling_machineversion v JOIN labeling_machine m ON m.id = v.machine_id
    WHERE v.id = g.version_id)"""
#: of what was suggested with the task, ``g``, in projects that have suggested anything
SUGGESTED = (
    Column("assisted", "boolean", "g.shown"),
    Column("suggestion", "json", "g.answer"),
    Column("suggestion_machine", "text", _SUGGESTED_BY.format("m.name")),
    Column("suggestion_version", "text", _SUGGESTED_BY.format("v.name")),
)
SUGGESTED_NAMES = frozenset(column.name for column in SUGGESTED)
#: of the item ``i`` and what its answers come to
LABELED_ITEM = (
    Column("item_id", "integer", "i.id"),
    Column("external_id", "text", "i.external_id"),
    Column("split", "text", "i.split"),
    Column("label", "text"),
    Column("confidence", "number"),
    Column("votes", "integer"),
    Column("agreement", "number"),
    Column("soft_label", "json"),
    Column("label_source", "text"),
    Column("reviewed", "boolean"),
    Column("reviewed_by", "text"),
    Column("reviewed_at", "time"),
    Column("reviewed_in_bulk", "boolean"),
    *SELECTION,
    Column("context", "text", "NULLIF(i.context, '')"),
)
#: of the item, by the rule there is evidence for, in projects whose models learn from that
WEIGHED = (
    Column("weighed_label", "text"),
    Column("weighed_confidence", "number"),
    Column("weighed_confidence_is", "text"),
    Column("weighed_rule", "text"),
    Column("weighed_rule_version", "integer"),
    Column("machine_votes", "integer"),
)
_GROUP_AND_ORIGIN = (
    Column("group", "text", "NULLIF(i.\"group\", '')"),
    Column("origin", "text", "NULLIF(i.origin, '')"),
)


_CONTENT: PerModality[tuple[Column, ...]] = PerModality(
    text=(Column("text", "text", "i.text"),),
    image=(Column("image_sha256", "text", "s.sha256"), Column("text", "text", "NULLIF(i.text, '')")),
    tabular=(),
)


def content_columns(modality: str) -> list[Column]:
    """What the item ``i`` with its asset ``s`` shows, its group and origin. A table row shows its own columns."""
    return [*_CONTENT.of(modality), *_GROUP_AND_ORIGIN]


def gold_columns(project: Project) -> list[Column]:
    """What is known to be true of the item ``i``, in projects that know it of any item."""
    if not there_is(KnownAnswer, project):
        return []
    read = "(SELECT k.{} FROM labeling_knownanswer k WHERE k.item_id = i.id)"
    type_ = "list" if kind_of(project).value_type == "list" else "text"
    return [
        Column("gold", type_, read.format("answer"), meaning="The answer of the item that is known to be true."),
        Column("gold_explanation", "text", f"NULLIF({read.format('explanation')}, '')"),
    ]


def suggestion_columns(project: Project) -> tuple[Column, ...]:
    """What a machine suggested to who answered, in projects that have suggested anything."""
    return SUGGESTED if there_is(Suggestion, project) else ()


#: ``g`` of ``SUGGESTED``, beside answers ``a``.
SUGGESTION_JOIN = " LEFT JOIN labeling_suggestion g ON g.task_id = a.task_id"


def telling_suggestions(
    columns: Sequence[Column], answer_of: Callable[[str], Any]
) -> Callable[[dict[str, Any]], None] | None:
    """Puts what ``SUGGESTED`` reads into columns as it is told; None without these columns."""
    if SUGGESTED[0] not in columns:
        return None

    def tell(row: dict[str, Any]) -> None:
        row["assisted"] = list(map(bool, row["assisted"]))
        row["suggestion"] = [None if one is None else answer_of(one) for one in row["suggestion"]]

    return tell


def telling_gold(project: Project, columns: Sequence[Column]) -> Callable[[dict[str, Any]], None] | None:
    """Puts the answers that ``gold_columns`` reads as they are stored into a column in the words of now; None without
    such a column."""
    if all(column.name != "gold" for column in columns):
        return None
    kind, read = kind_of(project), label_names(project).reading(decoder())
    told = kind.value_of if kind.value_type == "list" else kind.flat

    def tell(row: dict[str, Any]) -> None:
        row["gold"] = [None if one is None else told(read(one)) for one in row["gold"]]

    return tell


def answer_columns(project: Project) -> list[Column]:
    """An answer about an item."""
    of_item = read_by(
        ANSWER, item_id="i.id", external_id="i.external_id", kind=("%s", project.kind), created_at=iso("a.created_at"),
        split="i.split", context="NULLIF(i.context, '')",
    )  # fmt: skip
    return [*of_item, *suggestion_columns(project), *gold_columns(project), *content_columns(project.modality)]


def labeled_item_columns(project: Project) -> list[Column]:
    """An item with what its answers come to; the kind says what a label is, and may have columns of its own."""
    kind = kind_of(project)
    fixed = [replace(column, type=kind.label_type) if column.name == "label" else column for column in LABELED_ITEM]
    own = [Column(name, type_) for name, type_ in kind.item_columns]
    own += WEIGHED if weighs_evidence(project) else ()
    return [*fixed, *own, *gold_columns(project), *content_columns(project.modality)]
