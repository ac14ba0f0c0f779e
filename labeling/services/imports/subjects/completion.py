"""What a duplicate brings to the item that is there already: an id, a label, columns. Nothing is ever overwritten.

A row that comes again is mostly of the same file once more, or of that file repaired: its names mended, its labels
added. Group, context and split stay as they are whatever the duplicate says: they decided the item's side.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import connection

from labeling.db.insert import among_these, now
from labeling.db.raw_rows import fetch
from labeling.models import Item, Modality, Project, Source
from labeling.models.remark import NO_REMARK, Remark
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.records.rows import ROW_CELLS, Row
from labeling.services.imports.row_store import ChunkHeld
from labeling.services.imports.subjects.given_answers import insert_given

ID_TAKEN = "Another item has this id already."
UPDATED_AT_ONCE = 200
_TEXTS = ("external_id", "text", "origin", "answer")


@dataclass(slots=True)
class ItemThere:
    """What an item has, be it stored (``pk``) or a row of this chunk; ``data`` as it is stored, JSON."""

    external_id: str | None
    text: str
    origin: str
    answer: str | None
    data: str
    pk: int | None = None
    takes_columns: bool = True
    gained: set[str] = field(default_factory=set)
    #: answers by the names of those who gave them, and which of these are new
    by_name: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    #: what was said with answers that are new, by the names; "" with nobody's
    remarks: dict[str, Remark] = field(default_factory=dict)

    def lacking(self, row: Row) -> dict[str, str]:
        """What the row says and the item does not, with the values that the item would have."""
        found: dict[str, str] = {}
        if row.external_id and not self.external_id:
            found["external_id"] = row.external_id
        if row.text and not self.text:
            found["text"] = row.text
        if row.origin and not self.origin:
            found["origin"] = row.origin
        if row.answer and not self.answer:
            found["answer"] = row.answer
        if not self.takes_columns or row.data in ("{}", self.data):
            return found
        mine, theirs = json.loads(self.data), json.loads(row.data)
        more = {name: value for name, value in theirs.items() if not _is_blank(value) and _is_blank(mine.get(name))}
        return found | {"data": _as_json(mine | more)} if more else found

    def lacking_names(self, row: Row) -> dict[str, str]:
        """The answers of the row by people of whom the item has none."""
        return {name: answer for name, answer in row.by_name if name not in self.by_name}

    def contradicted_by(self, row: Row) -> int:
        """Answers of the row that say otherwise than those that stay."""
        both = [(self.by_name[name], answer) for name, answer in row.by_name if name in self.by_name]
        if row.answer and self.answer:
            both.append((self.answer, row.answer))
        return sum(mine != theirs and json.loads(mine) != json.loads(theirs) for mine, theirs in both)

    def take(self, gains: dict[str, str], answers: dict[str, str], remarks: Mapping[str, Remark]) -> None:
        """``remarks`` of the row; those of answers that are not taken go with them."""
        for name, value in gains.items():
            setattr(self, name, value)
        taken = {*answers, *([""] if "answer" in gains else [])}
        self.remarks |= {name: remark for name, remark in remarks.items() if name in taken}
        self.gained |= gains.keys()
        self.by_name |= answers
        self.named |= answers.keys()

    def gained_answers(self) -> Iterator[tuple[str, str]]:
        """Those that are new by the names of who gave them; nobody's by ""."""
        if "answer" in self.gained and self.answer is not None:
            yield "", self.answer
        yield from ((name, answer) for name, answer in self.by_name.items() if name in self.named)


class Completion:
    """Completes the items of one project, chunk after chunk; ``completed`` counts the rows of this chunk that did."""

    def __init__(self, project: Project) -> None:
        self.project = project
        #: a table row is what its columns say: none of them is lacking where the content is the same
        self.takes_columns = project.modality != Modality.TABULAR
        self.completed = 0
        #: rows of this chunk whose answer is another than the one their item has
        self.contradicted = 0
        self._there: dict[str, ItemThere] = {}
        self._wanted: set[int] = set()
        self._held: set[int] = set()

    def lock(self) -> None:
        """Locks the stored items that will change, before Progress is locked: the order of everybody."""
        if self._wanted:
            rows = Item.objects.select_for_update(no_key=True).filter(pk__in=self._wanted).order_by("pk")
            self._held = set(rows.values_list("pk", flat=True))

    def begin(self, again: Sequence[Row]) -> None:
        """Looks up the stored items of rows that come again. Raises ChunkHeld when one that changes is not locked."""
        self.completed = self.contradicted = 0
        bringing = {row.content_hash: row for row in again if _brings(row)}
        self._there = dict(self._stored(list(bringing)))
        if any(row.by_name for row in again):
            self._find_names()
        if not connection.features.has_select_for_update:
            return
        changing = {
            there.pk
            for row in again
            if (there := self._there.get(row.content_hash))
            and there.pk
            and (there.lacking(row) or there.lacking_names(row))
        }
        if not changing <= self._held:
            self._wanted = changing
            raise ChunkHeld("Items that an import completes were not locked.")

    def known(self, row: Row, first: Row | None) -> ItemThere | None:
        """The item whose content the row has: stored, or the ``first`` of this chunk; None when it brings nothing."""
        there = self._there.get(row.content_hash)
        if there is None and first is not None and _brings(row):
            shown = first.external_id, first.text, first.origin, first.answer, first.data
            there = ItemThere(
                *shown, takes_columns=self.takes_columns, by_name=dict(first.by_name), remarks=dict(first.remarks)
            )
            self._there[row.content_hash] = there
        return there

    def take(self, row: Row, there: ItemThere, taken: set[str]) -> None:
        """Gives the item what it lacks; ``taken`` are ids in use. Raises RowRejected, and then nothing is taken."""
        self.contradicted += there.contradicted_by(row)
        gains, answers = there.lacking(row), there.lacking_names(row)
        if not gains and not answers:
            return
        if "external_id" in gains and row.external_id in taken:
            raise RowRejected(ID_TAKEN, "id")
        if len(gains.get("data", "")) > ROW_CELLS * settings.IMPORT_MAX_CELL_BYTES:
            raise RowRejected("Its columns and those that the item has already are too long together.")
        there.take(gains, answers, row.remarks)
        if row.external_id:
            taken.add(row.external_id)
        self.completed += 1

    def grown(self, row: Row) -> Row:
        """A new row of this chunk with what later rows brought to it."""
        there = self._there.get(row.content_hash)
        if there is None or there.pk or not (there.gained or there.named):
            return row
        texts = {name: getattr(there, name) for name in _TEXTS}
        named = tuple(there.by_name.items())
        return replace(row, **texts, data=there.data, by_name=named, remarks=there.remarks)

    def store(self) -> list[int]:
        """Writes what stored items gained; returns those that gained an answer, once for each."""
        changed = [there for there in self._there.values() if there.pk and (there.gained or there.named)]
        fields = sorted({name for there in changed for name in there.gained} - {"answer"})
        if fields:
            items = [Item(pk=there.pk, **{name: _value(there, name) for name in fields}) for there in changed]
            Item.objects.bulk_update(items, fields, batch_size=UPDATED_AT_ONCE)
        given = [
            (there.pk, name, answer, there.remarks.get(name, NO_REMARK))
            for there in changed
            for name, answer in there.gained_answers()
            if there.pk is not None
        ]
        insert_given(given, {"project": self.project.pk, "source": Source.IMPORT.value, "created_at": now()})
        return [pk for pk, *_ in given]

    def committed(self) -> None:
        self._wanted, self._held = set(), set()

    def _stored(self, hashes: list[str]) -> Iterator[tuple[str, ItemThere]]:
        if not hashes:
            return
        among, parameter = among_these(hashes)
        sql = f"""SELECT i.content_hash, i.external_id, i.text, i.origin,
            (SELECT a.answer FROM labeling_annotation a
                WHERE a.item_id = i.id AND a.source = %s AND a.imported_annotator = ''), i.data, i.id
            FROM labeling_item i WHERE i.project_id = %s AND i.content_hash {among}"""
        found = fetch(sql, [Source.IMPORT.value, self.project.pk, parameter])
        for content_hash, external_id, text, origin, answer, data, pk in found:
            yield content_hash, ItemThere(external_id, text, origin, answer, data, pk, self.takes_columns)

    def _find_names(self) -> None:
        """Adds who gave answers to the stored items."""
        by_pk = {there.pk: there for there in self._there.values()}
        among, parameter = among_these([pk for pk in by_pk if pk is not None])
        sql = f"""SELECT a.item_id, a.imported_annotator, a.answer FROM labeling_annotation a
            WHERE a.source = %s AND a.imported_annotator <> '' AND a.item_id {among}"""
        for pk, name, answer in fetch(sql, [Source.IMPORT.value, parameter]):
            by_pk[pk].by_name[name] = answer


def _value(there: ItemThere, name: str) -> Any:
    return json.loads(there.data) if name == "data" else getattr(there, name)


def _as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)  # exact beyond 64 bits, which orjson is not


def _brings(row: Row) -> bool:
    said = row.answer or row.by_name
    return bool(row.external_id or said or row.origin or row.data != "{}" or (row.picture and row.text))


def _is_blank(value: Any) -> bool:
    return value is None or value == ""
