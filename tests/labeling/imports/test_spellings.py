"""Twins that look alike are one item, one group, one label, whatever bytes they are; stored text stays as it came."""

import json
import unicodedata
from hashlib import sha256
from itertools import product

import orjson
import pytest

from labeling.kinds.spelling import canonical
from labeling.models import Annotation, Item, Split
from labeling.services.imports.split import SplitOfGroups
from labeling.services.projects.label_set import set_labels
from labeling.services.validation.errors import Invalid
from tests.factories import make_items, make_project
from tests.labeling.imports.conftest import assert_counts_true, counts

pytestmark = pytest.mark.django_db

TEXTS = [
    "किताब नंबर {} पढ़ी",
    "Số {} ở đây",
    "ক্লাস {} কোথায়",
    "ที่ {} น้ำใส",
    "রো {} கொடு",
    "قُرْآنٌ {}",
    "한국 {} 각",
    "Ｗide {} ガ",
    "👩‍👩‍👧 {} é",
]


def twin(text: str) -> str:
    return f"\ufeff {unicodedata.normalize('NFD', text)}\u00a0\r\n"


def rows(*texts: str, **columns: object) -> bytes:
    return b"".join(json.dumps({"text": text, **columns}).encode() + b"\n" for text in texts)


@pytest.mark.parametrize("text", TEXTS)
def test_twins_are_one_item_in_one_import_and_in_the_next(people, bring_in, text):
    project = make_project(manager=people.manager, eval_share=0.5)
    texts = [text.format(number) for number in range(6)]
    first = bring_in(project, rows(*(spelled for text in texts for spelled in (twin(text), text))), "a.jsonl")
    assert counts(first) == ("done", 6, 6, 0)
    assert counts(bring_in(project, rows(*texts, *map(twin, texts)), "b.jsonl")) == ("done", 0, 12, 0)
    assert list(Item.objects.filter(project=project).order_by("ordinal").values_list("text", flat=True)) == [
        *map(twin, texts)
    ]
    assert_counts_true(project)


def test_what_is_no_twin_stays_two_items(project, bring_in):
    pairs = [
        ("कि", "की"),
        ("má", "ma"),
        ("👩‍👩‍👧", "👩👩👧"),
        ("ß", "ss"),
        ("İ", "i"),
        ("Ａ", "A"),
        ("if x:\n  y", "if x:\n y"),
    ]
    batch = bring_in(project, rows(*(text for pair in pairs for text in pair)), "a.jsonl")
    assert counts(batch) == ("done", 14, 0, 0)


def test_a_text_of_unseen_blanks_is_none(project, bring_in):
    assert counts(bring_in(project, rows("\ufeff", "\u200b \u00a0"), "a.jsonl")) == ("done", 0, 0, 2)


def test_twins_in_another_context_are_on_the_same_side(people, bring_in):
    project = make_project(manager=people.manager, eval_share=0.5)
    texts = [text.format(number) for text, number in product(TEXTS, range(4))]
    bring_in(project, rows(*texts, context="one"), "a.jsonl")
    bring_in(project, rows(*map(twin, texts), context="two"), "b.jsonl")
    bring_in(project, rows(*texts, context=" o\u200cne".replace("\u200c", "")), "c.jsonl")
    sides: dict[str, set[str]] = {}
    for text, split in Item.objects.filter(project=project).values_list("text", "split"):
        sides.setdefault(canonical(text), set()).add(split)
    assert Item.objects.filter(project=project).count() == 2 * len(texts)
    assert all(len(side) == 1 for side in sides.values())


def test_rows_of_a_table_are_the_same_by_what_their_cells_say(table, bring_in):
    names = ["Đà Nẵng", "कोलकाता", "Gießen", "plain"]
    cells = [{"town": name, "note": ["é", {"k": name}], "n": 1} for name in names]
    twins = [{"n": 1, "town": twin(name), "note": ["e\u0301", {"k": twin(name)}]} for name in names]
    batch = bring_in(table, [*cells, *twins, {"town": "Giessen", "note": [], "n": 1}])
    assert counts(batch) == ("done", 5, 4, 0)
    same_name_twice = [{"é": 1, "e\u0301": 2}, {"é": 1, "e\u0301": 3}]
    assert counts(bring_in(table, same_name_twice)) == ("done", 2, 0, 0)


def test_a_group_is_one_group_however_it_is_spelled(people, bring_in):
    project = make_project(manager=people.manager, eval_share=0.5)
    groups = [text.format("g") for text in TEXTS]
    for number, group in enumerate(groups):
        bring_in(project, rows(f"a{number}", group=group), f"a{number}.jsonl")
    bring_in(project, b"".join(rows(f"b{n}", f"c{n}", group=twin(group)) for n, group in enumerate(groups)), "b.jsonl")
    sides = dict(Item.objects.filter(project=project).values_list("text", "split"))
    assert all(sides[f"a{n}"] == sides[f"b{n}"] == sides[f"c{n}"] for n in range(len(groups)))
    assert set(sides.values()) == {"pool", "eval"}
    fresh = make_project(slug="other", manager=people.manager, eval_share=0.5, split_seed=project.split_seed)
    bring_in(fresh, b"".join(rows(f"a{n}", group=twin(group)) for n, group in enumerate(groups)), "c.jsonl")
    assert all(sides[text] == split for text, split in Item.objects.filter(project=fresh).values_list("text", "split"))


def test_groups_that_an_older_release_drew_apart_keep_their_sides(project, bring_in):
    composed, apart, third = "Café", "Cafe\u0301", "Caf\u00e9\u00a0"
    make_items(project, ["p"], split=Split.EVAL, group=apart)
    make_items(project, ["q"], split=Split.POOL, group=composed)
    for text, group in (("r", composed), ("s", apart)):
        bring_in(project, rows(text, group=group), f"{text}.jsonl")
    sides = dict(Item.objects.filter(project=project).values_list("text", "split"))
    assert (sides["r"], sides["s"]) == ("pool", "eval")
    groups = SplitOfGroups()
    groups.put(apart, Split.EVAL)
    assert groups.get(third) == groups.get(composed) == Split.EVAL
    assert groups.get("Cafe") is None


def test_a_label_is_found_by_any_spelling_and_stored_as_the_set_spells_it(people, bring_in):
    labels = ("Café", "हिन्दी", "tiếng Việt", "New York")
    project = make_project(labels=labels, manager=people.manager)
    content = b"".join(rows(f"t{n}", label=twin(label)) for n, label in enumerate(labels))
    assert counts(bring_in(project, content, "a.jsonl")) == ("done", 4, 0, 0)
    answers = Annotation.objects.filter(project=project).order_by("item__ordinal").values_list("answer", flat=True)
    assert [answer["label"] for answer in answers] == list(labels)
    assert counts(bring_in(project, rows("t9", label="café"), "b.jsonl")) == ("done", 0, 0, 1)  # case is not folded


def test_labels_that_an_import_brings_come_once(people, bring_in):
    bare = make_project(labels=(), manager=people.manager)
    bring_in(
        bare,
        b"".join(rows(f"t{n}", label=label) for n, label in enumerate(["Cafe\u0301", "Café", "Café ", "tea"])),
        "a.jsonl",
    )
    assert sorted(bare.labels.values_list("name", flat=True)) == ["Cafe\u0301", "tea"]
    answers = Annotation.objects.filter(project=bare).values_list("answer", flat=True)
    assert sorted(answer["label"] for answer in answers) == ["Cafe\u0301"] * 3 + ["tea"]


@pytest.mark.parametrize("labels", [
    ["Café", "Cafe\u0301"], ["spam", "spam\u200b"], ["New York", "New\u00a0York"], ["a b", "a  b"],
    ["각", "\u1100\u1161\u11a8"],
    ["❤️", "❤"],
])  # fmt: skip
def test_the_label_set_takes_no_look_alike(project, labels):
    with pytest.raises(Invalid, match="look the same"):
        set_labels(project, labels)


def test_a_label_set_takes_what_only_resembles(project):
    labels = ["ß", "ss", "Spam", "spam", "Ａ", "A", "👩‍👩‍👧", "👩👩👧", "ı", "i", "कि", "की"]
    assert [label.name for label in set_labels(project, labels)] == labels


def test_a_label_that_is_sent_in_another_spelling_is_the_one_that_is_there(project):
    set_labels(project, ["Café", "tea"])
    key = project.labels.get(name="Café").pk
    set_labels(project, ["Cafe\u0301", "tea"])
    assert project.labels.values_list("pk", "name", "archived")[0] == (key, "Café", False)


def test_a_set_of_an_older_release_with_twins_in_it_can_still_be_saved(project):
    for position, name in enumerate(("Café", "Cafe\u0301")):
        project.labels.create(name=name, position=position)
    assert [label.name for label in set_labels(project, ["Café", "Cafe\u0301", "tea"])] == ["Café", "Cafe\u0301", "tea"]


def test_a_whole_number_is_the_same_whichever_type_its_column_has(table, bring_in):
    """Where a column has gaps, programs make floating-point numbers of whole ones."""
    whole = [{"n": n, "list": [n, {"k": -n}], "name": f"v{n}.0"} for n in range(20)]
    floats = [{"n": float(n), "list": [float(n), {"k": float(-n)}], "name": f"v{n}.0"} for n in range(20)]
    assert counts(bring_in(table, whole)) == ("done", 20, 0, 0)
    assert counts(bring_in(table, floats)) == ("done", 0, 20, 0)
    assert table.items.order_by("ordinal").last().data["n"] == 19
    others = [{"n": 3.5, "list": [3, {"k": -3}], "name": "v3.0"}, {"n": 1e300}, {"n": 2.0**53}, {"n": 2**53}]
    assert counts(bring_in(table, others)) == ("done", 4, 0, 0)
    assert counts(bring_in(table, b"n,b\n1.0,x\n,y\n2.0,z\n", "gaps.csv")) == ("done", 3, 0, 0)
    assert counts(bring_in(table, b"n,b\n1,x\n2,z\n", "whole.csv")) == ("done", 0, 2, 0)
    assert table.items.get(data__b="x").data["n"] == 1.0


def test_rows_that_differ_by_the_type_of_a_number_alone_are_on_one_side(people, bring_in):
    sides = []
    for slug, make in (("ints", int), ("floats", float)):
        project = make_project(slug=slug, modality="tabular", labels=(), manager=people.manager, eval_share=0.5)
        bring_in(project, [{"n": make(n), "m": make(n % 3)} for n in range(40)])
        sides.append(list(project.items.order_by("ordinal").values_list("split", flat=True)))
    assert sides[0] == sides[1]
    assert set(sides[0]) == {"pool", "eval"}


def test_a_row_stored_while_the_type_of_a_number_told_rows_apart_is_known_again(table, bring_in):
    row = {"n": 3.0, "town": "Oslo"}
    (item,) = make_items(table, ["1"])
    stored = sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()
    table.items.filter(pk=item.pk).update(data=row, content_hash=stored)
    assert counts(bring_in(table, [row])) == ("done", 0, 1, 0)
