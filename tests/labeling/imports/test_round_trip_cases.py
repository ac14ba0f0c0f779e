"""Any items, written in any format that is read back, are what they were, but for what the certificate announces.

Writers and readers meet over real rows of a project; what the reader hands on is compared with what the first import
had stored. Whole imports of what is read are in ``test_round_trip``.
"""

import io
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.kinds import kind_of
from labeling.models import Annotation, Item, Progress, Project, Source
from labeling.services.exports import export_file, format_named
from labeling.services.exports.counting import ConversionCount
from labeling.services.exports.delimited import AS_TEXT, BARS_IN_LISTS, NO_EMPTY_TEXT, NUMBER_AS_TEXT
from labeling.services.exports.losses import AS_FRACTION, AS_JSON_TEXT, OBJECTS_AS_JSON_TEXT
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import READERS
from labeling.services.imports.records.rows import Rejection, Row
from labeling.services.imports.subjects import builder_of
from tests.factories import make_project
from tests.labeling.imports.test_round_trip import AWKWARD
from tests.labeling.test_export import NO_FILTER

pytestmark = pytest.mark.django_db

#: Changes that a value comes back with: the others are undone by our own import, or are no change to it.
CHANGES = {loss.what for loss in (AS_TEXT, AS_JSON_TEXT, AS_FRACTION, OBJECTS_AS_JSON_TEXT, BARS_IN_LISTS)}
#: What may change besides where columns are read as numbers or not.
OF_TABLES = {NO_EMPTY_TEXT.what, NUMBER_AS_TEXT.what}
CASES = settings(
    max_examples=200, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.one_of(
    st.sampled_from([*AWKWARD, "", " ", "NA", "null", "1e5", "1,5", "'", "a\r\nb", "\ta", "\ufeffx", "a\u2028b"]),
    st.text(characters, max_size=6),
    st.text(st.sampled_from("'\"=+-@\t\r\n,;|\\ a1.[]{}é\u00a0"), max_size=6),
)
numbers = st.one_of(
    st.integers(-(2**70), 2**70), st.sampled_from([0, -1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63)]),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
simple = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.one_of(simple, st.lists(simple, max_size=3), st.dictionaries(texts, simple, max_size=2))
names = st.sampled_from(["n", "votes", "item.votes", "item.item.votes", "é", "a b", "=x", "'=x", "label_", "0", "id.x"])
#: Columns that hold one type, as most do, and columns that hold anything.
columns = st.sampled_from([numbers, texts, st.booleans(), values, st.lists(texts, max_size=2)])
short = st.one_of(st.just(""), texts, st.integers(-5, 5), st.sampled_from(["0", "007", "1.0", "=1"]))


@st.composite
def records(draw: Any, labels: Any) -> list[dict[str, Any]]:
    """Some records of a file with the same columns, ids of their own."""
    held = draw(st.dictionaries(names, columns, max_size=3))
    found = []
    for number in range(draw(st.integers(1, 4))):
        own = {name: draw(column) for name, column in held.items() if draw(st.integers(0, 3))}
        fixed = {name: draw(short) for name in ("group", "origin", "context") if draw(st.booleans())}
        split = {} if fixed.get("group") else {"split": draw(st.sampled_from(["", "pool", "eval"]))}
        record = {"text": f"{draw(texts)}{number}", "label": draw(labels), **fixed, **split, **own}
        if draw(st.booleans()):
            record["id"] = draw(st.one_of(st.just(f"{number}"), texts.map(lambda text, n=number: f"{text}{n}")))
        found.append(record)
    return found


@dataclass
class Read:
    rows: list[Row]
    refused: list[str]


def read(project: Project, content: bytes, name: str) -> Read:
    """What an import would store of a file."""
    notes, found = ImportNotes(), Read([], [])
    kind = kind_of(project)
    reader = READERS[name](io.BytesIO(content), modality=project.modality, kind=kind, options={}, notes=notes)
    builder = builder_of(project)(project, notes=notes)
    builder.own_export.quotes_formulas = reader.quotes_formulas
    for number, record in reader.records(0):
        if isinstance(record, Rejection):
            found.refused.append(record.reason)
            continue
        try:
            found.rows.append(builder.build(number, record))
        except RowRejected as error:
            found.refused.append(error.reason)
    return found


def store(project: Project, rows: list[Row]) -> list[Row]:
    """Puts rows in as an import does; those that come again stay out."""
    seen: set[Any] = set()
    fresh = []
    for row in rows:
        key = {row.content_hash, ("id", row.external_id) if row.external_id else row.content_hash}
        if row.answer and not key & seen:
            seen |= key
            fresh.append(row)
    items = Item.objects.bulk_create(
        Item(
            project=project, ordinal=ordinal, external_id=row.external_id, content_hash=row.content_hash, text=row.text,
            data=orjson.loads(row.data), context=row.context, group=row.group, origin=row.origin,
            split=row.split or row.drawn, draw_key=row.draw_key,
        )
        for ordinal, row in enumerate(fresh)
    )  # fmt: skip
    Annotation.objects.bulk_create(
        Annotation(project=project, item=item, source=Source.IMPORT, answer=orjson.loads(row.answer or ""))
        for item, row in zip(items, fresh, strict=True)
    )
    Progress.objects.filter(project=project).update(next_ordinal=len(fresh))
    return fresh


def fixed(row: Row) -> tuple[Any, ...]:
    answer = orjson.loads(row.answer) if row.answer else None
    return row.external_id, row.text, row.context, row.group, row.origin, row.split or row.drawn, answer


def own(row: Row) -> dict[str, Any]:
    """The columns that say something: null, blank and absent are one (``kinds.cells.is_missing``)."""
    return {name: value for name, value in orjson.loads(row.data).items() if value not in (None, "")}


def same(one: Any, other: Any) -> bool:
    """Values of one type: 1, 1.0 and true are three."""
    return orjson.dumps(one) == orjson.dumps(other)


def there_and_back(first: Project, second: Project, name: str) -> tuple[Read, ConversionCount]:
    count = ConversionCount(format_named(name))
    content = b"".join(export_file(first, name, "items", NO_FILTER, count))
    return read(second, content, name), count


def announced(count: ConversionCount, whats: Collection[str]) -> Counter[str]:
    """Rows by column of the item that come back as something else."""
    found: Counter[str] = Counter()
    for (what, column), rows in count.lost.columns.items():
        if what in whats:
            found[column.removeprefix("item.")] += rows
    return found


def trip(project: Project, again: Project, name: str, case: list[dict[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """Stores a case, sends it there and back, checks what has a place everywhere; the columns of items that came back
    otherwise, by rows, and those that were announced."""
    Annotation.objects.filter(project=project).delete()
    Item.objects.filter(project=project).delete()
    rows = store(project, read(project, b"\n".join(map(line, case)), "jsonl").rows)
    if not rows:
        return Counter(), Counter()
    came, count = there_and_back(project, again, name)
    assert came.refused == []
    assert list(map(fixed, came.rows)) == list(map(fixed, rows))
    changed: Counter[str] = Counter()
    for row, back in zip(rows, came.rows, strict=True):
        was, now = own(row), own(back)
        changed.update(column for column in was.keys() | now.keys() if not same(was.get(column), now.get(column)))
    return changed, announced(count, CHANGES | OF_TABLES if project.modality == "tabular" else CHANGES)


def line(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:  # whole numbers of more than 64 bits
        return json.dumps(record).encode()


#: What a project is like, its labels, and what the label column of its file says.
PROJECTS: dict[str, tuple[dict[str, str], list[str], Any]] = {
    "classification": ({}, AWKWARD, st.sampled_from(AWKWARD)),
    "multilabel": (
        {"kind": "multilabel"}, ["0", "=a", "true", "a b"],
        st.lists(st.sampled_from(["0", "=a", "true", "a b"]), unique=True, max_size=3),
    ),
    "rating": ({"kind": "rating"}, ["1", "2", "3"], st.sampled_from([1, 2.0, "3"])),
    "tabular": ({"modality": "tabular"}, ["yes", "no"], st.sampled_from(["yes", "no"])),
}  # fmt: skip
cases = st.one_of(*(st.tuples(st.just(like), records(given)) for like, (_, _, given) in PROJECTS.items()))


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
def test_items_come_back_but_for_what_is_announced(name):
    made = {
        like: [make_project(labels=tuple(labels), split_seed=seed, **fields) for seed in "ab"]
        for like, (fields, labels, _) in PROJECTS.items()
    }

    @CASES
    @given(cases)
    def one(case: tuple[str, list[dict[str, Any]]]) -> None:
        like, found = case
        if like == "tabular":
            found = [{"age": n, **record} for n, record in enumerate(found)]
        changed, told = trip(*made[like], name, found)
        if like == "tabular" and name == "csv":
            assert not changed - told  # a table knows numbers by their column, and most come back
        else:
            assert changed == told

    one()
