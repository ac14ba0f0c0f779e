"""One spelling for one value, whatever type a file gives it as."""

import doctest
import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS, InvalidAnswer, Question, cells
from labeling.kinds.cells import NoSpelling, as_label, is_missing, same_number, spelled, without_fraction

EXACT = 2**53 - 1
DIGITS = Question(frozenset("0123456789"))


def test_the_examples_hold():
    found = doctest.testmod(cells)
    assert found.attempted == 7
    assert not found.failed


@pytest.mark.parametrize(
    "value", [None, "", " ", "\t\r\n", "\u00a0", math.nan, -math.nan, Decimal("NaN"), Decimal("sNaN")]
)
def test_null_blank_and_nan_are_missing(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", [
    0, 0.0, -0.0, False, Decimal(0), "0", "nan", "None", "-", [], {}, (), b"", math.inf, date(1, 1, 1),
])  # fmt: skip
def test_nothing_else_is_missing(value):
    assert not is_missing(value)


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (0.0, "0"), (-0.0, "0"), (False, "false"), (True, "true"), (-7.0, "-7"), (float(EXACT), str(EXACT)),
    (2**53 + 1, "9007199254740993"), (10**200, "1" + "0" * 200), (-(2**63) - 1, "-9223372036854775809"),
    (0.1, "0.1"), (2.5, "2.5"), (1e-7, "0.0000001"), (Decimal("1E+3"), "1000"), (Decimal("-0.00"), "0"),
    (Decimal("12345678901234567890123456789012345678.10"), "12345678901234567890123456789012345678.1"),
    (date(2024, 2, 29), "2024-02-29"), (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),
    (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00+00:00"), (time(1, 2, 3), "01:02:03"),
    (UUID(int=5), "00000000-0000-0000-0000-000000000005"), ("1.0", "1.0"), (" a ", " a "),
])  # fmt: skip
def test_a_value_has_one_exact_text(value, text):
    assert spelled(value) == text


@pytest.mark.parametrize(("value", "words"), [
    (math.inf, "infinity"), (-math.inf, "infinity"), (Decimal("Infinity"), "infinity"), (math.nan, "NaN"),
    (float(2**53), "may have been rounded"), (-1e300, "may have been rounded"), (Decimal("1E+5000"), "digits"),
    (10**2000, "digits"), ([1], "a list"), ((1,), "a list"), ({"a": 1}, "an object"), (b"a", "bytes"),
    (None, "nothing"),
])  # fmt: skip
def test_what_has_no_exact_text_is_refused_in_words(value, words):
    with pytest.raises(NoSpelling, match=words):
        spelled(value)


@settings(max_examples=200, deadline=None)
@given(st.integers(-EXACT, EXACT))
def test_a_whole_number_is_the_same_text_from_every_format(number):
    said = str(number)
    assert {spelled(given) for given in (number, float(number), Decimal(number), Decimal(f"{number}.000"))} == {said}
    assert without_fraction(f"{number}.0") == said
    assert as_label(f"{number}.00", {said}) == as_label(float(number), {said}) == said


@settings(max_examples=200, deadline=None)
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40), max_size=6))
def test_two_numbers_have_one_text_only_when_they_are_equal(numbers):
    assert len({spelled(number) for number in numbers}) == len(set(numbers))


@pytest.mark.parametrize(("value", "near"), [
    (3.0, 3), (3, 3), (True, True), (2.5, 2.5), (1e300, 1e300), (None, None), (" YES ", "yes"), ([1.0], [1.0]),
])  # fmt: skip
def test_cells_that_are_almost_the_same_are_equal_and_can_be_kept_in_64_bits(value, near):
    found = cells.near_cell(value)
    assert (found, type(found)) == (near, type(near))
    assert cells.near_cell(math.inf) == math.inf


@pytest.mark.parametrize(("text", "others"), [
    ("1001", ["1001.0"]), ("1001.0", ["1001"]), ("-3.00", ["-3"]), ("0", ["0.0"]), ("-0.0", ["0"]), ("007", []),
    ("1.10", []), ("1.0.0", []), ("v1.0", []), ("1e3", []), ("٣.0", []), ("", []), ("+5.0", ["5"]), (".0", []),
])  # fmt: skip
def test_a_whole_number_is_found_under_the_way_a_joining_program_writes_it(text, others):
    assert list(same_number(text)) == others


@pytest.mark.parametrize(("value", "labels", "name"), [
    (1, {"1"}, "1"), (1.0, {"1"}, "1"), ("1.0", {"1"}, "1"), (" 1 ", {"1"}, "1"), (Decimal("1.00"), {"1"}, "1"),
    (1, {"1.0"}, "1.0"), ("1", {"1.0", "2.0"}, "1.0"), ("1.0", {"1", "1.0"}, "1.0"), ("007", {"7"}, None),
    (True, {"true"}, "true"), (False, {"False"}, "False"), (True, {"TRUE"}, "TRUE"), ("TRUE", {"true"}, "true"),
    ("false", {"False"}, "False"), (1, {"true"}, None), (True, {"1"}, None), ("yes", {"true"}, None),
    (0, {"", "00"}, None),
    (date(2024, 1, 2), {"2024-01-02"}, "2024-01-02"), (2**70, {str(2**70)}, str(2**70)),
])  # fmt: skip
def test_a_label_is_found_by_the_value_and_not_by_one_that_only_resembles_it(value, labels, name):
    found = as_label(value, labels)
    assert found == name if name is not None else found not in labels


@pytest.mark.parametrize("kind", ["classification", "multilabel", "rating"])
@pytest.mark.parametrize("value", [3, 3.0, "3", "3.0", " 3.00 ", Decimal(3), Decimal("3.0")])
def test_every_kind_reads_the_same_number_as_the_same_label(kind, value):
    answer = KINDS[kind].answer_from_import(value, DIGITS)
    assert KINDS[kind].labels_of(answer) == ("3",)


@pytest.mark.parametrize("kind", ["classification", "multilabel", "rating"])
@pytest.mark.parametrize("value", [math.inf, 1e300, {"label": "3"}, [["3"]], b"3", 33, "3.5", "three", None])
def test_every_kind_refuses_what_is_no_label(kind, value):
    with pytest.raises(InvalidAnswer) as refused:
        KINDS[kind].answer_from_import(value, DIGITS)
    assert refused.value.field
    assert refused.value.reason


MULTI = KINDS["multilabel"]
A12 = Question(frozenset({"1", "2", "a", "true"}))


@pytest.mark.parametrize(("value", "labels"), [
    ([1, 2], ["1", "2"]), ([2.0, "1.0"], ["1", "2"]), ([" a ", "1"], ["1", "a"]), (1, ["1"]), (True, ["true"]),
    ([True], ["true"]), ((1, 1.0, "1"), ["1"]), ("[1, 2.0]", ["1", "2"]), ("1.0|a", ["1", "a"]), ([], []), ("[]", []),
    ([Decimal("2.0")], ["2"]),
])  # fmt: skip
def test_several_labels_are_read_as_single_ones_are(value, labels):
    assert MULTI.answer_from_import(value, A12) == {"labels": labels}


@pytest.mark.parametrize(("value", "words"), [
    (["a", None], "nothing at place 2"), ([math.nan], "nothing at place 1"), (["a", " "], "nothing at place 2"),
    ('["a", null]', "nothing at place 2"), ("[NaN]", "nothing at place 1"), ("|", "names no label"),
    ("", "names no label"),
    ([["a"]], "a list"), ([math.inf], "infinity"), (["b"], "'b'"),
])  # fmt: skip
def test_a_gap_in_a_list_of_labels_does_not_become_none_of_the_labels(value, words):
    with pytest.raises(InvalidAnswer, match=words):
        MULTI.answer_from_import(value, A12)


@pytest.mark.parametrize("cell", [
    "['1', '2']", '["1", "2"]', "('1', '2')", "{'1', '2'}", "['1' '2']", "['1'\n '2']", "[1 2]", "[1. 2.]", "[1, 2,]",
    "[np.str_('1'), np.int64(2)]", '["1", \'2\']', "1|2", "[1,2]",
])  # fmt: skip
def test_a_list_of_labels_is_read_as_json_and_as_python_and_numpy_print_it(cell):
    assert KINDS["multilabel"].answer_from_import(cell, DIGITS) == {"labels": ["1", "2"]}


@pytest.mark.parametrize(
    "label", ["[other]", "(a, b)", "{1}", "['a''b']", "[a]", "['\\xZZ']", "{'a': 1}", "['a', nan]"]
)
def test_a_label_may_look_like_a_list(label):
    assert KINDS["multilabel"].answer_from_import(label, Question(frozenset([label]))) == {"labels": [label]}


def test_quotes_and_commas_inside_a_printed_label_are_its_own():
    labels = ["it's", "x, y", 'say "no"']
    assert KINDS["multilabel"].answer_from_import(str(labels), Question(frozenset(labels))) == {
        "labels": sorted(labels)
    }
