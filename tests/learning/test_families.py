"""A kind says which family learns it; one without a family is asked at random and never learned as something else."""

import pytest

from labeling.kinds import KINDS, NO_FAMILY
from labeling.kinds.classification import Classification
from labeling.models import JobState
from learning.families.labels.ranking import settings_of
from learning.models import ModelVersion, Run, Trigger
from learning.services.pipeline.registered import FAMILIES, family_of
from learning.services.runs.control import request_run
from learning.services.runs.decide import decide
from learning.services.runs.sweep import due_projects
from tests.factories import make_answer, make_items, make_project


class Guess(Classification):
    """A kind made by the recipe, of which no family knows."""

    name = "classification"
    family = NO_FAMILY
    learned_as = None


@pytest.fixture
def unlearned(monkeypatch):
    monkeypatch.setitem(KINDS, "classification", Guess())


def test_every_kind_names_a_family_that_is_there():
    for kind in KINDS.values():
        assert kind.family == NO_FAMILY or kind.family in FAMILIES
        assert (kind.learned_as is not None) == (kind.family == "labels")


def test_a_kind_without_a_family_has_none(unlearned, db):
    with pytest.raises(ValueError, match="unknown family"):
        family_of(make_project())


@pytest.mark.django_db
def test_a_run_of_a_kind_without_a_family_is_skipped_and_says_so(unlearned, people):
    project = make_project(manager=people.manager)
    for item in make_items(project, ["a", "b", "c"]):
        make_answer(item, people.annotator, {"label": "ham"})
    run = request_run(people.manager, project)
    assert (run.state, run.reason) == (
        JobState.SKIPPED,
        "nothing learns this kind of question: its items are asked at random",
    )
    assert decide(project.pk, Trigger.LABELS) is None or Run.objects.count() == 1
    assert due_projects() == []
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_the_family_of_labels_refuses_a_kind_whose_answers_are_no_labels(unlearned):
    with pytest.raises(TypeError, match="does not know how to learn"):
        settings_of(make_project(), 2)


def test_every_family_has_the_whole_protocol():
    for name in FAMILIES.names():
        family = FAMILIES.make(name)
        assert family.name == name
        assert family.nothing_to_learn
        assert not getattr(type(family), "__abstractmethods__", None)
        assert not family.calibrates or type(family).calibrate.__qualname__ != "Family.calibrate"
