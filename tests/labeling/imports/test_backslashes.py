"""What databases and programs write who quote nothing, escape with a backslash, or put blanks before their quotes."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.labeling.imports.conftest import read

FEW = settings(max_examples=60, deadline=None)
HEADER = "id{0}text{0}label\n"


def of_mysql(cell: str, delimiter: str) -> str:
    """As SELECT … INTO OUTFILE writes a field."""
    return "".join(f"\\{each}" if each in ("\\", "\n", delimiter) else each for each in cell)


def of_postgresql(cell: str, delimiter: str) -> str:
    """As COPY … TO writes a field in its text format."""
    letters = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
    return "".join(f"\\{each}" if each == delimiter else letters.get(each, each) for each in cell)


def of_jq(cell: str, delimiter: str) -> str:
    """As jq's @tsv writes a field."""
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


TEXTS = ["plain", "two\nlines", "a\ttab", 'she said "hi"', "C:\\new\\temp", "ends with \\", 'a, b "c"', "\\N inside"]
DUMPS = [
    (of_mysql, "\t"), (of_mysql, ","), (of_postgresql, "\t"), (of_postgresql, ","), (of_postgresql, "|"), (of_jq, "\t"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "delimiter"), DUMPS)
def test_a_dump_without_quotes_is_read_as_its_database_means_it(write, delimiter):
    rows = [f"{n}{delimiter}{write(text, delimiter)}{delimiter}a\n" for n, text in enumerate(TEXTS)]
    good, bad, notes = read(HEADER.format(delimiter) + "".join(rows), file_name="items.tsv")
    assert not bad
    assert [record["text"] for record in good.values()] == TEXTS
    assert any("a backslash escapes" in note for note in notes)


def test_a_row_after_one_of_two_lines_has_its_say():
    """The second line of a row holds nothing that a dump is told by, and quotes stand where cells could begin."""
    texts = ["two\nlines", "x\ty", 'a\t"\n', "a\\", 'a\t"\n']
    rows = [f"{n}\t{cell}\ta\n" for n, cell in enumerate(of_mysql(text, "\t") for text in texts)]
    good, bad, _ = read(HEADER.format("\t") + "".join(rows), file_name="items.tsv")
    assert ([record["text"] for record in good.values()], bad) == (texts, {})


#: a cell between two quotes might be a quoted one
TEXTS_OF_DUMPS = st.text(st.sampled_from("ab \\\"',\t\n|nt"), max_size=12).map("a{}".format)


@FEW
@given(st.lists(TEXTS_OF_DUMPS, min_size=1, max_size=12))
@pytest.mark.parametrize(("write", "delimiter"), DUMPS)
def test_whatever_a_dump_holds_is_read_back(write, delimiter, texts):
    texts = ["here\nand there", f"x{delimiter}y", *texts]  # what only a dump says so
    rows = [f"{n}{delimiter}{write(text, delimiter)}{delimiter}a\n" for n, text in enumerate(texts)]
    good, bad, _ = read(HEADER.format(delimiter) + "".join(rows), file_name="items.tsv")
    assert not bad
    assert [record["text"] for record in good.values()] == texts


def test_nothing_in_a_dump_is_an_empty_cell_and_counted():
    good, _, notes = read("id\ttext\tlabel\n1\tone\\ntwo\t\\N\n2\tthree\t\\N\n")
    assert [record["label"] for record in good.values()] == ["", ""]
    assert any("2 cells held \\N" in note for note in notes)


def test_a_dump_whose_last_row_is_cut_off_loses_that_row_alone():
    good, bad, _ = read("id\ttext\tlabel\n1\tone\\\ntwo\ta\n2\tthree\\\n")
    assert [record["text"] for record in good.values()] == ["one\ntwo"]
    assert list(bad) == [2]


NO_DUMPS = {
    "a backslash that escapes nothing": ("text\tlabel\nC:\\new\ta\nC:\\data\\d\tb\n", ["C:\\new", "C:\\data\\d"]),
    "cells in quotes": ('text\tlabel\n"say ""no"""\ta\nC:\\new\tb\n"x\ty"\tb\n', ['say "no"', "C:\\new", "x\ty"]),
    "commas between cells": ("text,label\nC:\\new,a\nD:\\temp,b\n", ["C:\\new", "D:\\temp"]),
    "a delimiter behind a path": ("text,label\nC:\\dir\\,a\nplain,b\n", ["C:\\dir\\", "plain"]),
    "quotes escaped in quotes": ('text,label\n"say \\"no\\"",a\n"C:\\new",b\n', ['say "no"', "C:\\new"]),
    "quoted cells of several lines": ('text\tlabel\n"one\ntwo \\n"\ta\nthree\tb\n', ["one\ntwo \\n", "three"]),
}


@pytest.mark.parametrize("case", NO_DUMPS)
def test_other_files_keep_their_backslashes(case):
    content, wanted = NO_DUMPS[case]
    good, bad, notes = read(content, file_name="items.tsv")
    assert not bad
    assert [record["text"] for record in good.values()] == wanted
    assert not any("dumps of databases" in note for note in notes)


def test_python_that_quotes_nothing_is_read_back():
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
    texts = ["hello, world", 'it is "ok"', "C:\\temp", "plain"]
    writer.writerows([["text", "label"], *([text, "a"] for text in texts)])
    good, bad, _ = read(target.getvalue())
    assert not bad
    assert [record["text"] for record in good.values()] == texts


def test_a_line_end_that_mysql_escapes_in_quotes_is_a_line_end():
    good, _, _ = read('text,label\n"one\\\ntwo \\"x\\"",a\n"C:\\temp",b\n"say \\"no\\"",b\n')
    assert [record["text"] for record in good.values()] == ['one\ntwo "x"', "C:\\temp", 'say "no"']


SPACED = {
    "behind every comma": ('id, text, label\n1, "good, day", "a"\n2, "x y", "b"\n', ["good, day", "x y"]),
    "in one column": ('id,label,text\n1,a, "good, day"\n2,b, "say ""no"""\n', ["good, day", 'say "no"']),
    "cells of several lines": ('id, text, label\n1, "one\ntwo", a\n2, "three", b\n', ["one\ntwo", "three"]),
    "with backslashes": ('id, text, label\n1, "say \\"no\\", or", a\n2, plain, b\n', ['say "no", or', "plain"]),
}


@pytest.mark.parametrize("case", SPACED)
def test_blanks_before_quotes_are_left_out_and_said(case):
    content, wanted = SPACED[case]
    good, bad, notes = read(content)
    assert not bad
    assert [record["text"] for record in good.values()] == wanted
    assert any("Blanks stand before the quotes" in note for note in notes)


def test_a_quote_in_the_middle_of_a_text_makes_no_such_file():
    content = 'label,text\na, "good" day\nb, she said "x"\na,  indented\n'
    good, bad, _ = read(content)
    assert not bad
    assert [record["text"] for record in good.values()] == [' "good" day', ' she said "x"', "  indented"]


@pytest.mark.parametrize("content", [
    HEADER.format("\t") + "".join(f"{n}\t{of_mysql(text, chr(9))}\ta\n" for n, text in enumerate(TEXTS)),
    *(content for content, _ in SPACED.values()),
    "#TYPE x\nid,text,label\n1,one,a\n2,two,b\n",
])  # fmt: skip
def test_an_attempt_that_goes_on_reads_what_the_first_would_have(content):
    good, bad, _ = read(content)
    assert good
    for start in range(len(good) + 1):
        rest = {number: record for number, record in good.items() if number > start}
        assert read(content, start=start)[:2] == (rest, bad)
