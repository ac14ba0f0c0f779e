"""Eight people ask for second opinions at once, while rankings come and go."""

import threading

import pytest
from django.db.models import Count, F

from labeling.models import Item, Member, Role, Task, TaskState
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip
from labeling.services.projects.manage import update_project
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.required import to_change
from labeling.services.serving.sources import ITEMS
from learning.families.labels.second_opinions import known_items
from tests.concurrency.together import together
from tests.factories import UserFactory, make_answer, make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

PEOPLE, KNOWN, RANKINGS, MOST = 8, 12, 4, 4


def rank(project) -> None:
    found = known_items(project, 10_000)
    fresh = Item.objects.filter(project=project, slots_taken=0).values_list("pk", flat=True)[:30]
    entries = [(pk, 0.5, 0.1) for pk in found[:, 1].tolist()] + [(pk, 0.1, 0.1) for pk in fresh]
    taken = found[:, 2].tolist() + [0] * len(fresh)
    publish(
        project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(fresh), taken, opinions=len(found),
        asks_again=0.5,
    )  # fmt: skip


def test_nobody_gets_an_item_twice_the_cap_holds_and_one_ranking_brings_one_more(project, people):
    settings = {"second_opinions": "auto", "most_answers": MOST}
    update_project(people.manager, project, settings=settings)
    project.refresh_from_db()
    workers = [UserFactory() for _ in range(PEOPLE)]
    for worker in workers:
        Member.objects.create(project=project, user=worker, role=Role.ANNOTATOR)
    known = make_items(project, [f"known {n}" for n in range(KNOWN)])
    make_items(project, [f"new {n}" for n in range(60)])
    for item in known:
        make_answer(item, people.annotator, {"label": "ham"})
    done = threading.Event()
    rank(project)

    def ranking() -> None:
        for _ in range(RANKINGS - 1):
            rank(project)
        done.set()

    def work(worker, number: int) -> None:
        asked = 0
        while asked < 4 or not done.is_set():
            tasks = next_tasks(worker, project, 2)
            if not tasks:
                done.wait(0.02)  # eight who ask all the time hold up the ranking they wait for
            for place, task in enumerate(tasks):
                skips = number == 0 and place
                skip(worker, task.pk, "unclear") if skips else record_answer(worker, task.pk, {"label": "spam"})
            asked += 1

    together([ranking, *(lambda worker=worker, n=n: work(worker, n) for n, worker in enumerate(workers))])
    opinions = Task.objects.filter(reason="second_opinion", state=TaskState.ANSWERED)
    assert opinions.exists()
    twice = Task.objects.exclude(state=TaskState.EXPIRED).values("item", "annotator").annotate(n=Count("pk"))
    assert not twice.filter(n__gt=1).exists()
    each = opinions.values("item", "epoch").annotate(n=Count("pk"))
    assert not each.filter(n__gt=1).exists()
    items = Item.objects.filter(project=project)
    assert not items.filter(slots_taken__gt=MOST).exists()
    assert not items.filter(slots_taken__gt=F("annotations_required")).exists()
    assert [str(found) for found in differences(project)] == []
    project.refresh_from_db()
    assert not to_change(ITEMS, items, project).exists()
