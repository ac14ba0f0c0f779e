"""What stands around the table in a csv: Excel's first line, a nameless index, a delimiter too many, no header."""

import io

import pytest

from labeling.kinds import KINDS
from labeling.services.imports import ImportRefused
from labeling.services.imports.readers.csv import CsvReader
from tests.labeling.imports.conftest import read

#: content, the records without their numbers, a word of what is said
FOUND = {
    "index of pandas": (",text,label\n0,hello,a\n1,day,b\n", [("hello", "a"), ("day", "b")], "nameless first column"),
    "index of pandas, shuffled": (",text,label\n17,hello,a\n3,day,b\n", [("hello", "a"), ("day", "b")], "left out"),
    "index of pandas, twice": (
        "Unnamed: 0,text,label\n0,hello,a\n1,day,b\n",
        [("hello", "a"), ("day", "b")],
        "left out",
    ),
    "sep=": ("sep=|\ntext|label\nhello, you|a\n", [("hello, you", "a")], "separates"),
    "sep= of Excel in quotes": ('"sep=;"\r\ntext;label\r\nhello, you;a\r\n', [("hello, you", "a")], "separates"),
    "sep= with delimiters behind it": ("sep=,,\ntext,label\nhello,a\n", [("hello", "a")], "separates"),
    "pipes": ("text|label\nhello, you|a\n", [("hello, you", "a")], "separated by |"),
    "delimiters at every end": ("text,label,\nhello,a,\nday,b,\n", [("hello", "a"), ("day", "b")], "without a name"),
    "several of them": ("text;label;;;\nhello;a;;;\n", [("hello", "a")], "without a name"),
    "of rows only": ("text,label\nhello,a,\nday,b,\n", [("hello", "a"), ("day", "b")], "ends with a delimiter"),
    "of the header only": ("text,label,\nhello,a\nday,b\n", [("hello", "a"), ("day", "b")], "header ends"),
    "an empty column": ("text,,label\nhello,,a\nday,,b\n", [("hello", "a"), ("day", "b")], "without a name"),
    "row names of R": ("text,label\n1,hello,a\n2,day,b\n", [("hello", "a"), ("day", "b")], "begins with its number"),
}


@pytest.mark.parametrize("case", FOUND)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_it_is_read_and_said(case, ending):
    content, wanted, word = FOUND[case]
    good, bad, notes = read(content.replace("\r\n", "\n").replace("\n", ending))
    assert not bad
    assert [(record["text"], record["label"]) for record in good.values()] == wanted
    assert all(set(record) == {"text", "label"} for record in good.values())
    assert sum(word in note for note in notes) == 1, notes


def test_a_nameless_first_column_of_words_is_kept_under_a_name():
    good, bad, notes = read(",text,label\nreview_a,hello,a\nreview_b,day,b\n")
    assert not bad
    assert [record["index"] for record in good.values()] == ["review_a", "review_b"]
    assert any("kept as index" in note for note in notes)


def test_something_in_a_column_without_a_name_is_a_rejection_that_says_where():
    rows = "".join(f"text {i},a,\n" for i in range(300))
    good, bad, _ = read("text,label,\n" + rows + "late,a,surprise\n")
    assert len(good) == 300
    assert "Line 302: something stands in cell 3" in bad[301]


@pytest.mark.parametrize("content", ["text,\na,b\n", "text,,label\na,x,b\n"])
def test_a_column_without_a_name_that_holds_something_is_refused(content):
    with pytest.raises(ImportRefused, match="no name"):
        read(content)


@pytest.mark.parametrize("content", ["text,label\nhello,a,more\nday,b\n", "text,label\nhello,a,more\nday,b,else\n"])
def test_a_cell_too_many_is_a_rejection_with_its_line(content):
    _, bad, _ = read(content)
    assert bad[1] == "Line 2: 3 cells; the header has 2."


def test_the_lines_of_a_txt_file_are_texts_as_they_stand():
    content = 'He said "hi", and left.\r\n\r\n  two; three\t\r\n"quoted"\r\nlast, line'
    good, bad, notes = read(content, file_name="Lines.TXT")
    assert not bad
    assert [record["text"] for record in good.values()] == [
        'He said "hi", and left.', "  two; three\t", '"quoted"', "last, line",
    ]  # fmt: skip
    assert notes == ["The .txt file has no header: each of its lines is one text."]
    assert [*read(content, file_name="lines.txt", start=2)[0]] == [3, 4]


@pytest.mark.parametrize("content", ["text\nhello\n", "Text\tlabel\nhello\ta\n", "id,text\n1,hello\n"])
def test_a_txt_file_with_a_header_is_a_table(content):
    good, bad, _ = read(content, file_name="items.txt")
    assert not bad
    assert [record["text"] for record in good.values()] == ["hello"]


def test_a_txt_file_that_is_a_table_without_a_column_of_texts_is_refused():
    with pytest.raises(ImportRefused, match="needs a column named text"):
        read("body\ttopic\nhello\ta\nday\tb\n", file_name="items.txt")


def test_a_line_too_long_is_one_rejection(settings):
    settings.IMPORT_MAX_CELL_BYTES = 1_000
    content = b"one\n" + b"x" * 2_000_000 + b"\ntwo\n" + b"y" * 2_000_000
    good, bad, _ = read(content, file_name="lines.txt")
    assert [record["text"] for record in good.values()] == ["one", "two"]
    assert list(bad) == [2, 4]


def test_the_head_says_what_was_found_before_anything_is_stored():
    reader = CsvReader(
        io.BytesIO(b",text,label\n0,hello,a\n"), modality="text", kind=KINDS["classification"], options={}
    )
    reader.check()
    assert "nameless first column" in reader.notes.as_stored()[0]["one"]


@pytest.mark.parametrize("content", ["sep=;\n", "sep=;\n\n\n", "\n\n"])
def test_a_file_of_nothing_but_its_first_line_is_refused(content):
    with pytest.raises(ImportRefused, match="holds no rows"):
        read(content)
