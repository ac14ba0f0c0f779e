"""Any items, written in any format that is read back, are what they were, but for what the certificate announces.

Writers and readers meet over real rows of a project; what the reader hands on is compared with what the first import
had stored. Whole imports of what is read are in ``test_round_trip``.
"""

import io
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from labeling.models import Annotation, ImportBatch, Item, Progress, Project
from labeling.services.exports import export_file, file_name, format_named
from labeling.services.exports.counting import ConversionCount
from labeling.services.exports.delimited import AS_TEXT, BARS_IN_LISTS, NO_EMPTY_TEXT, NUMBER_AS_TEXT
from labeling.services.exports.losses import AS_FRACTION, AS_JSON_TEXT, FRACTIONS_IN_LISTS, OBJECTS_AS_JSON_TEXT
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import READ_AS, reader_of, tool_of_upload
from labeling.services.imports.records.rows import PICTURE, Rejection, Row
from labeling.services.imports.row_store import Chunk
from labeling.services.imports.subjects import builder_of
from labeling.services.imports.subjects.items import ItemStore
from labeling.services.imports.subjects.places import Places
from tests.factories import make_project
from tests.labeling.imports.conftest import picture
from tests.labeling.imports.test_round_trip import AWKWARD
from tests.labeling.test_export import NO_FILTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_case_anew")]

#: Changes that a value comes back with: the others are undone by our own import, or are no change to it.
CHANGES = {
    loss.what for loss in (AS_TEXT, AS_JSON_TEXT, AS_FRACTION, FRACTIONS_IN_LISTS, OBJECTS_AS_JSON_TEXT, BARS_IN_LISTS)
}
#: What may change besides where columns are read as numbers or not.
OF_TABLES = {NO_EMPTY_TEXT.what, NUMBER_AS_TEXT.what}
#: Each is drawn anew (``every_case_anew``).
CASES = settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate],
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
names = st.sampled_from(
    [
        "n", "votes", "item.votes", "item.item.votes", "é", "a b", "=x", "'=x", "label_", "0", "id.x", "row", "image_",
        "answer", "kind", "source",
    ]
)  # fmt: skip
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


class Kept(NamedTuple):
    """An item: what every format has a place for, and its own columns."""

    fixed: tuple[Any, ...]
    data: dict[str, Any]


@dataclass
class Read:
    rows: list[Row]
    refused: list[str]
    notes: ImportNotes


def read(project: Project, content: bytes, file_name: str) -> Read:
    """What an import would store of a file."""
    notes = ImportNotes()
    found, file, ending = Read([], [], notes), io.BytesIO(content), file_name.rpartition(".")[2]
    options = {READ_AS: tool} if (tool := tool_of_upload(file, project, ending, file_name)) else {}
    reader = reader_of(file, project, ending, file_name, options, notes)
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


def built(project: Project, case: list[dict[str, Any]]) -> list[Row]:
    """The rows of a case, those that no import takes left out."""
    builder, rows = builder_of(project)(project), []
    for number, record in enumerate(case, 1):
        with suppress(RowRejected):
            rows.append(builder.build(number, dict(record)))
    return rows


def store(project: Project, rows: list[Row]) -> list[Kept]:
    """Puts rows into an empty project as an import does; what is in it then, in the order of the import."""
    Annotation.objects.filter(project=project).delete()
    Item.objects.filter(project=project).delete()
    batch = ImportBatch(project=project, pk=None)
    items = ItemStore(batch, Places())
    items.keep_files(rows)
    Progress.objects.filter(project=project).update(next_ordinal=items.store(rows, Chunk(project, 0)).accepted)
    answers = dict(Annotation.objects.filter(project=project).values_list("item", "answer"))
    return [
        Kept(
            (
                item.external_id, item.text, item.context, item.group, item.origin, item.split, answers.get(item.pk),
                item.asset.sha256 if item.asset else "",
            ),
            item.data,
        )
        for item in Item.objects.filter(project=project).select_related("asset").order_by("ordinal")
    ]  # fmt: skip


def kept(row: Row) -> Kept:
    answer = orjson.loads(row.answer) if row.answer else None
    picture = row.picture.sha256 if row.picture else ""
    fixed = row.external_id, row.text, row.context, row.group, row.origin, row.split, answer, picture
    return Kept(fixed, orjson.loads(row.data))


def own(item: Kept) -> dict[str, Any]:
    """The columns that say something: null, blank and absent are one (``kinds.cells.is_missing``)."""
    return {name: value for name, value in item.data.items() if value not in (None, "")}


def same(one: Any, other: Any) -> bool:
    """Values of one type: 1, 1.0 and true are three."""
    return orjson.dumps(one) == orjson.dumps(other)


def differing(one: Kept, other: Kept) -> set[str]:
    """The items' own columns that say something else."""
    was, now = own(one), own(other)
    return {column for column in was.keys() | now.keys() if not same(was.get(column), now.get(column))}


def shown(like: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records with what a project of the sort asks about."""
    if like == "tabular":
        return [{"age": n, **record} for n, record in enumerate(found)]
    if like == "photos":
        return [{PICTURE: PICTURES[n], "image": f"IMG {n}.png", **record} for n, record in enumerate(found)]
    return found


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
    items = store(project, [row for row in built(project, case) if row.answer])
    if not items:
        return Counter(), Counter()
    count = ConversionCount(format_named(name))
    content = b"".join(export_file(project, name, "items", NO_FILTER, count))
    came = read(again, content, file_name(project, name, "items"))
    assert came.refused == [], case
    items.sort(key=repr)
    back = sorted(map(kept, came.rows), key=repr)
    assert [one.fixed for one in back] == [one.fixed for one in items]
    changed: Counter[str] = Counter()
    for one, other in zip(items, back, strict=True):
        changed.update(differing(one, other))
    return changed, announced(count, CHANGES | OF_TABLES if project.modality == "tabular" else CHANGES)


#: What a project is like, its labels, and what the label column of its file says.
PROJECTS: dict[str, tuple[dict[str, str], list[str], Any]] = {
    "classification": ({}, AWKWARD, st.sampled_from(AWKWARD)),
    "multilabel": (
        {"kind": "multilabel"}, ["0", "=a", "true", "a b"],
        st.lists(st.sampled_from(["0", "=a", "true", "a b"]), unique=True, max_size=3),
    ),
    "rating": ({"kind": "rating"}, ["1", "2", "3"], st.sampled_from([1, 2.0, "3"])),
    "tabular": ({"modality": "tabular"}, ["yes", "no"], st.sampled_from(["yes", "no"])),
    "photos": ({"modality": "image"}, ["cat", "dog"], st.sampled_from(["cat", "dog"])),
}  # fmt: skip
TEXTS = ["classification", "multilabel", "rating"]
#: What each format holds so that it can be read back.
HELD = {
    "jsonl": [*TEXTS, "tabular"], "csv": [*TEXTS, "tabular"], "parquet": [*TEXTS, "tabular"],
    "huggingface": [*TEXTS, "tabular", "photos"], "imagefolder": ["photos"], "doccano": TEXTS[:2],
    "label-studio": [*TEXTS, "tabular", "photos"],
}  # fmt: skip
PICTURES = [picture(seed, (8, 6)) for seed in range(6)]


def made_like(sorts: Collection[str]) -> dict[str, list[Project]]:
    """Two projects of each sort."""
    return {
        like: [make_project(labels=tuple(PROJECTS[like][1]), split_seed=seed, **PROJECTS[like][0]) for seed in "ab"]
        for like in sorts
    }


@pytest.mark.parametrize("name", HELD)
def test_items_come_back_but_for_what_is_announced(name):
    made = made_like(HELD[name])

    @CASES
    @given(st.one_of(*(st.tuples(st.just(like), records(PROJECTS[like][2])) for like in HELD[name])))
    def one(case: tuple[str, list[dict[str, Any]]]) -> None:
        like, found = case
        changed, told = trip(*made[like], name, shown(like, found))
        if like == "tabular" and name == "csv":
            assert not changed - told  # a table knows numbers by their column, and most come back
        else:
            assert changed == told, found

    one()


@pytest.mark.parametrize("name", ["huggingface", "imagefolder"])
def test_whole_numbers_in_a_list_of_fractions_are_announced_as_fractions(name):
    lists = [[None, 814, 0.5], [0.5, 2.5]]
    found = [{"id": str(n), "label": "cat", "measured": measured} for n, measured in enumerate(lists)]
    changed, told = trip(*made_like(["photos"])["photos"], name, shown("photos", found))
    assert changed == told == {"measured": 1}
