"""Files that Label Studio 1.23.2 exported (``made_by/label_studio``)."""

import json

import pytest

from labeling.services.imports import ImportRefused
from tests.labeling.imports.foreign.reading import reading

TEXTS = "I like it", "I do not like it", 'Grüße, "quoted", and\nnew line 🦊', "nobody answered"
TABLES = pytest.mark.parametrize("name", ["choices.min.json", "choices.csv", "choices.tsv"])


def test_choices_come_with_the_id_of_their_task_and_its_data():
    found = reading("label_studio/choices.json")
    assert found.tool == "label-studio"
    assert found.column("id") == [1, 2, 3, 4, 5, 6, 7]
    assert found.column("text")[:4] == list(TEXTS)
    assert found.given()[:4] == ["positive", "negative", "C#", None]
    assert found.by_name[0] == {"1": "positive"}  # the number of a person is all that the file says
    assert found.rows[0]["source"] == "web"


def test_skips_are_no_answers_truths_go_first_and_one_who_says_two_things_says_none():
    found = reading("label_studio/choices.json")
    assert found.column("text")[4:] == ["skipped one", "two people of two minds", "truth known"]
    assert found.given()[4:] == [None, None, "positive"]
    assert found.said("1 answer was a skip")
    assert found.said("1 task has an answer that is marked as the truth")
    assert found.said("1 item has answers of one name or of none that do not agree")


def test_a_prediction_is_kept_with_its_item_though_the_export_names_its_number_only():
    found = reading("label_studio/choices.json")
    assert found.column("predictions") == [[{"model": "m1", "score": 0.7, "label": ["positive"]}], *[None] * 6]
    lost = json.dumps([{"id": 1, "data": {"text": "a"}, "annotations": [], "predictions": [7, 8]}]).encode()
    assert reading(lost).said("2 predictions are named by their numbers only")


@TABLES
def test_tables_have_a_row_an_annotation_which_come_together_again(name):
    found = reading(f"label_studio/{name}")
    assert found.tool == "label-studio-table"
    assert [str(each) for each in found.column("id")] == ["1", "2", "3", "4", "6", "7"]
    assert found.column("text")[:4] == list(TEXTS)
    assert found.given()[:4] == ["positive", "negative", "C#", None]
    assert found.given()[4:] == [None, None]  # which of two is the truth is not in a table
    assert found.said("leaves skipped tasks and predictions out")


@pytest.mark.parametrize("name", ["multiple.json", "multiple.min.json", "multiple.csv"])
def test_several_choices_are_a_list_and_an_answer_without_any_says_none_of_them(name):
    labels = reading(f"label_studio/{name}", kind="multilabel").given()
    assert labels == [["sport", "arts, film"], ["politics"], [], None]
    single = reading(f"label_studio/{name}")
    assert single.given() == [None, "politics", None, None]
    assert single.said("1 answer gave several labels")


@pytest.mark.parametrize("name", ["rating.json", "rating.min.json", "rating.csv"])
def test_ratings_are_steps_and_a_median_between_two_is_none(name):
    assert reading(f"label_studio/{name}", kind="rating").given() == [4, None, 5, None]


@pytest.mark.parametrize("name", ["pairwise.json", "pairwise.min.json", "pairwise.csv"])
def test_comparisons_are_items_in_their_context_and_judgments_with_their_side(name):
    found = reading(f"label_studio/{name}", kind="pairwise")
    texts = {row["id"]: (row["context"]["text"], row["text"]) for row in found.rows if "text" in row}
    judged = [
        (*(texts[row[side]][1] for side in ("left", "right")), row["winner"], row["annotator"], row["elapsed_ms"])
        for row in found.rows
        if "left" in row
    ]
    assert judged == [
        ("4", "5", "left", "1", 2500), ("4", "5", "left", "1", 2500), ("four", "4", "right", "1", 2500),
        ("Lyon", "Paris", "right", "1", 2500),
    ]  # fmt: skip
    assert len(texts) == 5  # "4" stands in two tasks of one context and is one item
    assert found.rejected == []


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("boxes.json", "classification", "with boxes; boxes are not supported yet"),
        ("spans.json", "classification", "with spans; spans are not supported yet"),
        ("spans.min.json", "classification", "with spans; spans are not supported yet"),
        ("choices.json", "pairwise", "without pairwise comparisons"),
        ("choices.csv", "pairwise", "without pairwise comparisons"),
        ("pairwise.json", "classification", "go into a pairwise project"),
    ],
)
def test_what_the_project_does_not_ask_is_refused_by_name(name, kind, reason):
    with pytest.raises(ImportRefused, match=f"^This is an export of Label Studio.*{reason}"):
        reading(f"label_studio/{name}", kind=kind)


def test_of_several_questions_one_is_taken_and_the_others_are_counted():
    found = reading("label_studio/several-questions.json")
    assert found.given() == ["positive", "negative"]
    assert found.said("1 answer to “urgent” (choices) was left out")
    assert found.said("1 answer to “why” (textarea) was left out")


@pytest.mark.parametrize("name", ["several-questions.csv", "several-questions.min.json"])
def test_a_table_that_does_not_tell_its_answers_asks_and_takes_the_column_that_is_chosen(name):
    asked = reading(f"label_studio/{name}")
    assert asked.given() == [None, None]
    assert asked.said("choose one as the label")
    chosen = reading(f"label_studio/{name}", columns={"urgent": "label", "why": ""})
    assert chosen.column("sentiment", "why") == [("positive", None), ("negative", None)]
    assert chosen.given() == ["yes", None]


@pytest.mark.parametrize(
    ("data", "asks"),
    [
        ({"id": "shop-77", "text": "good"}, True),
        ({"text": "good", "id": "shop-77", "category": "toys"}, True),
        ({"text": "good", "sentiment": "three stars"}, True),  # the answer takes its place, among the data
        ({"text": "good", "annotator": "shop"}, True),
        ({"text": "good", "category": "toys", "id": "shop-77"}, False),
        ({"text": "good", "category": "toys"}, False),
    ],
    ids=lambda case: "-".join(case) if isinstance(case, dict) else "",
)
def test_what_a_task_holds_behind_its_own_id_is_no_answer(data, asks):
    def row(number: int, *, answered: bool = True) -> dict[str, object]:
        said = {"sentiment": "positive"} if answered else {}
        by = {"annotator": 1, "annotation_id": 50 + number, "lead_time": 2.5} if answered else {}
        nobody = {"annotator": None, "annotation_id": None, "lead_time": None}
        return {**data, "id": number, **said, **(by or nobody)}

    def read(*rows: dict[str, object], **options: object):
        return reading(json.dumps(rows).encode(), **options)

    found = read(row(1), row(2))
    assert found.given() == ([None, None] if asks else ["positive", "positive"])
    assert found.said("choose one as the label") is asks
    assert read(row(1), row(2), columns={"sentiment": "label"}).given() == ["positive", "positive"]
    if "sentiment" not in data and "annotator" not in data:  # a row without an answer shows what is data
        assert read(row(1), row(2, answered=False)).given() == ["positive", None]


@pytest.mark.parametrize(
    ("ids", "texts"),
    [
        (["", "", ""], "abc"),
        (["shop-1", "shop-1", "shop-1"], "abc"),
        (["s-1", "s-1", "s-2"], "aab"),
        ([7, 7, 8], "abc"),
    ],
)
def test_tasks_of_a_csv_whose_own_ids_are_blank_or_stand_twice_do_not_become_one(ids, texts):
    rows = [
        f'{n},{n},{id_},"{label}",1.5,{text}'
        for n, (id_, text, label) in enumerate(zip(ids, texts, "xyz", strict=True))
    ]
    table = "\n".join(["annotation_id,annotator,id,sentiment,lead_time,text", *rows]).encode()
    found = reading(table, "a.csv", columns={"sentiment": "label"})
    assert found.column("text") == sorted(set(texts))
    assert sum(len(by_name) for by_name in found.by_name) == 3


def test_pictures_are_not_in_it_and_no_address_is_fetched():
    with pytest.raises(ImportRefused, match="The pictures are not in this file"):
        reading("label_studio/images.json", modality="image")


def test_the_only_text_of_a_task_is_its_text_and_of_several_one_is_asked_for():
    def tasks(**data):
        return json.dumps([{"id": 1, "data": data, "annotations": []}]).encode()

    assert reading(tasks(review="good", stars=3)).column("text", "stars") == [("good", 3)]
    with pytest.raises(ImportRefused, match="needs a column named text; found title, body"):
        reading(tasks(title="a", body="b"))
    assert reading(tasks(title="a", body="b"), columns={"body": "text"}).column("text", "title") == [("b", "a")]
