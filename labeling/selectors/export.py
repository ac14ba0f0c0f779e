"""The labeled data set as rows: read in bounded chunks, the same rows in the same order for the same data.

Raw SQL, because every microsecond of a row counts a million times (decision 0010). The set is the one of the moment
``last_annotation_id`` was fixed: answers, revisions and take-backs that come while it is being read are not in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, NamedTuple

import orjson
from django.db.models import Max

from labeling.consensus import NAMED, REMEMBERED, Consensus, Given, consensus_of, counted, decided, left_out
from labeling.db.raw_rows import current_answers, decoder, fetch, iso, usernames
from labeling.extensions import installed
from labeling.kinds import PerSubject, kind_of
from labeling.models import Annotation, Modality, Progress, Project, Source
from labeling.selectors import pair_export
from labeling.selectors.columns import (
    IN_BULK,
    OWN,
    SUGGESTED,
    SUGGESTION_JOIN,
    WEIGHED,
    Column,
    Selection,
    answer_columns,
    labeled_item_columns,
    telling_gold,
    telling_suggestions,
)
from labeling.selectors.contents import PICTURE, PICTURE_SQL, picture_in
from labeling.selectors.label_names import LabelIdentities
from labeling.selectors.label_scheme import names_at, told_names, version_now
from labeling.selectors.lure_weights import LureWeights, lure_weights
from labeling.selectors.model_facts import verification
from labeling.selectors.own_columns import common, names_in, own_name, types_in

CHUNK_ANNOTATIONS = 2000
CHUNK_ORDINALS = 5000
MAX_KNOWN_NAMES = 10_000

ROWS = ("annotations", "items")
#: The filters that a person gives.
CHOICES = ("split", "source", "sources", "only", "selection")
#: Why such a row has no weight.
REVIEWED = "decided by a reviewer"
IN_BULK_WORDS = "decided with many others"
#: The reason of a decision about many items: no draw put it there.
BULK = "bulk"


@dataclass(frozen=True)
class Filters:
    """Which answers count: of one ``source`` or several ``sources``, of all where there is none. ``only="iid"`` keeps
    those asked by a draw that no model had a say in; ``selection`` is the id of a step that keeps items (decision
    0106); ``changes`` is the moment (``Progress.changes``) by which people are in quarantine or not; ``pseudonyms``
    stand for people's names; ``scheme`` is the version of the labels by which answers are told."""

    split: str = ""
    source: str = ""
    sources: tuple[str, ...] = ()
    only: str = ""
    selection: str = ""
    last_annotation_id: int | None = None
    ordinal_below: int | None = None
    changes: int | None = None
    pseudonyms: bool = False
    scheme: int | None = None

    @property
    def of_sources(self) -> tuple[str, ...]:
        """The sources whose answers count; none for all."""
        return (self.source,) if self.source else self.sources

    @property
    def choosing(self) -> dict[str, Any]:
        """What chooses among the answers, as ``current_answers`` takes it."""
        chosen = {"split": self.split, "sources": self.of_sources, "only": self.only}
        return chosen | ({"selection": self.selection} if self.selection else {})


def bounded(project: Project, filters: Filters) -> Filters:
    """The filters with the moment fixed: nothing that is stored later will be in the rows."""
    if None not in (filters.last_annotation_id, filters.ordinal_below, filters.changes, filters.scheme):
        return filters
    newest = Annotation.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
    moment = Progress.objects.filter(project=project).values_list("next_ordinal", "changes").first()
    ordinals, changes = moment or (0, 0)
    return replace(
        filters,
        last_annotation_id=newest if filters.last_annotation_id is None else filters.last_annotation_id,
        ordinal_below=ordinals if filters.ordinal_below is None else filters.ordinal_below,
        changes=changes if filters.changes is None else filters.changes,
        scheme=version_now(project) if filters.scheme is None else filters.scheme,
    )


@dataclass(frozen=True)
class Beside:
    """What rows may bring beside their columns: ``pictures`` of the items they are about, under ``PICTURE``. And what
    the parts of one data set share: its ``weights``, read anew where they are not given."""

    pictures: bool = False
    weights: LureWeights | None = None


NOTHING = Beside()


def fixed_columns(project: Project, rows: str) -> list[Column]:
    """The columns of the contract, then the item's content, group and origin."""
    return _FIXED.of(kind_of(project).subject)[rows](project)


_FIXED: PerSubject[dict[str, Callable[[Project], list[Column]]]] = PerSubject(
    item={"annotations": answer_columns, "items": labeled_item_columns},
    pair={"annotations": pair_export.judgment_columns, "items": pair_export.item_columns},
)
#: rows of one item each: they have its own columns
_ABOUT_ITEMS = PerSubject(item=ROWS, pair=("items",))


def export_columns(project: Project, rows: str, filters: Filters, *, typed: bool = True) -> list[Column]:
    """All columns, the items' own last and in alphabetical order: one pass over the data of the project's items. Types
    cost half of it; without them own columns are json."""
    fixed = fixed_columns(project, rows)
    if rows not in _ABOUT_ITEMS.of(kind_of(project).subject):
        return fixed
    taken = {column.name for column in fixed}
    types: dict[str, set[str]] = {}
    limit = bounded(project, filters).ordinal_below or 0
    for start in range(0, limit, CHUNK_ORDINALS):
        sql = "SELECT data FROM labeling_item WHERE project_id = %s AND ordinal >= %s AND ordinal < %s"
        texts = [data for (data,) in fetch(sql, [project.pk, start, min(start + CHUNK_ORDINALS, limit)])]
        for name, type_ in types_in(texts) if typed else ((name, "json") for name in names_in(texts)):
            types.setdefault(name, set()).add(type_)
    own = {own_name(name, taken): common(found) for name, found in types.items()}
    return fixed + [Column(name, type_, of=of, meaning=OWN) for name, (type_, of) in sorted(own.items())]


def export_rows(project: Project, rows: str, filters: Filters, beside: Beside = NOTHING) -> Iterator[dict[str, Any]]:
    """The rows as dicts, own columns only where the item has them. Memory does not grow with their number."""
    return _READ.of(kind_of(project).subject)[rows](project, bounded(project, filters), beside)


def bring_pictures(project: Project, rows: str) -> bool:
    """Whether rows of the shape are about one item, whose picture they can bring."""
    about_items = _ANSWERS_ABOUT_ITEMS.of(kind_of(project).subject)
    return project.modality == Modality.IMAGE and about_items and rows in ROWS


_ANSWERS_ABOUT_ITEMS = PerSubject(item=True, pair=False)


def weights_of(project: Project, filters: Filters) -> LureWeights:
    """Of ``bounded`` filters. They do not change a weight: it belongs to the whole set."""
    whole = replace(filters, split="", source="", sources=(), only="", selection="")
    return lure_weights(project, *_where(project, whole), filters.ordinal_below or 0)


def _judgment_rows(project: Project, filters: Filters, beside: Beside) -> Iterator[dict[str, Any]]:
    out = left_out(project, filters.changes)
    return pair_export.judgment_rows(project, filters.choosing, last_id=filters.last_annotation_id or 0, out=out)


def _rows_in_contexts(project: Project, filters: Filters, beside: Beside) -> Iterator[dict[str, Any]]:
    taken = frozenset(column.name for column in pair_export.item_columns(project))
    found = pair_export.item_rows(project, split=filters.split, ordinal_below=filters.ordinal_below or 0)
    for row, own in found:
        yield row | {own_name(name, taken): value for name, value in own.items()}


class _OfAnswer(NamedTuple):
    """``data``: the item's own columns as JSON; ``imported_by``: the name that came with an imported answer."""

    data: str
    annotation_id: int
    imported_by: str | None


_SOURCE = f"CASE WHEN a.imported_annotator = '' THEN a.source ELSE '{NAMED}' END"


class _OfLabel(NamedTuple):
    """One of the answers of an item; ``source`` as consensus has it; ``by`` and ``at`` are read of decisions."""

    annotation_id: int
    item_id: int
    ordinal: int
    answer: str
    source: str
    data: str
    by: int | None
    at: str | None
    bulk: str | None


def answers_by_item(project: Project, filters: Filters, beside: Beside = NOTHING) -> Iterator[dict[str, Any]]:
    """Rows of answers in the order of the items, those about one item after one another and oldest first."""
    return _answers(project, bounded(project, filters), beside, _in_items)


def _annotation_rows(project: Project, filters: Filters, beside: Beside) -> Iterator[dict[str, Any]]:
    return _answers(project, filters, beside, _in_time)


Records = list[tuple[Any, ...]]
#: Reads the answers within some bounds in an order: SQL, its parameters, SQL.
Read = Callable[[str, list[Any], str], Records]


def _in_time(project: Project, filters: Filters, read: Read, id_of: Callable[[Any], int]) -> Iterator[Records]:
    last = 0
    while records := read("a.id > %s", [last], f"a.id LIMIT {CHUNK_ANNOTATIONS}"):
        last = id_of(records[-1])
        yield records


def _in_items(project: Project, filters: Filters, read: Read, id_of: Callable[[Any], int]) -> Iterator[Records]:
    limit = filters.ordinal_below or 0
    for start in range(0, limit, CHUNK_ORDINALS):
        bounds = [project.pk, start, min(start + CHUNK_ORDINALS, limit)]
        yield read("i.project_id = %s AND i.ordinal >= %s AND i.ordinal < %s", bounds, "i.ordinal, a.id")


def _answers(
    project: Project,
    filters: Filters,
    beside: Beside,
    chunks: Callable[[Project, Filters, Read, Callable[[Any], int]], Iterator[Records]],
) -> Iterator[dict[str, Any]]:
    columns = answer_columns(project)
    imported_by = "NULLIF(a.imported_annotator, '')"
    selection = Selection(columns, _OfAnswer, data="i.data", annotation_id="a.id", imported_by=imported_by)
    where, params = _where(project, filters)
    suggested = SUGGESTION_JOIN if SUGGESTED[0] in columns else ""
    found = f"SELECT {selection.sql}{_picture_sql(beside)} {_from(project)}{suggested} WHERE {where}"

    def read(bounds: str, values: list[Any], order: str) -> Records:
        return fetch(f"{found} AND {bounds} ORDER BY {order}", [*selection.params, *params, *values])

    answer_of = names_at(project, filters.scheme).reading(decoder())
    username_of, weigh, add_own = usernames(), _weighing(project, filters, beside), _own_columns(columns)
    data_of, id_of, imported_by_of = map(selection.getter, _OfAnswer._fields)
    out, tell_gold = left_out(project, filters.changes), telling_gold(project, columns)
    is_left_out = out.covers if out else None
    tell_suggestion = telling_suggestions(columns, answer_of)
    for records in chunks(project, filters, read, id_of):
        for record in records:
            row = selection.row(record)
            if tell_gold:
                tell_gold(row)
            row["answer"] = answer_of(row["answer"])
            if tell_suggestion:
                tell_suggestion(row)
            by = imported_by_of(record)
            row["doubt"] = bool(row["doubt"])  # a number in SQLite
            row["quarantined"] = is_left_out(row["annotator"], by or "") if is_left_out else False
            row["annotator"] = by or username_of(row["annotator"])
            weigh(row)
            add_own(row, data_of(record))
            if beside.pictures:
                row[PICTURE] = picture_in(record)
            yield row


def _item_rows(project: Project, filters: Filters, beside: Beside) -> Iterator[dict[str, Any]]:
    """One row an item that has an answer that counts: not of somebody in quarantine, imported ones where no person has
    answered."""
    columns = labeled_item_columns(project)
    of_review = f"CASE WHEN a.source = 'review' THEN {iso('a.created_at')} END"
    read = {"answer": "a.answer", "source": _SOURCE, "by": "a.annotator_id", "at": of_review}
    read["bulk"] = IN_BULK.format(BULK)
    selection = Selection(
        columns, _OfLabel, annotation_id="a.id", item_id="i.id", ordinal="i.ordinal", data="i.data", **read
    )
    where, params = _where(project, filters)
    without, theirs = left_out(project, filters.changes).sql()
    where, params = where + without, [*params, *theirs]
    sql = f"""SELECT {selection.sql}{_picture_sql(beside)} {_from(project)}
        WHERE i.project_id = %s AND i.ordinal >= %s AND i.ordinal < %s AND {where} ORDER BY i.ordinal, a.id"""
    names = names_at(project, filters.scheme)
    in_order = dict.fromkeys(told_names(project, filters.scheme)).keys()
    kind, parse = kind_of(project), names.reading(decoder())
    told = lru_cache(maxsize=REMEMBERED)(lambda given: _consensus_columns(consensus_of(kind, given, parse, in_order)))
    weigh, add_own = _weighing(project, filters, beside), _own_columns(columns)
    tell_gold = telling_gold(project, columns)
    id_of, item_of, ordinal_of, answer_of, source_of, data_of, by_of, at_of, bulk_of = (
        selection.getter(name) for name in _OfLabel._fields
    )
    weighed = _weighed_columns(project, columns, names)
    username_of = usernames()
    text_of = (lambda one: names.read_text(answer_of(one)) or "") if names.present else answer_of
    limit = filters.ordinal_below or 0
    for start in range(0, limit, CHUNK_ORDINALS):
        end = min(start + CHUNK_ORDINALS, limit)
        records = fetch(sql, [*selection.params, project.pk, start, end, *params])
        for _, group in groupby(records, key=item_of):
            answers = list(group)
            if names.split and not (answers := [one for one in answers if names.read_text(answer_of(one))]):
                continue  # a label that was split: nobody has said yet which it is
            review = decided(answers, source_of)
            if len(answers) > 1:
                answers = list(counted(answers, source_of))
            first = answers[0]  # the selection is that of the first answer that counts
            row = selection.row(first)
            if weighed:
                people = [id_of(one) for one in answers if source_of(one) == Source.HUMAN]
                row.update(weighed(ordinal_of(first), sum(people)))
            row["reviewed"], row["reviewed_in_bulk"] = review is not None, False
            if review is not None:
                row["reviewed_by"], row["reviewed_at"] = username_of(by_of(review)), at_of(review)
                row["reviewed_in_bulk"] = bulk_of(review) is not None
                answers = [review, *answers] if review is not first else answers
            row.update(told(tuple([Given(text_of(one), source_of(one)) for one in answers])))
            if tell_gold:
                tell_gold(row)
            weigh(row)
            add_own(row, data_of(first))
            if beside.pictures:
                row[PICTURE] = picture_in(first)
            yield row


_READ: PerSubject[dict[str, Callable[[Project, Filters, Beside], Iterator[dict[str, Any]]]]] = PerSubject(
    item={"annotations": _annotation_rows, "items": _item_rows},
    pair={"annotations": _judgment_rows, "items": _rows_in_contexts},
)


def _consensus_columns(consensus: Consensus) -> dict[str, Any]:
    return {
        "label": consensus.label,
        "confidence": consensus.confidence,
        "votes": consensus.votes,
        "agreement": consensus.agreement,
        "soft_label": consensus.soft_label,
        "label_source": consensus.source,
        **consensus.columns,
    }


def _weighed_columns(
    project: Project, columns: Sequence[Column], names: LabelIdentities
) -> Callable[[int, int], dict[str, Any]] | None:
    """By an item's ordinal and the sum of the numbers of people's answers what ``WEIGHED`` says; None without such
    columns, and while no run has weighed anything."""
    found = installed().weighed_labels(project) if WEIGHED[0] in columns else None
    if found is None:
        return None
    sort = "probability" if found.is_probability else "order"
    rule = {"weighed_confidence_is": sort, "weighed_rule": found.rule, "weighed_rule_version": found.version}

    def told(ordinal: int, answers: int) -> dict[str, Any]:
        one = found.of(ordinal, answers)
        if one is None:
            return {}
        label = None if one.label is None else names.name(one.label)
        return {
            "weighed_label": label, "weighed_confidence": one.confidence, "machine_votes": one.machine_votes, **rule,
        }  # fmt: skip

    return told


def _own_columns(columns: Sequence[Column]) -> Callable[[dict[str, Any], str], None]:
    """Adds the item's own columns to a row, under other names where ours have taken them."""
    return partial(_add_own, frozenset(column.name for column in columns), set())


def _add_own(ours: frozenset[str], free: set[str], row: dict[str, Any], data: str) -> None:
    """``free`` gathers the names known to be no name of ours: a row with only such ones is done in one statement."""
    if data == "{}":
        return
    own = orjson.loads(data)
    if own.keys() <= free:
        row.update(own)
        return
    for name, value in own.items():
        row[own_name(name, ours)] = value
        if own_name(name, ours) == name and len(free) < MAX_KNOWN_NAMES:
            free.add(name)


def _from(project: Project) -> str:
    """Annotations with their items and tasks, and what a column of the item's content is read from."""
    asset = " LEFT JOIN labeling_asset s ON s.id = i.asset_id" if project.modality == Modality.IMAGE else ""
    return f"""FROM labeling_annotation a JOIN labeling_item i ON i.id = a.item_id
        LEFT JOIN labeling_task t ON t.id = a.task_id{asset}"""


def _picture_sql(beside: Beside) -> str:
    return f", {PICTURE_SQL}" if beside.pictures else ""


def _where(project: Project, filters: Filters) -> tuple[str, list[Any]]:
    return current_answers(project, filters.last_annotation_id or 0, asked="i", **filters.choosing)


def _weighing(project: Project, filters: Filters, beside: Beside) -> Callable[[dict[str, Any]], None]:
    """Fills in ``weight_lure``, ``weight_missing`` and ``model_verified``."""
    verified = verification(project)
    weight = (beside.weights or weights_of(project, filters)).weight

    def weigh(row: dict[str, Any]) -> None:
        reason = row["reason"]
        if row.get("reviewed_in_bulk") or reason == BULK:
            row["weight_missing"] = IN_BULK_WORDS  # whoever was asked about it too has a row among the annotations
        # a decision has no task, so it has no reason
        elif reason is None and (row.get("reviewed") or row.get("source") == Source.REVIEW):
            row["weight_missing"] = REVIEWED
        else:
            row["weight_lure"], row["weight_missing"] = weight(reason, row["propensity"], row["pool_size"], row["draw"])
        row["model_verified"] = verified(row["model_version"])

    return weigh
