"""A project of 5,000 answers with a model and a snapshot: renamed, merged, split and undone, the worker killed five
times in the middle; data sets of before and after agree by the mapping."""

from collections import Counter

import pytest
from django.db.models import F
from django.utils import timezone

from labeling.models import Annotation, Item, JobState, Member, Progress, Project, Relabeling, Task, TaskState
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.services.exports.snapshots import opened, run_snapshot, start_snapshot
from labeling.services.projects.renames import rename_label
from labeling.services.scheme.merge import merge_labels
from learning.families.labels.training_data import freeze
from learning.models import ModelVersion, Run
from tests.factories import make_items, make_project
from tests.labeling.scheme.changes import split_label, undo_change
from tests.learning.conftest import RealWorker, until

pytestmark = [pytest.mark.broker, pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

ANSWERS = 5_000
LABELS = ("ham", "spam", "adverts", "other")
KILLS = 5
PLACE = "labeling.services.scheme.relabel:_batch:after"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    """The test sends the message itself, to the worker's own broker."""
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def project(people) -> Project:
    made = make_project(slug="large", labels=LABELS, manager=people.manager)
    items = make_items(made, [f"text {n}" for n in range(ANSWERS)])
    who = {"annotator": people.manager, "project": made}
    now = timezone.now()
    why = {"reason": "random", "state": TaskState.ANSWERED, "lease_expires_at": now, "pool_size": 9, "propensity": 0.1}
    tasks = Task.objects.bulk_create(Task(item=item, draw=n, **who, **why) for n, item in enumerate(items, 1))
    Annotation.objects.bulk_create(
        Annotation(item=task.item, task=task, answer={"label": LABELS[n % len(LABELS)]}, **who)
        for n, task in enumerate(tasks)
    )
    Item.objects.filter(project=made).update(slots_taken=1, answers=1, is_open=False)
    counts = {"annotations": ANSWERS, "draws": ANSWERS, "pool_open": 0, "pool_done": ANSWERS}
    Progress.objects.filter(project=made).update(**counts)
    Member.objects.filter(project=made).update(answers=F("answers") + ANSWERS)
    ModelVersion.objects.create(
        project=made, number=1, encoder="e", learner="l", strategy="s", labels=list(LABELS), trained_on=ANSWERS
    )
    return made


def told(project, scheme=None) -> tuple[list[str], dict[int, str]]:
    """What people said, and what it came to."""
    filters = Filters(scheme=scheme)
    said = [row["answer"]["label"] for row in export_rows(project, "annotations", filters)]
    return said, {row["item_id"]: row["label"] for row in export_rows(project, "items", filters)}


def mapped(rows, names):
    said, of_items = rows
    named = {item: names.get(label, label) for item, label in of_items.items()}
    return [names.get(label, label) for label in said], named


def learned(project) -> str:
    newest = Annotation.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True).first()
    return freeze(Run(project=project, last_annotation_id=newest, items_seen=ANSWERS, changes_seen=0)).sha256


def kept(snapshot) -> bytes:
    with opened(snapshot) as file:
        return file.read()


def test_merged_renamed_split_and_undone_with_five_kills(real_worker: RealWorker, people, project):
    before = told(project)
    snapshot = start_snapshot(people.manager, project)
    run_snapshot(snapshot.pk)
    snapshot.refresh_from_db()
    file = kept(snapshot)

    rename_label(people.manager, project, "spam", "junk")
    merge_labels(people.manager, project, ["junk", "adverts"], "unwanted")
    merged = told(project)
    assert merged == mapped(before, {"spam": "unwanted", "adverts": "unwanted"})
    assert told(project, 1) == before
    frozen = learned(project)
    assert ModelVersion.objects.get().label_names == ["ham", "unwanted", "unwanted", "other"]

    split_label(people.manager, project, "ham", ["work", "friends"])
    job = Relabeling.objects.get()
    assert job.state == JobState.QUEUED
    real_worker.send("labeling.relabel", job.pk)
    real_worker.start_scheduler()
    for _ in range(KILLS):
        real_worker.pause_at(PLACE)
        real_worker.start()
        real_worker.wait_until_paused()
        real_worker.kill()
    real_worker.start()
    until(lambda: Relabeling.objects.filter(state=JobState.DONE).exists(), "it is done", log=real_worker.log)
    job.refresh_from_db()
    assert job.attempt == KILLS + 1
    assert list(differences(project)) == []
    assert Counter(Item.objects.values_list("is_open", flat=True)) == {True: ANSWERS // 4, False: ANSWERS // 4 * 3}
    said, of_items = told(project)
    assert said == mapped(merged, {"ham": "ham (until version 3)"})[0]
    assert of_items == {item: label for item, label in merged[1].items() if label != "ham"}
    assert (told(project, 3), told(project, 1)) == (merged, before)

    undo_change(people.manager, project)
    real_worker.send("labeling.relabel", Relabeling.objects.latest("pk").pk)
    until(lambda: not Relabeling.objects.unfinished().exists(), "it is undone", log=real_worker.log)
    assert told(project) == merged
    assert not Item.objects.filter(is_open=True).exists()
    assert list(differences(project)) == []
    assert kept(snapshot) == file

    assert learned(project) == frozen
