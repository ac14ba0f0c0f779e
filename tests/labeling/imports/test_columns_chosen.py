"""What columns are for: as the sender says, as names and contents suggest."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.kinds import KINDS
from labeling.services.imports.columns import ColumnMapping, purposes_of, suggested
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.jsonl import HEAD_LINES, JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader

TEXT = purposes_of("text", KINDS["classification"])
PAIRS = purposes_of("text", KINDS["pairwise"])


CHOSEN = {"Sentence": "text", "intent": "label", "row": ""}


def parquet(rows):
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()


ROWS = [{"row": 1, "Sentence": "a", "intent": "b", "n": 3}, {"row": 2, "Sentence": "c", "intent": "d", "n": 4}]
FILES = {
    "csv": (CsvReader, b"row,Sentence,intent,n\n1,a,b,3\n2,c,d,4\n"),
    "csv whose rows end with a delimiter": (CsvReader, b"row,Sentence,intent,n\n1,a,b,3,\n2,c,d,4,\n"),
    "jsonl": (JsonlReader, b"\n".join(json.dumps(row).encode() for row in ROWS)),
    "parquet": (ParquetReader, parquet(ROWS)),
}


def records(reader, content, **options):
    read = reader(io.BytesIO(content), modality="text", kind=KINDS["classification"], options=options)
    return [{name: str(value) for name, value in record.items()} for _, record in read.records(0)]


@pytest.mark.parametrize("name", FILES)
def test_columns_are_renamed_left_out_or_kept_in_every_format(name):
    assert records(*FILES[name], columns=CHOSEN) == [
        {"text": "a", "label": "b", "n": "3"}, {"text": "c", "label": "d", "n": "4"},
    ]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_column_the_file_lacks_is_refused_in_every_format(name):
    with pytest.raises(ImportRefused, match="There is no column 'sentense'"):
        records(*FILES[name], columns={"sentense": "text"})


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_looked_at_under_its_own_names_whatever_the_project_needs(name):
    assert list(records(*FILES[name], as_it_is=True)[0]) == ["row", "Sentence", "intent", "n"]


def test_a_later_line_of_json_with_two_columns_for_one_purpose_is_one_rejection():
    content = b'{"body": "a"}\n' * HEAD_LINES + b'{"body": "b", "text": "c"}\n{"body": "d"}\n'
    read = JsonlReader(
        io.BytesIO(content), modality="text", kind=KINDS["classification"], options={"columns": {"body": "text"}}
    )
    *_, last_but_one, last = [record for _, record in read.records(0)]
    assert "Two columns for text" in last_but_one.reason
    assert last == {"text": "d"}


def test_a_reserved_name_that_was_chosen_for_something_else_is_not_taken_by_its_case():
    content = b"Label,text,kind\nnot a label,a,ham\n"
    assert records(CsvReader, content, columns={"Label": "origin", "kind": "label"}) == [
        {"origin": "not a label", "text": "a", "label": "ham"}
    ]


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (["text"], "an object"),
        ({"a": "words"}, "cannot be for 'words'"),
        ({"a": 3}, "cannot be for '3'"),
        ({"a": "text", "b": "text"}, "Two columns for text: 'a' and 'b'"),
        ({"a": "winner"}, "cannot be for 'winner'"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_what_can(chosen, why):
    with pytest.raises(ImportRefused) as refused:
        ColumnMapping.checked(chosen, TEXT)
    assert why in refused.value.reason


def test_a_column_the_file_lacks_is_named_with_those_it_has():
    with pytest.raises(ImportRefused, match="There is no column 'sentense'; the file has sentence, intent"):
        ColumnMapping({"sentense": "text"}).fits(["sentence", "intent"])


def test_a_column_that_has_a_purpose_by_its_name_is_the_second_for_it():
    mapping = ColumnMapping({"body": "text"})
    with pytest.raises(ImportRefused, match="Two columns for text"):
        mapping.fits(["text", "body"])
    ColumnMapping({"body": "text", "text": ""}).fits(["text", "body"])


def test_a_column_may_be_called_as_another_is_for():
    columns = ColumnMapping.checked({"text": "label", "label": "text"}, TEXT).chosen
    assert records(CsvReader, b"text,label\nspam,win\n", columns=columns) == [{"label": "spam", "text": "win"}]


def purposes(columns, rows, labels=(), of=TEXT):
    return {name: each.purpose for name, each in suggested(columns, rows, list(of), labels).items()}


def test_names_of_other_peoples_files_are_known():
    rows = [{"Sentence": "book me a flight", "Intent ": "travel", "doc_id": n, "n": n} for n in range(4)]
    assert purposes(["Sentence", "Intent ", "doc_id", "n"], rows) == {
        "Sentence": "text", "Intent ": "label", "doc_id": "id",
    }  # fmt: skip


def test_the_projects_labels_tell_more_than_a_name():
    rows = [{"class": "3a", "kind": "ham", "text": "a"}, {"class": "3b", "kind": "spam", "text": "b"}]
    assert purposes(["class", "kind", "text"], rows, {"ham", "spam"}) == {"text": "text", "kind": "label"}


def test_the_longest_texts_are_the_text_where_no_name_says_so():
    rows = [{"a": "x", "b": "one two three four", "c": "five six"} for _ in range(3)]
    assert purposes(["a", "b", "c"], rows) == {"b": "text"}


@pytest.mark.parametrize(
    ("column", "values"), [("split", ["train", "test"]), ("id", [1, 1]), ("text", [1.5, 2.5])]
)  # fmt: skip
def test_a_name_is_not_believed_where_the_values_cannot_be_that(column, values):
    other = {"split": "split_", "id": "uid", "text": "body"}[column]
    rows = [{other: value, "words": "one two three four"} for value in values]
    assert other not in purposes([other, "words"], rows)


def test_columns_of_pairs_are_known_by_their_names():
    rows = [{"left": "a", "right": "b", "winner": "left", "query": "q"}]
    found = purposes(["left", "right", "winner", "query"], rows, of=PAIRS)
    assert found == {"left": "left", "right": "right", "winner": "winner", "query": "context"}


def test_nothing_is_guessed_of_no_rows():
    assert purposes(["a", "b"], []) == {}
