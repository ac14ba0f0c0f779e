"""The labeled data set as rows: read in bounded chunks, the same rows in the same order for the same data.

Raw SQL, because every microsecond of a row counts a million times (decision 0010). The set is the one of the moment
``last_annotation_id`` was fixed: answers, revisions and take-backs that come while it is being read are not in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, groupby
from typing import Any, NamedTuple

from django.db.models import Max

from labeling.consensus import NAMED, REMEMBERED, Consensus, Given, consensus_of, counted, decided, left_out
from labeling.db.raw_rows import current_answers, decoder, fetch, iso, usernames
from labeling.extensions import installed
from labeling.kinds import PerSubject, kind_of
from labeling.models import Annotation, Modality, Progress, Project, Source
from labeling.selectors import pair_export
from labeling.selectors.batches import Batch, in_batches, own_objects, rows_of, told, values_of
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
    return rows_of(export_batches(project, rows, filters, beside))


def export_batches(project: Project, rows: str, filters: Filters, beside: Beside = NOTHING) -> Iterator[Batch]:
    """The same rows side by side, some thousands at once at most."""
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


def _judgment_batches(project: Project, filters: Filters, beside: Beside) -> Iterator[Batch]:
    out, last_id = left_out(project, filters.changes), filters.last_annotation_id or 0
    return pair_export.judgment_batches(project, filters.choosing, last_id=last_id, out=out)


def _context_batches(project: Project, filters: Filters, beside: Beside) -> Iterator[Batch]:
    return in_batches(_rows_in_contexts(project, filters))


def _rows_in_contexts(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
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


def answers_by_item(project: Project, filters: Filters, beside: Beside = NOTHING) -> Iterator[Batch]:
    """Rows of answers in the order of the items, those about one item after one another and oldest first."""
    return _answers(project, bounded(project, filters), beside, _in_items)


def _annotation_batches(project: Project, filters: Filters, beside: Beside) -> Iterator[Batch]:
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
) -> Iterator[Batch]:
    columns = answer_columns(project)
    imported_by = "NULLIF(a.imported_annotator, '')"
    selection = Selection(columns, _OfAnswer, data="i.data", annotation_id="a.id", imported_by=imported_by)
    where, params = _where(project, filters)
    suggested = SUGGESTION_JOIN if SUGGESTED[0] in columns else ""
    found = f"SELECT {selection.sql}{_picture_sql(beside)} {_from(project)}{suggested} WHERE {where}"

    def read(bounds: str, values: list[Any], order: str) -> Records:
        return fetch(f"{found} AND {bounds} ORDER BY {order}", [*selection.params, *params, *values])

    answer_of = names_at(project, filters.scheme).reading(decoder())
    username_of, weigh = usernames(), _weighing(project, filters, beside)
    id_of, ours = selection.getter("annotation_id"), frozenset(column.name for column in columns)
    out, tell_gold = left_out(project, filters.changes), telling_gold(project, columns)
    tell_suggestion = telling_suggestions(columns, answer_of)
    for records in chunks(project, filters, read, id_of):
        if not records:
            continue
        row, besides = selection.columns(records)
        if tell_gold:
            tell_gold(row)
        row["answer"] = told(answer_of, row["answer"])
        if tell_suggestion:
            tell_suggestion(row)
        people, named = row["annotator"], besides["imported_by"]
        row["doubt"] = list(map(bool, row["doubt"]))  # a number in SQLite
        row["quarantined"] = [False] * len(records)
        if out:
            row["quarantined"] = [out.covers(one, by or "") for one, by in zip(people, named, strict=True)]
        row["annotator"] = told(username_of, people)
        if any(named):
            row["annotator"] = [by or one for one, by in zip(row["annotator"], named, strict=True)]
        weigh(row)
        if beside.pictures:
            row[PICTURE] = list(map(picture_in, records))
        yield Batch(len(records), row, own_objects(besides["data"], ours))


def _item_batches(project: Project, filters: Filters, beside: Beside) -> Iterator[Batch]:
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
    consensus = lru_cache(maxsize=REMEMBERED)(
        lambda given: _consensus_columns(consensus_of(kind, given, parse, in_order))
    )
    weigh, tell_gold = _weighing(project, filters, beside), telling_gold(project, columns)
    weighed = _weighed_columns(project, columns, names)
    ours, username_of = frozenset(column.name for column in columns), usernames()
    id_of, item_of, ordinal_of, answer_of, source_of, data_of, by_of, at_of, bulk_of = (
        selection.getter(name) for name in _OfLabel._fields
    )
    text_of = (lambda one: names.read_text(answer_of(one)) or "") if names.present else answer_of
    is_plain = not (weighed or names.present or names.split)

    def spoken(records: Records) -> tuple[Records, list[Any], list[Any], list[dict[str, Any]]]:
        """Of each item the answer that speaks for it, what its answers come to, the decision on it, and what evidence
        says of it."""
        if is_plain and len(set(map(item_of, records))) == len(records):
            given = list(zip(map(answer_of, records), map(source_of, records), strict=True))
            alone = {one: consensus((Given(*one),)) for one in set(given)}
            if all(source != Source.REVIEW for _, source in alone):
                return records, list(map(alone.__getitem__, given)), [None] * len(records), []
        firsts: Records = []
        found, reviews, added = [], [], []
        for _, group in groupby(records, key=item_of):
            answers = list(group)
            if names.split and not (answers := [one for one in answers if names.read_text(answer_of(one))]):
                continue  # a label that was split: nobody has said yet which it is
            review = decided(answers, source_of)
            if len(answers) > 1:
                answers = list(counted(answers, source_of))
            first = answers[0]  # the selection is that of the first answer that counts
            firsts.append(first)
            reviews.append(review)
            if weighed:
                people = [id_of(one) for one in answers if source_of(one) == Source.HUMAN]
                added.append(weighed(ordinal_of(first), sum(people)))
            if review is not None and review is not first:
                answers = [review, *answers]
            found.append(consensus(tuple([Given(text_of(one), source_of(one)) for one in answers])))
        return firsts, found, reviews, added

    limit = filters.ordinal_below or 0
    for start in range(0, limit, CHUNK_ORDINALS):
        end = min(start + CHUNK_ORDINALS, limit)
        records = fetch(sql, [*selection.params, project.pk, start, end, *params])
        firsts, found, reviews, added = spoken(records)
        if not firsts:
            continue
        row, _ = selection.columns(firsts)
        if weighed:
            row.update((name, values_of(name, added)) for name in _WEIGHED_NAMES)
        _put_reviews(row, reviews, username_of, by_of, at_of, bulk_of)
        # a kind may tell a column of some labels only
        row.update((name, values_of(name, found)) for name in dict.fromkeys(chain.from_iterable(found)))
        if tell_gold:
            tell_gold(row)
        weigh(row)
        if beside.pictures:
            row[PICTURE] = list(map(picture_in, firsts))
        yield Batch(len(firsts), row, own_objects(list(map(data_of, firsts)), ours))


def _put_reviews(
    row: dict[str, Any],
    reviews: Sequence[tuple[Any, ...] | None],
    username_of: Callable[[int | None], str | None],
    *getters: Callable[[tuple[Any, ...]], Any],
) -> None:
    """What was decided of each item, by whom, when, and whether with many others."""
    nothing = [None] * len(reviews)
    row["reviewed"], row["reviewed_in_bulk"] = [one is not None for one in reviews], [False] * len(reviews)
    row["reviewed_by"], row["reviewed_at"] = nothing, nothing
    if not any(row["reviewed"]):
        return
    by_of, at_of, bulk_of = getters
    row["reviewed_by"] = [one and username_of(by_of(one)) for one in reviews]
    row["reviewed_at"] = [one and at_of(one) for one in reviews]
    row["reviewed_in_bulk"] = [one is not None and bulk_of(one) is not None for one in reviews]


_READ: PerSubject[dict[str, Callable[[Project, Filters, Beside], Iterator[Batch]]]] = PerSubject(
    item={"annotations": _annotation_batches, "items": _item_batches},
    pair={"annotations": _judgment_batches, "items": _context_batches},
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


_WEIGHED_NAMES = tuple(column.name for column in WEIGHED)


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

    def tell(ordinal: int, answers: int) -> dict[str, Any]:
        one = found.of(ordinal, answers)
        if one is None:
            return {}
        label = None if one.label is None else names.name(one.label)
        return {
            "weighed_label": label, "weighed_confidence": one.confidence, "machine_votes": one.machine_votes, **rule,
        }  # fmt: skip

    return tell


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
    weights = beside.weights or weights_of(project, filters)

    def weigh(row: dict[str, Any]) -> None:
        reasons = row["reason"]
        row["weight_lure"], row["weight_missing"] = weights.of(
            reasons, row["propensity"], row["pool_size"], row["draw"]
        )
        row["model_verified"] = told(verified, row["model_version"])
        # a decision has no task, so it has no reason; of those who were asked about it too the item has one
        if None in reasons or BULK in reasons or any(row.get("reviewed_in_bulk", ())):
            _unweigh_decided(row)

    return weigh


def _unweigh_decided(row: dict[str, Any]) -> None:
    """A decision was not drawn: it has no weight, and says why."""
    reasons, n = row["reason"], len(row["reason"])
    in_bulk = row.get("reviewed_in_bulk") or [False] * n
    reviewed = row.get("reviewed") or [source == Source.REVIEW for source in row["source"]]
    for at in range(n):
        if in_bulk[at] or reasons[at] == BULK:  # whoever was asked about it too has a row among the annotations
            row["weight_lure"][at], row["weight_missing"][at] = None, IN_BULK_WORDS
        elif reasons[at] is None and reviewed[at]:
            row["weight_lure"][at], row["weight_missing"][at] = None, REVIEWED
