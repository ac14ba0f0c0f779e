"""Items and contexts that go out of the questions while they are being asked, and projects that go altogether."""

import pytest

from labeling.models import Context, Pair, PairQueueEntry, Progress, Project, Task
from labeling.services.answers.record import record_answer
from labeling.services.items.status import restore, restore_context, set_aside, set_context_aside
from labeling.services.projects.deletion import delete_project
from labeling.services.queue.publish import publish as publish_pairs
from labeling.services.queue.publish import reserve_epoch
from labeling.services.serving.next_tasks import next_tasks
from tests.labeling.pairs.conftest import consistent, counts, item, item_rows, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def names(tasks) -> set[str]:
    return {row.external_id for task in tasks for row in (task.pair.first, task.pair.second)}


def test_an_item_set_aside_meets_nobody_until_it_is_restored(filled, people):
    set_aside(people.reviewer, item("c0i0"))
    consistent(filled)
    tasks = next_tasks(people.annotator, filled, 12)
    assert len(tasks) == 9
    assert "c0i0" not in names(tasks)
    set_aside(people.reviewer, item("c0i1"))
    consistent(filled)
    for task in tasks:
        record_answer(people.annotator, task.pk, {"winner": "left"})
    consistent(filled)
    restore(people.reviewer, item("c0i0"))
    restore(people.reviewer, item("c0i1"))
    consistent(filled)
    assert len(next_tasks(people.annotator, filled, 12)) == 3


def test_a_context_set_aside_while_tasks_are_out_loses_nothing(filled, people, bring_in):
    tasks = next_tasks(people.annotator, filled, 4)
    context = Context.objects.get(external_id="c0")
    set_aside(people.reviewer, item("c0i0"))
    set_context_aside(people.reviewer, context)
    consistent(filled)
    for task in tasks:
        assert record_answer(people.annotator, task.pk, {"winner": "tie"}).created
    rest = next_tasks(people.annotator, filled, 12)
    assert all(name.startswith("c1") for name in names(rest))
    batch = bring_in(filled, [{"id": "new", "text": "new", "context": {"id": "c0"}}])
    assert counts(batch) == ("done", 0, 0, 1)
    assert "set aside" in reasons(batch)[1]
    restore_context(people.reviewer, context)
    consistent(filled)
    assert item("c0i0").status == "set_aside"
    assert item("c0i1").status == "active"


def test_a_given_pair_with_an_item_set_aside_is_not_asked(filled, people, bring_in):
    Project.objects.filter(pk=filled.pk).update(pairs="given")
    set_aside(people.reviewer, item("c0i0"))
    bring_in(filled, [{"left": "c0i0", "right": "c0i1"}, {"left": "c0i1", "right": "c0i2"}])
    consistent(filled)
    assert names(next_tasks(people.annotator, filled, 5)) == {"c0i1", "c0i2"}
    restore(people.reviewer, item("c0i0"))
    consistent(filled)
    assert len(next_tasks(people.annotator, filled, 5)) == 2


def test_deleting_a_context_is_refused_while_questions_are_out(filled, people, api):
    (task,) = next_tasks(people.annotator, filled, 1)
    client = api(people.manager)
    address = f"/api/v1/contexts/{task.pair.context_id}/"
    refused = client.delete(address)
    assert refused.status_code == 409
    assert "1 questions" in refused.json()["detail"]
    record_answer(people.annotator, task.pk, {"winner": "left"})
    assert client.delete(address).status_code == 204
    assert client.get(address).json()["status"] == "set_aside"
    assert Task.objects.filter(pk=task.pk, state="answered").exists()
    assert client.post(f"{address}restore/").json()["status"] == "active"
    assert len(client.get("/api/v1/projects/debates/contexts/").json()["results"]) == 2
    consistent(filled)


def test_a_project_goes_with_all_its_pairs(filled, people, bring_in):
    tasks = next_tasks(people.annotator, filled, 2)
    record_answer(people.annotator, tasks[0].pk, {"winner": "left"})
    bring_in(filled, [{"left": "c1i0", "right": "c1i3", "winner": "tie", "annotator": "bob"}])
    number = reserve_epoch(filled.pk)
    assert publish_pairs(filled.pk, number, [(item("c1i1").pk, item("c1i2").pk, 1.0, 1.0)], "s", None, 8)
    delete_project(people.manager, filled)
    assert not Pair.objects.exists()
    assert not Context.objects.exists()
    assert not PairQueueEntry.objects.exists()
    assert not Project.objects.filter(slug="debates").exists()


def test_a_context_of_one_item_is_never_drawn(debates, people, bring_in):
    bring_in(debates, item_rows(1, 1))
    assert next_tasks(people.annotator, debates, 3) == []
    assert Progress.objects.get(project=debates).pool_partnered == 0
