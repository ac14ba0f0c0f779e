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


@pytest.mark.parametrize("content", ["text,\na,b\n", "text,,label\na,b,x\n", '"text";"";"label"\na;b;x\n'])
def test_a_column_without_a_name_that_holds_something_is_kept_under_a_name(content):
    good, bad, notes = read(content)
    assert not bad
    assert good[1]["column_2"] == "b"
    assert notes == ["Column 2 has no name; it is kept as column_2."]


def test_the_made_up_name_is_no_other_columns():
    assert read("column_2,,text\n1,b,hello\n")[0][1] == {"column_2": "1", "column_2_": "b", "text": "hello"}


@pytest.mark.parametrize("modality", ["text", "tabular"])
def test_own_columns_of_one_name_are_told_apart_and_said(modality):
    good, bad, notes = read("text,note,note,note_2\nhello,b,c,d\n", modality=modality)
    assert not bad
    assert good[1] == {"text": "hello", "note": "b", "note_3": "c", "note_2": "d"}
    assert notes == ["Several columns are called 'note'; column 3 is kept as note_3."]


PREAMBLES = {
    "PowerShell": '#TYPE System.Data.DataRow\r\n"text","label"\r\n"hello","a"\r\n',
    "comments": "# made by a tool, version 2\n# on Monday\ntext,label\nhello,a\n",
    "a title": "All messages\n\ntext,label\nhello,a\n",
    "a title of Excel": "All messages,,\n,,\ntext,label,\nhello,a,\n",
    "a title in quotes": '"All messages, of May";;\ntext;label;\nhello;a;\n',
}


@pytest.mark.parametrize("case", PREAMBLES)
def test_titles_and_comments_before_the_header_are_left_out_and_said(case):
    good, bad, notes = read(PREAMBLES[case])
    assert not bad
    assert [(record["text"], record["label"]) for record in good.values()] == [("hello", "a")]
    assert any("before the header" in note for note in notes)


def test_a_comment_before_a_table_of_own_columns_is_left_out():
    good, _, notes = read("# exported, 3 columns, on Monday\nwidth;height\n1;2\n3;4\n", modality="tabular")
    assert list(good.values()) == [{"width": 1, "height": 2}, {"width": 3, "height": 4}]
    assert any("before the header" in note for note in notes)


@pytest.mark.parametrize("header", ["#chrom\tstart", "# text,label", "#,text"])
def test_a_header_that_begins_with_a_hash_is_a_header(header):
    delimiter = "\t" if "\t" in header else ","
    good, _, notes = read(f"{header}\n1{delimiter}2\n", modality="text" if "text" in header else "tabular")
    assert len(good) == 1
    assert not any("before the header" in note for note in notes)


@pytest.mark.parametrize("line", ["hello,a\ntext,label", "hello, you\ntext,b", "a;b\ntext;label"])
def test_a_first_line_of_several_cells_is_never_taken_for_a_title(line):
    with pytest.raises(ImportRefused, match="needs a column named text"):
        read(f"{line}\nhello,b\n")


@pytest.mark.parametrize("mark", ["^", "~", ":", "\x01", "\x1f"])
def test_a_rare_delimiter_is_found_by_the_names_between_it(mark):
    good, bad, notes = read(f"id{mark}text{mark}label\n7{mark}hello, you{mark}a\n")
    assert not bad
    assert good[1] == {"id": "7", "text": "hello, you", "label": "a"}
    assert any("separated by" in note for note in notes)


def test_a_table_of_r_with_blanks_between_its_columns():
    good, bad, _ = read('"text" "label"\n"1" "good day" "a"\n"2" "say ""no""" "b"\n', file_name="table.txt")
    assert not bad
    assert [record["text"] for record in good.values()] == ["good day", 'say "no"']


def test_prose_that_speaks_of_columns_is_no_header():
    content = "the context of this text decides its label\nanother line\n"
    assert len(read(content, file_name="lines.txt")[0]) == 2


def test_cells_in_single_quotes_are_read_where_the_header_is_in_them():
    good, bad, notes = read("'text','label'\n'it''s, well, \"ok\"','a'\nplain,'b'\n")
    assert not bad
    assert [record["text"] for record in good.values()] == ['it\'s, well, "ok"', "plain"]
    assert any("enclosed in '" in note for note in notes)


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


BLANK_ROWS = {
    "at the end of a spreadsheet": ("id,text\n1,one\n2,two\n" + ",\n" * 3, {1: "one", 2: "two"}, [], 3),
    "one": ("id,text\n1,one\n, \n", {1: "one"}, [], 1),
    "shorter than the others": ("id,text,note\n1,one,\n,\n", {1: "one"}, [], 1),
    "between others": ("id,text\n,\n1,one\n,\n,\n2,two\n", {2: "one", 5: "two"}, [1, 3, 4], 0),
    "before a broken one": ('id,text\n1,one\n,\n2,"two" x\n,\n', {1: "one"}, [2, 3], 1),
    "no rows": ("id,text\n,\n,\n", {}, [], 2),
}


@pytest.mark.parametrize("name", BLANK_ROWS)
def test_rows_that_hold_nothing(name):
    """Those behind the last row are one line with a count, others are rejected by their number."""
    text, wanted, rejected, left_out = BLANK_ROWS[name]
    good, bad, notes = read(text)
    assert {number: row["text"] for number, row in good.items()} == wanted
    assert list(bad) == rejected
    said = [note for note in notes if "at the end of the file" in note]
    assert said == ([] if not left_out else [
        "1 row at the end of the file holds nothing; it was left out." if left_out == 1
        else f"{left_out} rows at the end of the file hold nothing; they were left out."
    ])  # fmt: skip
    for start in range(6):  # going on gives the same
        assert read(text, start=start)[:2] == (
            {number: row for number, row in good.items() if number > start},
            {number: reason for number, reason in bad.items() if number > start},
        )
