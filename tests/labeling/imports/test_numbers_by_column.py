"""Cells of csv tables: numbers where the whole column is, and the spelling wherever writing it back would change it."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.models import Item
from labeling.selectors.importing import notes_of
from labeling.services.imports.delimited.numbers import as_cell, columns_of_numbers
from labeling.services.imports.records.fingerprints import number_once
from tests.factories import make_project
from tests.labeling.imports.conftest import counts, read

FEW = settings(max_examples=100, deadline=None)


def column(*cells: str):
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerows([["key", "x"], *((f"k{number}", cell) for number, cell in enumerate(cells))])
    good, bad, notes = read(content.getvalue(), "tabular")
    assert not bad
    return [record["x"] for record in good.values()], notes


NUMBERS = {
    "whole": (["42", "-7", "0", ""], [42, -7, 0, None]),
    "decimal": (["0.5", "-1.25", "3", "1e-07"], [0.5, -1.25, 3, 1e-07]),
    "blanks around": ([" 42", "7 ", "  "], [42, 7, None]),
    "words for nothing": (["1", "NA", "n/a", "2.5"], [1, "NA", "n/a", 2.5]),
    "the greatest": ([str(2**63 - 1), str(-(2**63))], [2**63 - 1, -(2**63)]),
}
WRITTEN = {
    "parts": ["5E2", "A12", "12E10"],
    "parts that all look like numbers": ["5E2", "12E10"],
    "phones": ["+4312345678", "+4398765432"],
    "versions": ["1.10", "1.1", "1.20"],
    "zip codes": ["00501", "10001", "90210"],
    "decimal commas": ["0,125", "0,5"],
    "grouped": ["1,250", "17"],
    "prices": ["3.50", "12.00"],
    "one word among numbers": [*map(str, range(50)), "many"],
    "too great": [str(2**63), "1"],
    "other digits": ["١٢", "12"],
    "infinite": ["inf", "1"],
    "negative nothing": ["-0", "1"],
    "underscores": ["1_000", "1000"],
    "hexadecimal": ["0x10", "16"],
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_column_of_plain_numbers_is_numbers(case):
    cells, wanted = NUMBERS[case]
    found, notes = column(*cells)
    assert found == wanted
    assert [type(value) for value in found] == [type(value) for value in wanted]
    assert not notes


@pytest.mark.parametrize("case", WRITTEN)
def test_any_other_column_keeps_every_cell_as_written(case):
    assert column(*WRITTEN[case])[0] == WRITTEN[case]


def test_it_is_said_which_columns_were_kept_as_written():
    _, notes = column("00501", "10001")
    assert notes == ["Kept as written, for not every cell of the column is a plain number: x."]


def test_one_cell_at_the_end_of_a_long_file_decides_too():
    cells = [str(number) for number in range(5_000)]
    assert column(*cells)[0] == list(range(5_000))
    assert column(*cells, "007")[0] == [*cells, "007"]


def test_reserved_columns_of_a_table_stay_text():
    good, _, _ = read("id,x,label,group\n1,2,0,7\n2,3,1,8\n", "tabular")
    assert list(good.values()) == [
        {"id": "1", "x": 2, "label": "0", "group": "7"}, {"id": "2", "x": 3, "label": "1", "group": "8"},
    ]  # fmt: skip


@FEW
@given(st.lists(st.one_of(
    st.integers(-(2**70), 2**70).map(str), st.floats().map(repr), st.text(st.sampled_from("0123456789.,+-eE _")),
    st.from_regex(r"\A[+-]?\d{1,6}([.,]\d{1,4})?([eE][+-]?\d{1,3})?\Z"),
), min_size=1, max_size=8))  # fmt: skip
def test_what_is_stored_writes_back_the_cell(cells):
    numbers = columns_of_numbers([[cell] for cell in cells], 1)
    for cell in cells:
        value = as_cell(cell) if numbers else cell
        if isinstance(value, int | float):
            assert json.loads(json.dumps(value)) == value
            assert str(value) == cell.strip()
        elif value is not None:
            assert value == cell


@pytest.mark.parametrize(("cell", "meant"), [
    ("12", 12), (" 12 ", 12), ("-3", -3), ("+4", 4), ("0", 0), ("0.50", 0.5), (".5", 0.5), ("1e3", 1000.0), ("", None),
    ("  ", None),
])  # fmt: skip
def test_a_cell_as_it_was_read_before_columns_were_looked_at(cell, meant):
    found = number_once(cell)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize("cell", [
    "007", "00.5", "-01", "1_000", "1,5", "12 apples", "2026-01-02", "nan", "inf", "-inf", "1e999", "0x1F", "٣", "½",
    "9" * 5_000, str(2**63), "--1", "+", "-", ".", "1.2.3", "1e", "True",
])  # fmt: skip
def test_codes_dates_and_words_were_none_before_either(cell):
    assert number_once(cell) == cell


@pytest.fixture
def again(bring_in, people):
    """The table of a project, as a version before 0063 stored it, and the same file brought in once more."""

    def run(content: bytes, stored: list[dict]):
        project = make_project(slug="old", modality="tabular", labels=("yes", "no"), manager=people.manager)
        rows = bring_in(project, stored)
        assert rows.accepted == len(stored)
        return project, bring_in(project, content)

    return run


CODES = b"part,price\n5E2,3.50\n12E1,7.25\n"


@pytest.mark.django_db
def test_the_same_file_in_an_older_project_brings_nothing_twice(again):
    once = [
        {"part": number_once(part), "price": number_once(price)} for part, price in (("5E2", "3.50"), ("12E1", "7.25"))
    ]
    project, batch = again(CODES, once)
    assert counts(batch) == ("done", 0, 2, 0)
    assert Item.objects.filter(project=project).count() == 2


@pytest.mark.django_db
def test_two_spellings_of_one_number_are_two_rows(table, bring_in):
    batch = bring_in(table, b"version\n1.10\n1.1\n1.2\n1.10\n")
    assert counts(batch) == ("done", 3, 1, 0)
    assert any("Kept as written" in note for note in notes_of(batch))


def test_ids_of_pairs_and_facts_of_contexts_stay_text_in_a_table():
    content = b"left,right,winner\n1,002,left\n3,4,right\n"
    good, _, _ = read(content, "tabular", kind="pairwise")
    assert good[1] == {"left": "1", "right": "002", "winner": "left"}
    good, _, _ = read(b"context_id,context_fact.year,size\n1,2026,3\n", "tabular", kind="pairwise")
    assert good[1] == {"context_id": "1", "context_fact.year": "2026", "size": 3}
