"""Numbers of a table's column are read as the column writes them: decimal commas, grouped thousands, codes."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.core import artifacts
from learning.core.encoders.table_columns import TableColumn, read_column
from learning.core.encoders.table_values import as_number, decimal_of
from learning.core.encoders.tabular import FORMAT, FittedTabularEncoder, TabularEncoder

HALF = settings(max_examples=80, deadline=None)
#: thousandths up to ten millions, some of them below one
AMOUNTS = st.lists(st.integers(-(10**10), 10**10).map(lambda n: n / 1_000), min_size=3, max_size=30)


def german(number: float, digits: int) -> str:
    return f"{number:,.{digits}f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def read_as(cells: list[str]) -> list[float]:
    return [as_number(cell, decimal_of(cells)) for cell in cells]


@HALF
@given(AMOUNTS, st.integers(0, 4))
def test_amounts_written_in_german_are_read_as_the_same_in_english(numbers: list[float], digits: int) -> None:
    """With a cell that says which comma it is: none of ``1.250`` and ``0,5`` can be read otherwise beside it."""
    cells = ["0,5", *(german(number, digits) for number in numbers)]
    assert read_as(cells) == [0.5, *(float(f"{number:.{digits}f}") for number in numbers)]
    english = ["1,234.5", *(f"{number:,.{digits}f}" for number in numbers)]
    assert read_as(english) == [1234.5, *(float(f"{number:.{digits}f}") for number in numbers)]


def test_a_table_of_decimal_commas_gives_the_features_of_one_of_points() -> None:
    rng = np.random.default_rng(3)
    values = rng.random(400)
    point = [{"x": f"{value:.3f}"} for value in values]
    comma = [{"x": row["x"].replace(".", ",")} for row in point]
    encoded = [TabularEncoder().fit(rows, np.random.default_rng(0)).transform(rows) for rows in (point, comma)]
    assert encoded[0].std() > 0.5
    np.testing.assert_array_equal(encoded[0], encoded[1])


@pytest.mark.parametrize(("cells", "numbers"), [
    (["1,250", "17,000", "3"], [1250.0, 17000.0, 3.0]),  # nothing says decimal: as before
    (["1,250", "1,5"], [1.25, 1.5]),
    (["€ 1.250,00", "0,99 €"], [1250.0, 0.99]),
    (["12,5 %", "3,125 %"], [12.5, 3.125]),
    (["1.250", "1.500"], [1.25, 1.5]),
    (["1,234.50", "0.5"], [1234.5, 0.5]),
])  # fmt: skip
def test_a_column_says_what_its_commas_are(cells: list[str], numbers: list[float]) -> None:
    assert read_as(cells) == numbers


def test_numbers_among_the_cells_of_a_column_of_decimal_commas_are_what_they_are() -> None:
    column = read_column("x", ["0,5", "1,125", 1.234, 7] * 30)
    assert column is not None
    assert column.decimal == ","
    out = np.zeros((2, column.width), dtype=np.float32)
    column.encode([1.125, "1,125"], out)
    assert (out[0, 0], out[0, 1:].sum()) == (out[1, 0], out[1, 1:].sum())


@pytest.mark.parametrize("codes", [
    ["00501", "10001", "90210"], ["+4312345678", "+4398765432", "0043111"], ["5E2", *["12E10"] * 30, "A12"],
])  # fmt: skip
def test_codes_that_repeat_are_categories(codes: list[str]) -> None:
    column = read_column("code", codes * 20)
    assert column is not None
    assert column.kind == "category"
    assert set(column.levels) == set(codes)


def test_codes_that_hardly_repeat_are_still_read_as_numbers() -> None:
    column = read_column("plot", [f"{number:04d}" for number in range(400)])
    assert column is not None
    assert column.kind == "number"


def test_an_encoder_without_commas_has_the_version_it_had_before_there_was_a_word_for_them() -> None:
    column = TableColumn("x", "number", centre=1.0, scale=2.0)
    old = {name: value for name, value in asdict(column).items() if name not in ("decimal", "largest")}
    dumped = artifacts.pack(FORMAT, {"columns": [old]}, {})
    loaded = TabularEncoder().load(dumped)
    assert loaded.dump() == dumped
    assert loaded.version == FittedTabularEncoder([column], {}).version
    german_one = FittedTabularEncoder([TableColumn("x", "number", decimal=",")], {})
    assert TabularEncoder().load(german_one.dump()).columns[0].decimal == ","
