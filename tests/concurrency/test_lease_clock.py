"""Leases when somebody sets the clock, and answers that come late."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models import Annotation, Member, Role, SweepRecord, Task, TaskState
from labeling.models.clock import database_now
from labeling.selectors.recount import differences
from labeling.services.answers.record import LeaseLost, record_answer
from labeling.services.housekeeping.clock_watch import ClockWatch
from labeling.services.serving.leases import JUMP, end_leases, expire_overdue, move_leases
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.test_pairs import arena
from tests.concurrency.together import together
from tests.factories import make_items, make_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


LEASE_S = 900


@pytest.fixture(params=["items", "pairs"])
def asked(request, people):
    """The annotator holds all four questions there are; the reviewer may be asked too."""
    if request.param == "items":
        project = make_project(slug="asked", eval_share=0.0, lease_s=LEASE_S)
        make_items(project, [f"text {n}" for n in range(4)])
        answer = {"label": "ham"}
    else:
        project = arena([2, 2, 2, 2], slug="asked", lease_s=LEASE_S)
        answer = {"winner": "left"}
    for user in (people.annotator, people.reviewer):
        Member.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    tasks = next_tasks(people.annotator, project, 4)
    assert len(tasks) == 4
    return project, tasks, answer


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A watch over the database's clock, and ``jump(s)``: the clock is set, which to what it wrote down earlier looks
    as if that lay as much further in the past."""
    steady = [1_000.0]
    watch = ClockWatch(lambda: steady[0])
    watch.look()

    def jump(by_s: float) -> None:
        last_steady, told = watch._last
        watch._last = (last_steady, told - by_s)
        Task.objects.update(lease_expires_at=F("lease_expires_at") - timedelta(seconds=by_s))

    return SimpleNamespace(watch=watch, jump=jump, steady=steady)


def left_s(task: Task) -> float:
    task.refresh_from_db()
    return (task.lease_expires_at - database_now()).total_seconds()


def test_no_lease_ends_when_the_clock_is_put_forward(asked, clock, people):
    project, tasks, answer = asked
    clock.jump(7_200)
    assert left_s(tasks[0]) < -6_000
    assert clock.watch.look() == pytest.approx(7_200, abs=30)
    assert end_leases() == 0
    assert all(LEASE_S - 60 < left_s(task) <= LEASE_S + 5 for task in tasks)
    assert next_tasks(people.reviewer, project, 4) == []
    for task in tasks:
        record_answer(people.annotator, task.pk, answer)


def test_no_lease_lasts_longer_when_the_clock_is_put_back(asked, clock, people):
    _, tasks, _ = asked
    clock.jump(-7_200)
    assert left_s(tasks[0]) > 7_000
    clock.watch.look()
    end_leases()
    assert all(LEASE_S - 60 < left_s(task) <= LEASE_S + 5 for task in tasks)


def test_a_lease_nobody_can_have_given_is_shortened_by_a_sweep_that_saw_no_jump(asked, people):
    _, tasks, _ = asked
    Task.objects.filter(pk=tasks[0].pk).update(lease_expires_at=Now() + timedelta(hours=2.2))
    before = left_s(tasks[1])
    assert end_leases() == 0
    assert LEASE_S - 60 < left_s(tasks[0]) <= LEASE_S
    assert before - 60 < left_s(tasks[1]) <= before, "the others keep theirs"


def test_of_several_schedulers_that_notice_a_jump_one_moves_the_leases(asked):
    _, tasks, _ = asked
    Task.objects.update(lease_expires_at=F("lease_expires_at") - timedelta(hours=2))
    moved = together([lambda: move_leases(7_200.0, noticed_within_s=30.0)] * 4)
    assert sorted(moved) == [0, 0, 0, 4]
    assert LEASE_S - 120 < left_s(tasks[0]) <= LEASE_S + 5
    SweepRecord.objects.filter(name=JUMP).update(finished_at=Now() - timedelta(hours=1))
    assert move_leases(5.0, noticed_within_s=30.0) == 4


def test_a_clock_that_goes_evenly_moves_nothing(asked, clock):
    _, tasks, _ = asked
    before = Task.objects.get(pk=tasks[0].pk).lease_expires_at
    assert clock.watch.look() == 0
    assert Task.objects.get(pk=tasks[0].pk).lease_expires_at == before
    assert not SweepRecord.objects.filter(name=JUMP).exists()


@pytest.mark.parametrize("by_s", [-7_200, 7_200])
def test_a_web_server_whose_clock_is_wrong_gives_leases_of_the_right_length(asked, people, monkeypatch, by_s):
    project, tasks, _ = asked
    expire(tasks[:2])
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=by_s))
    (again, *_) = next_tasks(people.reviewer, project, 1)
    assert LEASE_S - 60 < left_s(again) <= LEASE_S
    assert end_leases() == 0


def expire(tasks) -> None:
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(lease_expires_at=Now() - timedelta(seconds=1))
    assert expire_overdue() == len(tasks)


def test_a_late_answer_counts_while_the_question_is_free_and_only_then(asked, people):
    project, tasks, answer = asked
    expire(tasks)
    taken = next_tasks(people.reviewer, project, 1)[0]
    lost = 0
    for task in tasks:
        try:
            record_answer(people.annotator, task.pk, answer)
        except LeaseLost:
            assert (task.item_id, task.pair_id) == (taken.item_id, taken.pair_id)
            lost += 1
    assert lost == 1
    record_answer(people.reviewer, taken.pk, answer)
    assert Annotation.objects.current().count() == 4
    assert list(differences(project)) == []


def test_late_answers_that_race_with_new_questions_keep_every_rule(asked, people):
    project, tasks, answer = asked
    expire(tasks)

    def late(task):
        def run():
            try:
                return record_answer(people.annotator, task.pk, answer).created
            except LeaseLost:
                return False

        return run

    def other():
        return [
            record_answer(people.reviewer, task.pk, answer).created for task in next_tasks(people.reviewer, project, 1)
        ]

    results = together([*map(late, tasks), *map(late, tasks), other, other])
    assert sum(result is True for result in results[:8]) + sum(sum(made) for made in results[8:]) == 4
    asked_about = Annotation.objects.current().values_list("item_id", "pair_id", "annotator_id")
    assert len({(item, pair) for item, pair, _ in asked_about}) == len(asked_about) == 4
    assert not Task.objects.filter(state=TaskState.OPEN).exists()
    assert list(differences(project)) == []
