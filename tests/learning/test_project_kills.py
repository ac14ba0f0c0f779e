"""kill -9 of a real worker in the middle of work on a whole project: it goes on, and nothing is left over."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.models import Annotation, Item, JobState, OverlapChange, Project, ProjectDeletion, Task
from labeling.selectors.recount import differences
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.manage import update_project
from labeling.services.projects.overlap import BATCH_ROWS
from tests.factories import make_answer, make_items, make_project
from tests.learning.conftest import RealWorker, until

pytestmark = [pytest.mark.broker, pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    """The test sends the message itself, to the worker's own broker."""
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def large(people) -> Project:
    """Two batches of items, some answered."""
    project = make_project(slug="large", manager=people.manager)
    items = make_items(project, [f"text {n}" for n in range(BATCH_ROWS + 100)])
    for item in items[:3]:
        make_answer(item, people.annotator, {"label": "ham"})
    return project


def killed_at(worker: RealWorker, places: list[str], job: str, pk: int) -> None:
    """Stands still at each place and is killed there; then a worker that nobody disturbs."""
    worker.send(job, pk)
    worker.start_scheduler()
    for place in places:
        worker.pause_at(place)
        worker.start()
        worker.wait_until_paused()
        worker.kill()
    worker.start()


def test_a_deletion_goes_on_after_two_kills(real_worker: RealWorker, people, large):
    default_storage.save(f"snapshots/{large.pk}/a.jsonl", ContentFile(b"{}"))
    record = delete_project(people.manager, large)
    assert record.state == JobState.QUEUED
    places = [
        "labeling.services.projects.deletion:_delete_in_batches:after",
        "labeling.services.projects.deletion:_delete_files:before",
    ]
    killed_at(real_worker, places, "labeling.delete_project", record.pk)
    until(lambda: ProjectDeletion.objects.filter(state=JobState.DONE).exists(), "it is deleted", log=real_worker.log)
    record.refresh_from_db()
    assert (record.attempt, record.done) == (3, record.total)
    assert record.total == BATCH_ROWS + 100 + 6
    for model in (Annotation, Task, Item, Project):
        assert not model.objects.exists()
    assert not default_storage.exists(f"snapshots/{record.project_number}/a.jsonl")


def test_a_new_overlap_reaches_every_item_after_a_kill(real_worker: RealWorker, people, large):
    update_project(people.manager, large, settings={"overlap": 2})
    change = OverlapChange.objects.get()
    assert change.state == JobState.QUEUED
    killed_at(real_worker, ["labeling.services.projects.overlap:_batch:after"], "labeling.apply_overlap", change.pk)
    until(lambda: OverlapChange.objects.filter(state=JobState.DONE).exists(), "it is applied", log=real_worker.log)
    change.refresh_from_db()
    assert (change.attempt, change.changed) == (2, 100)  # the first attempt had changed the others
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {2}
    assert list(differences(large)) == []
