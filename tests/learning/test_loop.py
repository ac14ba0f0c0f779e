"""The main loop over REST, jobs done as their messages come: label, retrain, rank, label again, export."""

import json

import pytest
from django.db import transaction

from labeling.models import Annotation, Reason, Split, Task
from learning import jobs
from learning.models import ModelVersion, Run, Status
from tests.learning.people import make_text_project, truth

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Messages are worked off at once, in this process, through the doorways of Celery."""
    doorways = {job.name: job for job in (jobs.decide, jobs.run_training, jobs.rank)}

    def enqueue(job, *args):
        assert not transaction.get_connection().in_atomic_block
        doorways[job](*args)
        return True

    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", enqueue)


def test_label_retrain_rank_and_label_again(api, people):
    # A third of the questions: of fewer eval answers an interval can be too wide for what is asserted below.
    project = make_text_project(people.manager, n_pool=240, n_eval=80, retrain_every=20, eval_share=0.3)
    client = api(people.manager)
    sent = {}
    while len(sent) < 160:
        tasks = client.post(f"/api/v1/projects/{project.slug}/tasks/next/", {"count": 5}).json()
        for task in tasks:
            asked = Task.objects.select_related("item").get(pk=task["id"])
            answer = truth(asked.item)
            response = client.put(f"/api/v1/tasks/{task['id']}/answer/", {"answer": answer, "elapsed_ms": 800})
            assert response.status_code == 201
            sent[asked.item_id] = answer
    runs = Run.objects.filter(project=project)
    assert [run.state for run in runs] == ["done"] * 8
    in_use = ModelVersion.objects.filter(project=project).in_use()
    assert in_use.metrics["accuracy"]["low"] > in_use.baselines["majority"]["accuracy"]["high"]
    assert in_use.status == Status.PROVISIONAL, "80 eval answers may rank; a champion is measured on 200"
    response = client.get(f"/api/v1/projects/{project.slug}/export/?format=jsonl&rows=annotations")
    rows = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert {row["item_id"]: row["answer"] for row in rows} == sent
    asked_by_model = [row for row in rows if row["reason"] == Reason.STRATEGY]
    assert len(asked_by_model) > 30
    assert all(row["model_version"] and row["epoch"] and 0 < row["propensity"] <= 1 for row in asked_by_model)
    assert {row["split"] for row in asked_by_model} == {Split.POOL}
    learned = Annotation.objects.filter(
        project=project, item__split=Split.POOL, pk__lte=runs.first().last_annotation_id
    )
    assert ModelVersion.objects.newest_first().first().trained_on == learned.count()
