"""The same content again brings what the first lacked: an id, a label, columns. It overwrites nothing."""

import pytest

from labeling.models import Item
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.store import COMPLETED_MANY
from tests.factories import make_project
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, zip_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FIRST = {"text": "one"}
#: what came first, what came again, and what the item then is: (id, origin, data, label)
CASES = [
    (FIRST, {"text": "one", "id": "a", "label": "ham", "note": 1, "origin": "o"}, ("a", "o", {"note": 1}, "ham"), 1),
    ({"text": "one", "id": "b", "label": "spam", "note": 2, "origin": "p"},
     {"text": "one", "id": "a", "label": "ham", "note": 1, "origin": "o"}, ("b", "p", {"note": 2}, "spam"), 0),
    ({"text": "one", "note": "", "size": None}, {"text": "one", "note": "n", "size": 0},
     (None, "", {"note": "n", "size": 0}, None), 1),
    ({"text": "one", "note": "n", "size": 0, "ok": False}, {"text": "one", "note": "", "size": 5, "ok": True},
     (None, "", {"note": "n", "size": 0, "ok": False}, None), 0),
    ({"text": "one", "n": 2**63 + 1}, {"text": "one", "m": "x"}, (None, "", {"n": 2**63 + 1, "m": "x"}, None), 1),
    ({"text": "one", "id": "a"}, {"text": "one", "group": "g", "split": "eval"}, ("a", "", {}, None), 0),
]  # fmt: skip


def what_is(project) -> list[tuple]:
    return [
        (
            item.external_id,
            item.origin,
            item.data,
            next(iter(item.annotations.values_list("answer__label", flat=True)), None),
        )
        for item in Item.objects.filter(project=project).order_by("ordinal")
    ]


@pytest.mark.parametrize("chunk_rows", [1, 1_000], ids=["stored before", "in one chunk"])
@pytest.mark.parametrize(("first", "again", "becomes", "completed"), CASES)
def test_a_duplicate_brings_what_is_lacking(
    project, bring_in, monkeypatch, first, again, becomes, completed, chunk_rows
):
    monkeypatch.setattr(JsonlReader, "chunk_rows", chunk_rows)
    rows = [first, {"text": "two"}, again]
    batch = bring_in(project, rows)
    assert counts(batch) == ("done", 2, 1, 0)
    assert what_is(project)[0] == becomes
    assert said(batch) == completed
    before = what_is(project)
    once_more = bring_in(project, rows)
    assert (counts(once_more), said(once_more)) == (("done", 0, 3, 0), 0)
    assert what_is(project) == before
    assert_counts_true(project)


def said(batch) -> int:
    """How many duplicates completed an item, as the import says."""
    return sum(note["count"] for note in batch.notes if note["many"] == COMPLETED_MANY)


@pytest.mark.parametrize("chunk_rows", [1, 1_000])
def test_an_id_that_another_item_has_is_refused_and_nothing_else_of_the_row_is_taken(
    project, bring_in, monkeypatch, chunk_rows
):
    monkeypatch.setattr(JsonlReader, "chunk_rows", chunk_rows)
    batch = bring_in(project, [FIRST, {"text": "two", "id": "a"}, {"text": "one", "id": "a", "label": "ham"}])
    assert counts(batch) == ("done", 2, 0, 1)
    assert batch.rejections.get().reason == "Another item has this id already."
    assert what_is(project) == [(None, "", {}, None), ("a", "", {}, None)]


def test_an_id_given_by_a_duplicate_is_taken_for_the_rows_after_it(project, bring_in):
    batch = bring_in(project, [FIRST, {"text": "one", "id": "a"}, {"text": "two", "id": "a"}])
    assert counts(batch) == ("done", 1, 1, 1)


def test_the_side_of_an_item_is_not_what_a_duplicate_says(project, bring_in):
    bring_in(project, [{"text": "one", "split": "pool"}])
    bring_in(project, [{"text": "one", "split": "eval", "group": "g"}, {"text": "two", "group": "g", "split": "eval"}])
    assert list(Item.objects.order_by("ordinal").values_list("split", "group")) == [("pool", ""), ("eval", "g")]


def test_the_mended_zip_labels_the_pictures_that_are_there(pictures, bring_in):
    bring_in(pictures, zip_of({"1.png": picture(1), "2.png": picture(2)}), "p.zip")
    table = b"image,id,label,camera\n1.png,c1,cat,north\n2.png,d2,dog,south\n"
    batch = bring_in(
        pictures, zip_of({"set/1.png": picture(1), "set/2.png": picture(2), "set/items.csv": table}), "p.zip"
    )
    assert counts(batch) == ("done", 0, 2, 0)
    assert said(batch) == 2
    assert what_is(pictures) == [
        ("c1", "", {"image": "1.png", "camera": "north"}, "cat"),
        ("d2", "", {"image": "2.png", "camera": "south"}, "dog"),
    ]
    assert_counts_true(pictures)


def test_a_table_row_gets_id_and_label_and_no_second_spelling_of_a_column(table, bring_in):
    bring_in(table, [{"e\u0301": 1}])
    batch = bring_in(table, [{"\u00e9": 1, "id": "a", "label": "yes"}])
    assert counts(batch) == ("done", 0, 1, 0)
    assert what_is(table) == [("a", "", {"e\u0301": 1}, "yes")]


def test_an_item_of_a_pair_gets_the_id_that_pairs_name_it_by(people, bring_in):
    project = make_project(slug="pairs", kind="pairwise", labels=(), manager=people.manager)
    about = {"context": {"id": "c", "text": "Which?"}}
    bring_in(project, [{"text": "one", **about}, {"text": "two", "id": "b", **about}])
    batch = bring_in(
        project, [{"text": "one", "id": "a", **about}, {"left": "a", "right": "b", "winner": "left"},
                  {"text": "two", "id": "c", **about}],
    )  # fmt: skip
    assert counts(batch) == ("done", 1, 1, 1)
    assert batch.rejections.get().reason == "Its context holds the same content already, as b."
