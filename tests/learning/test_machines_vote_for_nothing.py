"""A planted model that votes for itself: its predictions move no gate, no model, no consensus and no export, also where
machines vote in what a model learns."""

import uuid

import numpy as np
import pytest
from django.db import transaction

from labeling.models import Annotation, Machine, Prediction, Split
from labeling.selectors.consensus_by_evidence import weighed
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.machines import newest_version
from labeling.services.exports import export_file
from labeling.services.machines.manage import add_machine
from labeling.services.machines.predictions import import_predictions
from labeling.services.projects.manage import update_project
from learning.core.evaluation import gate
from learning.families.labels import training_data
from learning.models import Decision, ModelVersion, Run
from learning.services.pipeline.repeat import repeat
from learning.services.pipeline.run import run_training
from learning.services.registry import model_files
from learning.services.runs.decide import data_watermark, decide
from tests.learning.people import answer_some, make_text_project, truth

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def project(people):
    """A champion on 200 eval answers, and answers for the next."""
    project = make_text_project(people.manager, n_pool=80, n_eval=210)
    answer_some(project, people.annotator, 40)
    answer_some(project, people.annotator, 204, Split.EVAL)
    run_training(decide(project.pk).pk)
    answer_some(project, people.annotator, 20)
    return project


def plant(project, people, says=lambda item: {"ham": "spam", "spam": "ham"}[truth(item)["label"]]):
    """It says of every item, eval ones among them, the opposite of what is true or what it is told, and is sure."""
    add_machine(people.manager, project, name="itself", version="1")
    rows = [{"item": item.pk, "label": says(item), "probabilities": {says(item): 1.0}} for item in project.items.all()]
    made = import_predictions(newest_version(Machine.objects.get()), rows, public_id=uuid.uuid4())
    assert made.accepted == 290


def as_the_champion(project):
    """Its own predictions of all items, which it would have votes for."""
    version = ModelVersion.objects.filter(project=project).champion()
    ordinals = np.array(sorted(project.items.values_list("ordinal", flat=True)))
    said = np.array(version.labels)[model_files.predict_at(version, ordinals).argmax(axis=1)]
    told = dict(zip(ordinals.tolist(), said.tolist(), strict=True))
    return lambda item: told[item.ordinal]


class _Undone(Exception):
    """Takes everything back."""


def outcome(project):
    """What the gate finds of the next candidate; nothing of it stays."""
    try:
        with transaction.atomic():
            run = decide(project.pk)
            run_training(run.pk)
            version = ModelVersion.objects.get(run=run)
            decision = Decision.objects.get(model_version=version)
            checks = [one for one in decision.numbers["checks"] if one["name"] != "latency"]  # a time, measured anew
            numbers = {**decision.numbers, "checks": checks}
            found = (version.status, version.sha256, version.metrics, decision.reason, numbers, decision.after)
            raise _Undone
    except _Undone:
        return found


def test_no_verdict_of_the_gate_changes_with_its_predictions(project, people, monkeypatch):
    monkeypatch.setattr(gate, "FREE_LATENCY_MS", 10_000)  # a busy machine is no reason
    update_project(people.manager, project, settings={"machine_votes": "on", "consensus_by": "evidence"})
    without = outcome(project)
    assert len(without[4]["checks"]) >= 5
    plant(project, people, as_the_champion(project))
    Prediction.objects.update(created_at=project.created_at)  # before anybody answered: nothing else keeps it out
    project.refresh_from_db()
    weighed = training_data.freeze(Run(project=project, **data_watermark(project))).consensus.found
    assert "itself 1 has no vote: 0 of 0 gold items right prove nothing." in weighed.reason
    assert outcome(project) == without
    update_project(people.manager, project, settings={"consensus_by": "majority"})
    run = Run.objects.get(project=project)
    again = repeat(run)
    assert (again.data_changed, again.is_same) == (False, True)
    assert len(training_data.freeze(Run(project=project, **data_watermark(project))).pool) == 60


def test_no_consensus_and_no_export_has_them_unless_it_is_asked_for(project, people):
    def exported():
        rows = [list(export_rows(project, rows, Filters())) for rows in ("items", "annotations")]
        return rows, list(export_rows(project, "annotations", Filters(source="machine")))

    before = exported()
    plant(project, people)
    assert exported() == before
    assert before[1] == []
    assert not Annotation.objects.filter(source="machine").exists()
    lines = b"".join(export_file(project, "jsonl", "predictions", Filters(split="eval"))).splitlines()
    assert len(lines) == 210
    assert b'"machine":"itself"' in lines[0].replace(b": ", b":")
    assert b'"machine_version":"1"' in lines[0].replace(b": ", b":")
    assert Prediction.objects.count() == 290


def test_a_machine_has_no_weight_where_votes_are_weighed(project, people):
    gold = [(item.external_id, truth(item)["label"]) for item in project.items.filter(answers=1)[:30]]
    without = weighed(project), weighed(project, gold)
    plant(project, people)
    assert (weighed(project), weighed(project, gold)) == without
