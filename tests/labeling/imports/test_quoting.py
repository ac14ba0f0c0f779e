"""csv that is no csv: a stray quote costs its own row, a broken cell its own lines, and nothing is altered unsaid."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS
from labeling.services.imports.delimited import records
from labeling.services.imports.delimited.likeness import Likeness
from labeling.services.imports.readers import csv as csv_reader
from labeling.services.imports.readers import lines
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.records.rows import Rejection
from tests.labeling.imports.conftest import read, small_blocks

FEW = settings(max_examples=60, deadline=None)


def plain(n: int, columns: str = "text,label") -> list[str]:
    return [columns] + [f"row {i} of many,{'ab'[i % 2]}" for i in range(1, n + 1)]


def with_lines(changed: dict[int, str], n: int = 300) -> str:
    """A plain file whose rows of some numbers are other lines."""
    rows = plain(n)
    for number, line in changed.items():
        rows[number] = line
    return "\n".join(rows) + "\n"


STRAYS = {
    "one": {150: '"row 150 opens,a'},
    "two": {150: '"row 150 opens,a', 210: '"row 210 too,b'},
    "five": {at: f'"row {at} opens,a' for at in (20, 21, 100, 200, 299)},
    "in the first row": {1: '"row 1 opens,a'},
    "in the last row": {300: '"row 300 opens,a'},
    "in the last column": {150: 'row 150 of many,"a'},
    "in the last column of the last row": {300: 'row 300 of many,"b'},
    "before a row that is quoted": {150: '"row 150 opens,a', 151: '"row 151, quoted",b'},
    "before a cell of several lines": {150: '"row 150 opens,a', 160: '"row 160\nhas\nlines",b'},
    "before inches": {150: '"row 150 opens,a', 210: '5" of row 210,b'},
    "a word in quotes first": {150: '"Wow" said row 150,a'},
    "two words in quotes": {150: '"Wow" said "row" 150,a'},
    "closed too late": {150: '"row 150 opens,a', 210: 'row 210 closes",b'},
    "a space behind the quote": {150: '"row 150" ,a'},
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("case", STRAYS)
def test_a_stray_quote_costs_the_row_it_opens_in_and_no_other(case, newline):
    changed = STRAYS[case]
    content = with_lines(changed).replace("\n", newline)
    good, bad, _ = read(content)
    strays = {number for number, line in changed.items() if (line.count('"') % 2 and line[0] == '"') or "Wow" in line}
    strays |= {number for number, line in changed.items() if line.endswith((',"a', ',"b')) or '" ,' in line}
    assert set(bad) == strays
    assert set(good) == set(range(1, 301)) - strays
    for number, record in good.items():
        if number not in changed:
            assert record == {"text": f"row {number} of many", "label": "ab"[number % 2]}
    for number, reason in bad.items():
        # a cell of several lines before it moves the line, never the number
        assert f"Line {number + 1:,}:" in reason or "several lines" in case


def test_what_follows_a_stray_quote_is_read_as_it_stands():
    good, _, _ = read(with_lines(STRAYS["before a cell of several lines"]))
    assert good[160]["text"] == "row 160\nhas\nlines"
    good, _, _ = read(with_lines(STRAYS["before inches"]))
    assert good[210]["text"] == '5" of row 210'


#: behind a quote that strays, a quoted cell that begins with a comma or a line end is good csv: nobody can tell
TEXTS = st.builds(str.__add__, st.sampled_from("abé"), st.text(st.sampled_from("abc ,;.'é漢\n\""), max_size=15))
LABELS = st.sampled_from(["red", "blue"])


@FEW
@given(st.lists(st.tuples(TEXTS, LABELS), min_size=6, max_size=30), st.data())
def test_wherever_a_quote_strays_all_other_rows_are_read(rows, data):
    """Quoted rows, rows with doubled quotes and rows of several lines stand around it."""
    at = data.draw(st.integers(0, len(rows)))
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["text", "label"])
    writer.writerows([["anchor", "red"], ["anchor", "blue"]] * 4)  # what the column of labels holds
    writer.writerows(rows[:at])
    target.write('"a stray one,red\n')
    writer.writerows(rows[at:])
    good, bad, _ = read(target.getvalue())
    wanted = [text for text, _ in rows]
    found = [record["text"] for number, record in good.items() if number > 8]
    assert found == wanted
    assert set(bad) == {9 + at}


BROKEN_CELLS = {
    "goes on after its quote": ('"line one\nline two" x,a', 1),
    "of more lines": ('"Dear all,\nplease read, all of it,\nand answer" soon,a', 2),
    "opens again behind it": ('"Wow" he said,"a\nb\nc"', 2),
}


@pytest.mark.parametrize("case", BROKEN_CELLS)
def test_a_broken_cell_of_several_lines_is_one_rejection_that_counts_its_lines(case):
    cell, more = BROKEN_CELLS[case]
    good, bad, _ = read(with_lines({150: cell}))
    assert set(bad) == {150}
    assert set(good) == set(range(1, 301)) - {150}
    assert "Line 151:" in bad[150]
    assert ("The line after it went with it." if more == 1 else f"The {more} lines after it went with it.") in bad[150]


def test_a_file_cut_off_inside_a_cell_loses_that_row_alone():
    content = "\n".join([*plain(30), '"line one of a cell\nline two\nline thr'])
    good, bad, _ = read(content)
    assert (len(good), set(bad)) == (30, {31})
    assert "Line 32: a quoted cell opens here and is never closed. The 2 lines after it went with it." in bad[31]


@pytest.mark.parametrize(
    "cell", ["one\ntwo", "a, b\nc, d\ne", "Dear all,\n\nyours,\nme", 'he said\n"so"\n', "x\n" * 60]
)
@pytest.mark.parametrize("column", [0, 1])
def test_good_cells_of_several_lines_stay_whole(cell, column):
    rows = [["text", "note"]] + [[f"text {i}", f"note {i}"] for i in range(40)]
    rows[20][column] = cell
    target = io.StringIO(newline="")
    csv.writer(target).writerows(rows)
    good, bad, notes = read(target.getvalue())
    assert not bad
    assert good[20] == dict(zip(rows[0], rows[20], strict=True))
    assert any("lines: is a quote missing" in note for note in notes) == (cell.count("\n") >= 50)


def escaped(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@FEW
@given(st.lists(st.tuples(st.text(st.sampled_from('ab"\\,\n '), min_size=1, max_size=12).filter(str.strip), LABELS),
                min_size=1, max_size=20))  # fmt: skip
def test_quotes_escaped_by_a_backslash_are_read_as_they_were_written(rows):
    rows = [('say "hi"', "red"), ('a "b", c', "blue"), *rows]
    content = "text,label\n" + "".join(f"{escaped(text)},{label}\n" for text, label in rows)
    good, bad, notes = read(content)
    assert not bad
    assert [record["text"] for record in good.values()] == [text for text, _ in rows]
    assert any("backslash" in note for note in notes)


def test_a_quoted_cell_of_two_lines_is_no_word_for_a_dump():
    """Its first line is a row of a dump too: a quote, a backslash and an empty cell."""
    rows = ['"say \\"hi\\"",red', '"a \\"b\\", c",blue', *['"\\\\,\n",red'] * 8]
    good, bad, _ = read("text,label\n" + "\n".join(rows) + "\n")
    assert not bad
    assert [record["text"] for record in good.values()] == ['say "hi"', 'a "b", c', *["\\,\n"] * 8]


def test_a_backslash_that_escapes_nothing_stays():
    content = 'text,label\n"say \\"hi\\"",a\n"C:\\temp\\x",a\n"end \\\\",b\nC:\\plain,b\n'
    good, bad, _ = read(content)
    assert not bad
    assert [record["text"] for record in good.values()] == ['say "hi"', "C:\\temp\\x", "end \\", "C:\\plain"]


def test_a_file_of_doubled_quotes_and_backslashes_is_not_taken_for_an_escaped_one():
    rows = [["text", "label"], ["C:\\dir\\", "a"], ['{"c \\"q\\"": 1}', "a"], ['he said "no"', "b"], ["x, y\\", "b"]]
    target = io.StringIO(newline="")
    csv.writer(target, quoting=csv.QUOTE_ALL).writerows(rows)
    good, bad, notes = read(target.getvalue())
    assert not bad
    assert not notes
    assert [list(record.values()) for record in good.values()] == rows[1:]


def test_one_escaped_row_among_doubled_ones_is_rejected_with_a_word():
    rows = ['"he said ""no""",a', '"and ""yes"", too",b'] * 5
    good, bad, notes = read("text,label\n" + "\n".join([*rows, '"say \\"hi\\" now",a', "last,b"]) + "\n")
    assert set(bad) == {11}
    assert 'holds \\"' in bad[11]
    assert len(good) == 11
    assert not notes


def test_an_escape_is_found_far_behind_the_head(monkeypatch):
    monkeypatch.setattr(lines, "BLOCK_BYTES", 512)
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 512)
    content = "\n".join([*plain(200), '"say \\"hi\\" now",a']) + "\n"
    good, bad, notes = read(content)
    assert not bad
    assert good[201]["text"] == 'say "hi" now'
    assert any("backslash" in note for note in notes)


def test_carriage_returns_among_line_feeds_are_line_ends_where_each_piece_is_a_row():
    good, bad, _ = read("text,label\none,a\rtwo,b\nthree,a\r\nfour\rand a half,b\n")
    assert [record["text"] for record in good.values()] == ["one", "two", "three"]
    assert list(bad) == [4]
    assert "carriage return" in bad[4]


@pytest.mark.parametrize("where", [1, 15_000, 29_999])
def test_one_stray_quote_among_30_000_rows_costs_one_row_and_little_memory(where, settings, monkeypatch):
    settings.IMPORT_MAX_CELL_BYTES = 5_000
    small_blocks(monkeypatch)
    content = with_lines({where: f'"row {where} opens,a'}, 30_000)
    tracemalloc.start()
    try:
        raw = content.encode()
        before = tracemalloc.get_traced_memory()[0]
        reader = CsvReader(io.BytesIO(raw), modality="text", kind=KINDS["classification"], options={})
        bad, count = [], 0
        for number, record in reader.records(0):
            count += 1
            if isinstance(record, Rejection):
                bad.append(number)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert (count, bad) == (30_000, [where])
    assert peak < 1_500_000  # the lines alone are 2.5 MB


@pytest.mark.parametrize("line", ['a","b', '"a","b', '"a" b,"c', 'a,"b'])
def test_a_file_of_nothing_but_broken_lines_is_looked_at_a_few_times_however_long_it_is(line, monkeypatch):
    """Counts the lines that are compared with a row, not seconds: those that a longer file costs more."""
    looked = []
    likeness = Likeness._likeness
    monkeypatch.setattr(Likeness, "_likeness", lambda self, text: (likeness(self, text), looked.append(text))[0])
    monkeypatch.setattr(records, "_READ_AGAIN_OF_SMALL", 1_024)
    cost = {}
    for n in (600, 1_200):
        looked.clear()
        good, bad, _ = read("text,label\n" + f"{line}\n" * n)
        assert len(good) + len(bad) <= n
        cost[n] = len(looked)
    assert cost[1_200] - cost[600] <= 20 * 600


@FEW
@given(st.lists(st.sampled_from(['"', "a", ",", "\n", '""', "b c", "\\", "\r\n"]), max_size=60), st.integers(0, 8))
def test_any_mess_is_read_to_its_end_and_resumed_alike(pieces, start):
    content = "text,label\n" + "".join(pieces)
    good, bad, _ = read(content)
    assert sorted([*good, *bad]) == list(range(1, len(good) + len(bad) + 1))
    later = read(content, start=start)
    assert later[0] == {number: record for number, record in good.items() if number > start}
    assert later[1] == {number: reason for number, reason in bad.items() if number > start}


WRITERS = {
    "spark": ('id,text,label\n1,"say \\"hi\\", you",a\n2,"",b\n3,plain,a\n', ['say "hi", you', "", "plain"]),
    "mysql": ('"id","text","label"\n"1","it\\"s","a"\n"2",\\N,"b"\n"3","c\\\\d","a"\n', ['it"s', "", "c\\d"]),
    "postgres": ('id,text,label\n1,"a ""b""\nc",a\n2,,b\n3,"",a\n', ['a "b"\nc', "", ""]),
    "excel": ('sep=;\r\nid;text;label\r\n1;"a;b";a\r\n2;c;b\r\n', ["a;b", "c"]),
    "excel with a mark": ("\ufeffsep=\t\r\nid\ttext\tlabel\r\n1\ta,b\ta\r\n", ["a,b"]),
    "libreoffice": ('"id","text","label"\n1,"a ""b"" c","a"\n2,"d","b"\n', ['a "b" c', "d"]),
    "pandas": (',id,text,label\n0,1,hello,a\n1,2,"x, y",b\n', ["hello", "x, y"]),
    "pandas escapechar": ('id,text,label\n1,"a \\"b\\" c",a\n2,d,b\n', ['a "b" c', "d"]),
    "r write.csv": ('"","id","text","label"\n"1",1,"hello","a"\n"2",2,"x, y","b"\n', ["hello", "x, y"]),
    "r write.table": ('"id","text","label"\n"1",1,"hello","a"\n"2",2,"x, y","b"\n', ["hello", "x, y"]),
    "duckdb": ('id,text,label\n1,"a ""b""",a\n2,"c\nd",b\n', ['a "b"', "c\nd"]),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_well_known_tools_write_is_read(writer):
    content, texts = WRITERS[writer]
    good, bad, _ = read(content)
    assert not bad
    assert [record["text"] for record in good.values()] == texts
    assert all(list(record) == ["id", "text", "label"] for record in good.values())
