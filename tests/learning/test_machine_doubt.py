"""Where the machine and the model differ is asked first, and every chance stays known."""

import uuid

import pytest

from labeling.models import Item, Machine, QueueEntry, Split
from labeling.selectors.machines import newest_version
from labeling.services.machines.manage import add_machine
from labeling.services.machines.predictions import import_predictions
from labeling.services.projects.manage import update_project
from learning.models import Run
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project, truth

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

OTHER = {"ham": "spam", "spam": "ham"}


def test_what_it_says_otherwise_is_asked_first(people):
    project = make_text_project(people.manager, n_pool=140, n_eval=10, learner="logistic", strategy="margin")
    answer_some(project, people.manager, 60)
    add_machine(people.manager, project, name="judge", version="1")
    rest = list(Item.objects.open_in(Split.POOL).filter(project=project).order_by("ordinal"))
    differs = {item.pk for item in rest[5::13]}
    rows = [
        {"item": item.pk, "label": OTHER[truth(item)["label"]] if item.pk in differs else truth(item)["label"]}
        for item in project.items.all()
    ]
    import_predictions(newest_version(Machine.objects.get()), rows, public_id=uuid.uuid4())
    update_project(people.manager, project, settings={"signal_from": "judge"})
    run_training(decide(project.pk).pk)
    entries = list(QueueEntry.objects.order_by("rank"))
    assert len(entries) == len(rest) == 80
    first = {entry.item_id for entry in entries[: len(differs) + 6]}
    assert len(differs & first) >= len(differs) - 1
    assert all(0 < entry.propensity <= 1 for entry in entries)
    assert {entry.epoch.strategy for entry in entries} == {"margin"}
    run = Run.objects.get(project=project)
    assert "of 80 items judge 1 was asked: first where it and the model differ" in str(run.steps)
