"""An export that is read back gives the same ids, groups, labels, sides, contexts, texts and columns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.models import Annotation, Item
from labeling.selectors.importing import notes_of
from labeling.services.exports import export_file
from labeling.services.exports.delimited import neutral
from labeling.services.imports.records.own_exports import NOTE, _without_quote
from tests.factories import make_project
from tests.labeling.imports.conftest import counts, reasons
from tests.labeling.test_export import NO_FILTER

FORMATS = pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
AWKWARD = [
    "0",
    "007",
    "1.0",
    "=1+1",
    "'=1+1",
    "''",
    "-",
    "-3",
    "-x",
    "@a",
    "+1",
    "true",
    "nan",
    "[]",
    "é|x",
    'a"b',
    "a,b",
]


def stored(project) -> dict[str, tuple]:
    answers = dict(Annotation.objects.filter(project=project).values_list("item__external_id", "answer"))
    return {
        item.external_id: (
            item.text, item.context, item.group, item.origin, item.split, item.data, answers.get(item.external_id),
        )
        for item in Item.objects.filter(project=project)
    }  # fmt: skip


def there_and_back(bring_in, first, second, name: str):
    content = b"".join(export_file(first, name, "items", NO_FILTER))
    return bring_in(second, content, f"export.{name}")


@FORMATS
@pytest.mark.parametrize(("kind", "labels", "given"), [
    ("classification", AWKWARD, AWKWARD),
    ("multilabel", ["0", "=a", "true"], [[], ["0"], ["=a", "true"], ["0", "=a", "true"]]),
    ("rating", ["1", "2", "3"], [1, 2.0, "3.0", 3]),
])  # fmt: skip
@pytest.mark.django_db
def test_texts_come_back_as_they_were(bring_in, name, kind, labels, given):
    labels = [label for label in labels if "|" not in label or kind == "classification"]
    first, second = (make_project(kind=kind, labels=tuple(labels), eval_share=0.5, split_seed=seed) for seed in "ab")
    rows = [
        {
            "id": text, "text": f"{text} text {n}", "group": text, "origin": text, "context": text, "note": text,
            "label": given[n % len(given)], "votes": text, "item.x": text, "n": n,
        }
        for n, text in enumerate(AWKWARD)
    ]  # fmt: skip
    rows += [{"id": f"{text}!", "text": text, "label": given[0]} for text in AWKWARD]
    assert counts(bring_in(first, rows)) == ("done", len(rows), 0, 0)
    batch = there_and_back(bring_in, first, second, name)
    assert (counts(batch), reasons(batch)) == (("done", len(rows), 0, 0), {})
    assert NOTE in notes_of(batch)
    was, came = stored(first), stored(second)
    assert came.keys() == was.keys()
    for key, (*fixed, data, answer) in was.items():
        *again, data_again, answer_again = came[key]
        assert (again, answer_again) == (fixed, answer)
        if name == "csv":  # types of data are the format's loss
            data = {column: str(value) for column, value in data.items()}
        assert {column: value for column, value in data_again.items() if value not in (None, "")} == data


@FORMATS
@pytest.mark.django_db
def test_a_table_comes_back_without_columns_that_say_how_it_was_answered(bring_in, name):
    first, second = (
        make_project(modality="tabular", labels=("yes", "no"), eval_share=0.5, split_seed=seed) for seed in "ab"
    )
    rows = [
        {"id": f"=r{n}", "group": str(n % 3), "label": "yes", "age": n, "share": n / 7, "votes": n, "text": f"=t{n}"}
        for n in range(20)
    ]
    bring_in(first, rows)
    batch = there_and_back(bring_in, first, second, name)
    assert (counts(batch), reasons(batch)) == (("done", 20, 0, 0), {})
    assert stored(second) == stored(first)
    second.refresh_from_db()
    assert set(second.columns) == {"age", "share", "votes", "text"}
    assert there_and_back(bring_in, first, first, name).duplicates == 20


@pytest.mark.django_db
def test_other_files_with_some_of_these_columns_are_taken_as_they_are(bring_in):
    project = make_project(labels=("a",))
    row = {"text": "t", "item_id": 5, "external_id": "e", "soft_label": {"a": 1.0}, "votes": 3}
    batch = bring_in(project, [row])
    assert Item.objects.get(project=project).data == {name: row[name] for name in row if name != "text"}
    assert notes_of(batch) == []


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("'=+-@\t\r1.ax"), max_size=6))
def test_a_cell_that_a_spreadsheet_would_run_is_read_back_as_it_was(text):
    assert _without_quote(neutral(text)) == text
    assert not neutral(text).startswith(("=", "@", "\t", "\r"))
