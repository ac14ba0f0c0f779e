"""What columns are for: as the sender says, as names and contents suggest."""

import pytest

from labeling.kinds import KINDS
from labeling.services.imports.columns import ColumnMapping, purposes_of, suggested
from labeling.services.imports.errors import ImportRefused

TEXT = purposes_of("text", KINDS["classification"])
PAIRS = purposes_of("text", KINDS["pairwise"])


def test_columns_are_renamed_left_out_or_kept():
    mapping = ColumnMapping.checked({"sentence": "text", "intent": "label", "row": None}, TEXT)
    mapping.fits(["row", "sentence", "intent", "length"])
    assert mapping.names(["row", "sentence", "intent", "length"]) == ["text", "label", "length"]
    assert mapping.record({"row": 1, "sentence": "a", "intent": "b", "length": 3}) == {
        "text": "a", "label": "b", "length": 3,
    }  # fmt: skip


def test_without_a_choice_a_record_is_left_alone():
    record = {"text": "a"}
    assert ColumnMapping({}).record(record) is record


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
    mapping = ColumnMapping.checked({"text": "label", "label": "text"}, TEXT)
    mapping.fits(["text", "label"])
    assert mapping.record({"text": "spam", "label": "win"}) == {"label": "spam", "text": "win"}


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
