"""A person uploads a file with a few bad rows: the good ones go in, each bad one is named with its reason."""

import csv
import io

import pytest

from labeling.models import Item
from tests.labeling.imports.conftest import assert_counts_true, counts, reasons

pytestmark = pytest.mark.django_db


def test_a_thousand_rows_with_ten_different_faults(project, bring_in):
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["id", "text", "label", "group", "split", "note"])
    for n in range(1, 1001):
        writer.writerow([f"r{n}", f"message {n}", ("ham", "spam", "")[n % 3], "", "", n])
    lines = target.getvalue().encode().split(b"\r\n")
    lines[100] = b"r100,,ham,,,1"
    lines[200] = b"r200,hello,ham"
    lines[300] = b"r300,hello,ham,,,1,too,many"
    lines[400] = b"r400,hello,eggs,,,1"
    lines[500] = b"r500,caf\xe9,ham,,,1"
    lines[600] = b"r600,nul \0 here,ham,,,1"
    lines[700] = b"r1,another text under a known id,ham,,,1"
    lines[800] = b"r800,hello,ham,,train,1"
    lines[900] = b"r900,hello,ham," + b"g" * 201 + b",,1"
    lines[950] = b'r950,"' + b"x" * 10_000_000 + b'",ham,,,1'
    batch = bring_in(project, b"\r\n".join(lines))
    assert counts(batch) == ("done", 990, 0, 10)
    assert batch.total == 1000
    found = reasons(batch)
    for row, words in {
        100: "no text", 200: "3 cells", 300: "8 cells", 400: "'eggs' is not in the label set",
        500: "Not UTF-8: byte 0xE9",
        600: "NUL", 700: "has this id already", 800: "'train' is not a split",
        900: "201 characters", 950: "longer than",
    }.items():  # fmt: skip
        assert words in found[row], (row, found[row])
    assert batch.rejections.get(row=400).field == "label"
    assert batch.rejections.get(row=700).name == "r1"
    assert_counts_true(project)
    assert Item.objects.get(external_id="r999").data == {"note": "999"}


def test_the_same_file_again_brings_nothing_new(project, bring_in):
    content = b"id,text\n1,one\n2,two\n3,one\n"
    assert counts(bring_in(project, content)) == ("done", 2, 1, 0)
    assert counts(bring_in(project, content)) == ("done", 0, 3, 0)
    assert_counts_true(project)


def test_an_id_is_only_taken_when_the_content_differs(project, bring_in):
    bring_in(project, b"id,text\n1,one\n")
    batch = bring_in(project, b"id,text\n1,one\n1,uno\n9,one\n")
    assert counts(batch) == ("done", 0, 2, 1)
    assert list(reasons(batch)) == [2]


def test_the_same_text_in_another_context_is_another_question(project, bring_in):
    batch = bring_in(project, b"text,context\nyes,tea?\nyes,coffee?\nyes,tea?\n")
    assert counts(batch) == ("done", 2, 1, 0)


def test_imported_labels_are_kept_and_leave_the_item_open(project, bring_in):
    batch = bring_in(project, b"text,label\none,ham\ntwo,\nthree, spam \n")
    assert counts(batch) == ("done", 3, 0, 0)
    answers = project.annotations.filter(source="import").order_by("item__ordinal")
    assert [(a.item.text, a.answer, a.task_id, a.annotator_id) for a in answers] == [
        ("one", {"label": "ham"}, None, None),
        ("three", {"label": "spam"}, None, None),
    ]
    assert Item.objects.filter(project=project, is_open=True, slots_taken=0, answers=0).count() == 3


def test_labels_of_a_multilabel_project(project, bring_in):
    project.kind = "multilabel"
    project.save()
    batch = bring_in(
        project,
        [{"text": "a", "label": ["spam", "ham"]}, {"text": "b", "label": "ham|spam"}, {"text": "c", "label": "[1"}],
    )
    assert counts(batch) == ("done", 2, 0, 1)
    assert {tuple(a.answer["labels"]) for a in project.annotations.all()} == {("ham", "spam")}
    assert batch.rejections.get(row=3).field == "label"


def test_too_many_rows_stops_at_the_limit_and_says_so(project, bring_in, settings):
    settings.IMPORT_MAX_ROWS = 3
    batch = bring_in(project, b"text\na\nb\nc\nd\n")
    assert counts(batch) == ("failed", 3, 0, 0)
    assert "More than 3 rows" in batch.error
    assert_counts_true(project)
