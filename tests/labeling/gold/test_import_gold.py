"""The import columns gold and gold_explanation of rows about items, and the export that brings them back."""

import json

import pytest

from labeling.kinds import KINDS, Question
from labeling.models import KnownAnswer
from labeling.selectors.export import Filters, export_columns, export_rows
from labeling.selectors.recount import differences
from labeling.services.imports.certificate import certificate_of
from labeling.services.projects.manage import update_project
from labeling.services.quality.known_answers import make_gold
from tests.factories import make_answer, make_items, make_project
from tests.labeling.imports.conftest import bring_in, counts, picture, reasons, zip_of  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

ROWS = [
    {"id": "a", "text": "one", "gold": "ham", "gold_explanation": "It says so.", "split": "pool"},
    {"id": "b", "text": "two", "label": "spam", "split": "pool"},
    {"id": "c", "text": "three", "gold": "bacon", "split": "pool"},
    {"id": "d", "text": "four", "gold": "", "gold_explanation": "Of nothing.", "split": "pool"},
]


def known(project) -> dict[str, tuple[dict, str]]:
    rows = KnownAnswer.objects.filter(project=project).values_list("item__external_id", "answer", "explanation")
    return {name: (answer, why) for name, answer, why in rows}


def test_gold_comes_with_its_rows_and_a_label_nobody_knows_is_refused_by_name(project, bring_in):  # noqa: F811
    batch = bring_in(project, ROWS)
    assert counts(batch) == ("done", 3, 0, 1)
    assert known(project) == {"a": ({"label": "ham"}, "It says so.")}
    assert "'bacon' is not in the label set" in reasons(batch)[3]
    assert batch.rejections.get().field == "gold"
    assert KnownAnswer.objects.get().origin == "import"
    told = certificate_of(batch)
    assert told["gold"] == {"read": 1, "stored": 1, "not_stored": 0}
    assert told["answers"]["read"] == 1  # what is known is nobody's answer
    assert all(check["ok"] for check in told["checks"])


def test_gold_that_contradicts_what_is_known_is_refused_and_that_of_a_duplicate_is_taken(
    project, people, bring_in  # noqa: F811
):  # fmt: skip
    bring_in(project, ROWS[:2])
    batch = bring_in(project, [
        {"text": "one", "gold": "spam"},
        {"text": "one", "gold": "ham", "gold_explanation": "Another reason."},
        {"text": "two", "gold": "spam"},
        {"text": "five", "gold": "ham"}, {"text": "five", "gold": "spam"},
    ])  # fmt: skip
    assert counts(batch) == ("done", 1, 2, 2)
    assert dict(reasons(batch).items()) == dict.fromkeys((1, 5), "This item has another gold answer already.")
    assert known(project)["a"] == ({"label": "ham"}, "It says so.")  # nothing is overwritten
    assert known(project)["b"] == ({"label": "spam"}, "")
    assert certificate_of(batch)["gold"] == {"read": 5, "stored": 2, "not_stored": 3}


@pytest.mark.both_databases
def test_imported_gold_is_asked_as_gold_alone(project, people, bring_in):  # noqa: F811
    update_project(people.manager, project, settings={"gold_share": 0.2})
    bring_in(project, ROWS[:2])
    bring_in(project, [{"text": "two", "gold": "spam"}])
    assert set(project.items.values_list("external_id", "annotations_required", "is_open")) == {
        ("a", 0, False), ("b", 0, False),
    }  # fmt: skip
    assert [str(found) for found in differences(project)] == []


@pytest.mark.parametrize(
    ("kind", "labels", "cell", "answer"),
    [
        ("multilabel", ("ham", "spam"), "ham|spam", {"labels": ["ham", "spam"]}),
        ("rating", ("1", "2", "3"), "2.0", {"rating": 2}),
        ("rating", ("bad", "good"), "good", {"rating": "good"}),
    ],
)
def test_gold_of_other_kinds_in_csv(people, bring_in, kind, labels, cell, answer):  # noqa: F811
    project = make_project(kind=kind, labels=labels, manager=people.manager)
    batch = bring_in(project, f"id,text,Gold\na,one,{cell}\n".encode())
    assert counts(batch) == ("done", 1, 0, 0)
    assert known(project) == {"a": (answer, "")}


def test_gold_of_pictures_and_of_table_rows_is_no_feature(people, bring_in):  # noqa: F811
    photos = make_project(slug="photos", modality="image", manager=people.manager)
    table = b"image,gold\na.png,ham\n"
    assert counts(bring_in(photos, zip_of({"a.png": picture(1), "items.csv": table}), "photos.zip"))[1] == 1
    assert KnownAnswer.objects.get(project=photos).answer == {"label": "ham"}
    rows = make_project(slug="rows", modality="tabular", manager=people.manager)
    bring_in(rows, [{"id": "a", "size": 3, "gold": "spam", "gold_explanation": "Small."}])
    assert rows.items.get().data == {"size": 3}
    rows.refresh_from_db()
    assert rows.columns == ["size"]
    assert known(rows) == {"a": ({"label": "spam"}, "Small.")}


def test_a_table_that_has_a_feature_called_gold_keeps_it(people, bring_in):  # noqa: F811
    game = make_project(slug="game", modality="tabular", manager=people.manager)
    type(game).objects.filter(pk=game.pk).update(columns=["gold", "kills"])
    game.refresh_from_db()
    assert counts(bring_in(game, [{"gold": 1200, "kills": 3}])) == ("done", 1, 0, 0)
    assert game.items.get().data == {"gold": 1200, "kills": 3}
    assert not KnownAnswer.objects.exists()


def test_gold_brings_its_labels_where_the_import_brings_those(people, bring_in):  # noqa: F811
    project = make_project(labels=(), manager=people.manager)
    bring_in(project, [{"text": "one", "gold": "ham"}, {"text": "two", "label": "spam"}])
    assert list(project.labels.names()) == ["ham", "spam"]


def test_label_studio_marks_the_truth(project, bring_in):  # noqa: F811
    task = {"id": 1, "data": {"text": "one"}, "annotations": [
        {"completed_by": 1, "ground_truth": True, "result": [
            {"from_name": "sort", "to_name": "text", "type": "choices", "value": {"choices": ["spam"]}}]}]}  # fmt: skip
    assert counts(bring_in(project, json.dumps([task]).encode(), "tasks.json")) == ("done", 1, 0, 0)
    assert KnownAnswer.objects.get().answer == {"label": "spam"}


@pytest.mark.parametrize("kind", sorted(name for name, kind in KINDS.items() if kind.answers_are_of_items))
@pytest.mark.parametrize("rows", ["items", "annotations"])
def test_exports_have_a_column_that_comes_back(people, bring_in, kind, rows):  # noqa: F811
    labels = ("1", "2", "3", "4", "5")
    first = make_project(kind=kind, labels=labels, manager=people.manager)
    items = make_items(first, ["one", "two"])
    answer = KINDS[kind].answer_from_import(4 if kind == "rating" else "4", Question(frozenset(labels)))
    for item in items:
        make_answer(item, people.annotator, answer)
    assert "gold" not in {column.name for column in export_columns(first, rows, Filters())}
    make_gold(people.manager, items[0], answer, "Four of them.")
    found = list(export_rows(first, rows, Filters()))
    assert [row["gold_explanation"] for row in found] == ["Four of them.", None]
    second = make_project(kind=kind, labels=labels, manager=people.manager)
    content = "\n".join(json.dumps(row, default=str) for row in found).encode()
    assert counts(bring_in(second, content, "items.jsonl"))[:2] == ("done", 2)
    assert known(second) == {"row-0": (answer, "Four of them.")}
