"""A name that is too long for its column is found by ``check --deploy``, before anybody stores it."""

from dataclasses import replace

import pytest
from django.core.checks import run_checks

from config.name_lengths import stored_names, too_long
from labeling import extensions
from labeling.models import Snapshot
from labeling.services import exports
from tests.factories import make_project

LONG = "a" * 41


def found() -> list[str]:
    return [message.msg for message in run_checks(include_deployment_checks=True) if message.id == "config.E004"]


def test_every_registered_name_fits():
    assert found() == []
    counts = {(model.__name__, field): len(list(names)) for model, field, names in stored_names()}
    assert min(counts.values()) > 0
    assert {("Snapshot", "format"), ("Snapshot", "rows"), ("Project", "kind"), ("Project", "learner")} <= counts.keys()


def test_a_format_whose_name_is_too_long_is_found(monkeypatch):
    monkeypatch.setitem(exports.FORMATS, LONG, exports.FORMATS["csv"])
    assert found() == [f"{LONG!r} has 41 characters, Snapshot.format holds 40."]


def test_a_row_shape_whose_name_is_too_long_is_found(monkeypatch):
    installed = extensions.installed()
    more = {**installed.row_shapes, LONG: installed.row_shapes["scores"]}
    monkeypatch.setattr(extensions, "_installed", replace(installed, row_shapes=more))
    assert found() == [f"{LONG!r} has 41 characters, Snapshot.rows holds 40."]


def test_a_strategy_whose_name_is_too_long_is_found_in_every_place_it_is_stored(monkeypatch):
    names = {**extensions.installed().setting_names, "strategy": lambda modality, objective: [LONG]}
    monkeypatch.setattr(extensions, "_installed", replace(extensions.installed(), setting_names=names))
    assert [words.split(", ")[1].split(".")[0] for words in found()] == ["Project", "Task", "Epoch", "ModelVersion"]


def test_one_character_makes_the_difference():
    assert too_long([(Snapshot, "format", [LONG[1:]])]) == []
    assert len(too_long([(Snapshot, "format", [LONG])])) == 1


@pytest.mark.both_databases
def test_the_longest_names_are_stored(db):
    made = Snapshot.objects.create(project=make_project(), format=LONG[1:], rows=LONG[1:])
    made.refresh_from_db()
    assert (made.format, made.rows) == (LONG[1:], LONG[1:])
