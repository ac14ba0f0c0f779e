"""Tasks and configuration for Label Studio, read by what its documentation says of them."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from labeling.models import Annotation, Context, Pair, Source
from labeling.selectors.export import Filters
from labeling.services.exports import check_folder, export_file
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import LABELS, awkward_project, names_in, picture, stored, unpacked

pytestmark = pytest.mark.django_db

#: By the type of a result, its control tag and where its value stands.
TYPES = {"choices": ("Choices", "choices"), "rating": ("Rating", "rating"), "pairwise": ("Pairwise", "selected")}


def read(folder: Path) -> tuple[list[dict[str, Any]], ElementTree.Element]:
    """The tasks, after every reference to the configuration was followed."""
    config = ElementTree.parse(folder / "label_config.xml").getroot()
    tags = {tag.get("name"): tag for tag in config.iter() if tag.get("name")}
    tasks = json.loads((folder / "tasks.json").read_text())
    for task in tasks:
        for shown in (tag for tag in tags.values() if tag.get("value")):
            assert shown.get("value", "")[1:] in task["data"], shown.attrib
        for annotation in task["annotations"]:
            for result in annotation["result"]:
                control, key = TYPES[result["type"]]
                tag = tags[result["from_name"]]
                assert tag.tag == control
                assert result["to_name"] in tag.get("toName", "").split(",")
                assert result["to_name"] in tags
                if control == "Choices":
                    assert set(result["value"][key]) <= {choice.get("value") for choice in tag}
    return tasks, config


def values(task: dict[str, Any]) -> list[Any]:
    """What each annotation says."""
    return [[result["value"][TYPES[result["type"]][1]] for result in said["result"]] for said in task["annotations"]]


def test_every_answer_about_an_item_is_an_annotation_of_its_task(people, tmp_path):
    project = awkward_project([people.annotator, people.reviewer], overlap=2)
    item = project.items.order_by("-ordinal")[2]
    make_answer(item, people.manager, {"label": "007"})
    tasks, _ = read(unpacked(project, "label-studio", "annotations", tmp_path))
    rows = stored(project, "annotations")
    assert sorted(task["id"] for task in tasks) == sorted({row["item_id"] for row in rows})
    for task in tasks:
        of_item = [row for row in rows if row["item_id"] == task["id"]]
        assert values(task) == [[[row["answer"]["label"]]] for row in of_item]
        assert [said["created_username"] for said in task["annotations"]] == [row["annotator"] for row in of_item]
        assert [said["created_at"] for said in task["annotations"]] == [row["created_at"] for row in of_item]
        told = of_item[0]
        own = (
            "external_id",
            "split",
            "text",
            "digits",
            "whole",
            "mixed",
            "words",
            "nested",
            "beyond",
            "item.annotator",
        )
        assert {name: task["data"].get(name) for name in own} == {name: told[name] for name in own}
    assert len(values(next(task for task in tasks if task["id"] == item.pk))) == 2


def test_a_consensus_is_one_annotation_and_no_consensus_none(people, tmp_path):
    project = make_project(labels=LABELS, overlap=2)
    agreed, split = make_items(project, ["x", "y"])
    for item, labels in ((agreed, ("-", "-")), (split, ("0", "1"))):
        for person, label in zip((people.annotator, people.reviewer), labels, strict=True):
            make_answer(item, person, {"label": label})
    tasks, config = read(unpacked(project, "label-studio", "items", tmp_path))
    assert [values(task) for task in tasks] == [[[["-"]]], []]
    assert [choice.get("value") for choice in config.iter("Choice")] == list(LABELS)


def test_several_labels_are_one_choice_of_several_and_none_of_them_an_annotation_without_a_result(people, tmp_path):
    project = make_project(kind="multilabel", labels=("a", "b"))
    for item, labels in zip(make_items(project, ["x", "y"]), (["a", "b"], []), strict=True):
        make_answer(item, people.annotator, {"labels": labels})
    tasks, config = read(unpacked(project, "label-studio", "annotations", tmp_path))
    assert [values(task) for task in tasks] == [[[["a", "b"]]], [[]]]
    assert config.find("Choices").get("choice") == "multiple"


@pytest.mark.parametrize(
    ("steps", "given", "tag", "value"),
    [
        (("1", "2", "3", "4", "5"), 4, "Rating", 4),
        (("-1", "0", "1"), -1, "Choices", ["-1"]),
        (("bad", "good"), "bad", "Choices", ["bad"]),
    ],
)
def test_a_rating_is_stars_where_its_steps_are_and_a_choice_elsewhere(people, tmp_path, steps, given, tag, value):
    project = make_project(kind="rating", labels=steps)
    make_answer(make_items(project, ["x"])[0], people.annotator, {"rating": given})
    ((task,), config) = read(unpacked(project, "label-studio", "annotations", tmp_path))
    assert values(task) == [[value]]
    assert config.find(tag) is not None
    if tag == "Rating":
        assert config.find(tag).get("maxRating") == "5"


def test_a_median_between_two_steps_is_told_as_lost(people, tmp_path):
    project = make_project(kind="rating", labels=("1", "2"), overlap=2)
    (item,) = make_items(project, ["x"])
    for person, step in ((people.annotator, 1), (people.reviewer, 2)):
        make_answer(item, person, {"rating": step})
    folder = unpacked(project, "label-studio", "items", tmp_path)
    assert read(folder)[0][0]["annotations"] == []
    assert "1 row: A median between two steps" in (folder / "datasheet.md").read_text()


@pytest.mark.parametrize("modality", ["text", "image", "tabular"])
def test_a_judgment_is_a_task_with_both_as_they_stood(people, tmp_path, modality):
    project = make_project(kind="pairwise", modality=modality, labels=())
    context = Context.objects.create(project=project, ordinal=0, split="pool", content_hash="c", text="Which?")
    first, second = (
        make_items(
            project, [f"text {n}"], in_context=context, place=n, data={"n": n},
            asset=picture(project, n) if modality == "image" else None,
        )[0]
        for n in (0, 1)
    )  # fmt: skip
    pair = Pair.objects.create(project=project, context=context, first=first, second=second, split="pool")
    for name, winner in (("Ann", "left"), ("Bob", "neither")):
        Annotation.objects.create(
            project=project, pair=pair, left=second, source=Source.IMPORT, answer={"winner": winner},
            imported_annotator=name,
        )  # fmt: skip
    folder = unpacked(project, "label-studio", "annotations", tmp_path)
    tasks, _ = read(folder)
    assert [values(task) for task in tasks] == [[["left"]], [[["neither"]]]]
    assert [task["annotations"][0]["created_username"] for task in tasks] == ["Ann", "Bob"]
    data = tasks[0]["data"]
    assert (data["context"], data["split"]) == ("Which?", "pool")
    if modality == "text":
        assert (data["left_text"], data["right_text"]) == ("text 1", "text 0")
    elif modality == "tabular":
        assert (data["left_data"], data["right_data"]) == ({"n": 1}, {"n": 0})
    else:
        names = [data[f"{side}_image"].rpartition("/")[2] for side in ("left", "right")]
        assert names == [f"{item.asset.sha256}.png" for item in (second, first)]
        assert set(names) == {name.removeprefix("images/") for name in names_in(folder) if name.startswith("images/")}


def test_pictures_and_table_rows_are_shown_by_the_tags_for_them(people, tmp_path):
    photos, table = make_project(modality="image"), make_project(modality="tabular")
    make_answer(make_items(photos, ["x"], asset=picture(photos, 1))[0], people.annotator, {"label": "ham"})
    make_answer(make_items(table, ["x"], data={"age": 3, "label": "own"})[0], people.annotator, {"label": "ham"})
    ((photo,), _) = read(unpacked(photos, "label-studio", "items", tmp_path / "photos"))
    assert photo["data"]["image"].startswith("/data/local-files/?d=images/")
    ((row,), config) = read(unpacked(table, "label-studio", "items", tmp_path / "table"))
    assert (config.find("Table").get("value"), row["data"]["row"]) == ("$row", {"age": 3, "item.label": "own"})


def test_names_are_pseudonyms_where_they_are_asked_for(people, tmp_path):
    project = awkward_project([people.annotator])
    folder = unpacked(project, "label-studio", "annotations", tmp_path, Filters(pseudonyms=True))
    text = (folder / "tasks.json").read_text() + (folder / "datasheet.md").read_text()
    assert "person-" in text
    assert "`annotator`" not in text
    assert '"created_username":"annotator"' not in text


def test_rows_that_are_no_answers_are_refused():
    project = make_project(kind="pairwise", labels=())
    for rows in ("items", "preferences"):
        with pytest.raises(Invalid, match="takes answers"):
            check_folder(project, "label-studio", rows)
    with pytest.raises(Invalid):
        export_file(project, "label-studio", "items", Filters())


def test_a_project_without_labels_has_no_choices_but_those_that_were_given(people, tmp_path):
    project = make_project(labels=())
    _, config = read(unpacked(project, "label-studio", "annotations", tmp_path / "nothing"))
    assert list(config.iter("Choice")) == []
    make_answer(make_items(project, ["x"])[0], people.annotator, {"label": "gone"})
    (task,), config = read(unpacked(project, "label-studio", "annotations", tmp_path / "gone"))
    assert values(task) == [[["gone"]]]
