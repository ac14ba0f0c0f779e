"""The ports that learning fills: what stands in them, and that labeling does without."""

import json
from dataclasses import fields

import pytest

from labeling import extensions
from labeling.extensions import NOTHING, AlreadyInstalled, Extensions, install, installed
from labeling.selectors.row_shapes import row_names, row_names_of
from labeling.selectors.stored_files import named_files
from labeling.services.exports import checked_filters, checked_shape, export_file
from labeling.services.housekeeping import run_housekeeping, start_housekeeping, would_free
from labeling.services.projects.setting_choices import choices
from labeling.services.reports.metrics import metrics
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items, make_project


@pytest.fixture
def without_learning(monkeypatch):
    monkeypatch.setattr(extensions, "_installed", NOTHING)


def test_learning_fills_every_port():
    filled = installed()
    assert [port.name for port in fields(Extensions) if getattr(filled, port.name) == getattr(NOTHING, port.name)] == []


def test_a_second_installation_is_refused():
    before = installed()
    with pytest.raises(AlreadyInstalled):
        install(Extensions(metrics={"mine": lambda project: 1}))
    assert installed() is before


def test_what_is_installed_is_asked(monkeypatch, project):
    monkeypatch.setattr(extensions, "_installed", NOTHING)
    names = {"learner": lambda modality, objective: ["mine"]}
    install(Extensions(metrics={"mine": lambda project: project.slug}, setting_names=names))
    assert metrics(project)["mine"] == project.slug
    assert choices("learner") == ["auto", "mine"]


def test_without_learning_the_numbers_of_a_project_have_an_empty_curve(without_learning, project):
    assert metrics(project)["learning_curve"] == []
    own = ["progress", "labels", "set_aside", "learning_curve", "agreement", "throughput", "as_of"]
    assert list(metrics(project)) == own


def test_without_learning_there_are_answers_and_items_to_export(without_learning, people, project):
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"}, model_version=1)
    assert row_names_of(make_project(kind="pairwise", modality="text")) == ["annotations", "items"]
    assert row_names() == ["annotations", "items", "predictions", "unknown"]
    with pytest.raises(Invalid, match="annotations, items"):
        checked_shape("jsonl", "scores")
    (row,) = b"".join(export_file(project, "jsonl", "annotations", checked_filters({}))).splitlines()
    assert json.loads(row)["model_verified"] is None


def test_without_learning_only_auto_can_be_set(without_learning):
    assert [choices(setting) for setting in ("strategy", "encoder", "learner")] == [["auto"]] * 3


@pytest.mark.django_db
def test_without_learning_housekeeping_and_backups_look_after_labelings_own_files(without_learning, project):
    assert list(would_free(project.pk)) == []
    assert list(named_files()) == []
    asked = start_housekeeping()
    run_housekeeping(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "done"
