"""A label is retired, or described with examples: versions like every other, and undone like them."""

import pytest

from labeling.models import AuditEvent, SchemeChange
from labeling.selectors.export import Filters, export_rows
from labeling.services.projects.label_set import set_labels
from labeling.services.projects.manage import update_project
from labeling.services.projects.renames import rename_label
from labeling.services.scheme.words import describe_label, retire_label
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items
from tests.labeling.scheme.changes import undo_change

pytestmark = pytest.mark.django_db


def in_use(project):
    return list(project.labels.in_use().values_list("name", "hotkey"))


def test_a_retired_label_keeps_its_answers_and_comes_back_with_an_undo(project, people):
    (item,) = make_items(project, ["a"])
    make_answer(item, people.manager, {"label": "spam"})
    version = project.labels_version
    retire_label(people.manager, project, "spam", reason="out of fashion")
    assert in_use(project) == [("ham", "1")]
    assert [row["answer"] for row in export_rows(project, "annotations", Filters())] == [{"label": "spam"}]
    assert project.labels_version == version + 1
    assert AuditEvent.objects.get(action="project.labels_retired").after["reason"] == "out of fashion"
    undo_change(people.manager, project)
    assert in_use(project) == [("ham", "1"), ("spam", "2")]


def test_examples_stand_with_the_description_and_teach_no_model(project, people):
    version, pages = project.labels_version, project.label_renames
    describe_label(people.manager, project, "spam", description="Nobody asked for it.", examples=["WIN now", " ", "x"])
    label = project.labels.get(name="spam")
    assert (label.description, label.examples) == ("Nobody asked for it.", ["WIN now", "x"])
    assert (project.labels_version, project.label_renames) == (version, pages + 1)
    undo_change(people.manager, project)
    label.refresh_from_db()
    assert (label.description, label.examples) == ("", [])
    for given, field in ((["x"] * 11, "examples"), ("x", "examples"), ([3], "examples"), (["x" * 501], "examples")):
        with pytest.raises(Invalid) as refused:
            describe_label(people.manager, project, "spam", examples=given)
        assert refused.value.field == field


def test_every_way_to_change_the_labels_is_a_version_and_keys_and_order_are_none(project, people):
    update_project(people.manager, project, labels=["spam", {"name": "ham", "hotkey": "h"}])
    assert not SchemeChange.objects.exists()
    update_project(people.manager, project, labels=["spam", "ham", "other"])
    rename_label(people.manager, project, "ham", "good")
    update_project(people.manager, project, labels=[{"name": "spam", "description": "bad"}, "good"])
    retire_label(people.manager, project, "good")
    said = [(row.number, row.operation, row.details, row.made_by) for row in SchemeChange.objects.order_by("number")]
    assert said == [
        (1, "start", {}, project.created_by),
        (2, "set", {"added": ["other"], "retired": [], "described": []}, people.manager),
        (3, "rename", {"from": "ham", "into": "good"}, people.manager),
        (4, "set", {"added": [], "retired": ["other"], "described": ["spam"]}, people.manager),
        (5, "retire", {"label": "good"}, people.manager),
    ]
    undo_change(people.manager, project)
    assert [name for name, _ in in_use(project)] == ["spam", "good"]


def test_a_label_that_was_added_is_out_of_use_once_that_is_undone(project, people):
    set_labels(project, ["ham", "spam", "other"], user=people.manager)
    undo_change(people.manager, project)
    assert [name for name, _ in in_use(project)] == ["ham", "spam"]
    set_labels(project, ["ham", "spam", "other"], user=people.manager)
    assert [name for name, _ in in_use(project)] == ["ham", "spam", "other"]
