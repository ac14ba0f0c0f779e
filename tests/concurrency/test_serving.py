"""Invariants 1 and 2 while people work at the same time. Run on SQLite and, with tests.postgres, on PostgreSQL."""

import random
from collections import Counter, defaultdict
from functools import partial

import pytest

from labeling.models import Annotation, Item, Member, Role, Split, Task, TaskState
from labeling.selectors.recount import differences
from labeling.services.answers.record import LeaseLost, record_answer, skip, take_back
from labeling.services.projects.overlap import apply_overlap
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.together import together
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

PEOPLE = 8


def team(project, size=PEOPLE):
    users = [UserFactory() for _ in range(size)]
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    return users


def assert_counts_are_true(project):
    assert [str(difference) for difference in differences(project)] == []


def people_of_items(project):
    people = defaultdict(list)
    answered = Task.objects.filter(project=project, state=TaskState.ANSWERED)
    for item, annotator in answered.values_list("item", "annotator"):
        people[item].append(annotator)
    return people


def work(user, project, rounds=None, count=1):
    """next + answer until there is nothing (or for so many rounds); returns how many were answered."""
    rng = random.Random(user.pk)
    answered = 0
    while rounds is None or answered < rounds:
        tasks = next_tasks(user, project, count, rng)
        if not tasks:
            break
        for task in tasks:
            recorded = record_answer(user, task.pk, {"label": rng.choice(["ham", "spam"])}, 1000)
            assert recorded.created
            answered += 1
    return answered


def ranked(project, items):
    entries = [(item.pk, 1.0 - n / len(items), 0.01) for n, item in enumerate(items)]
    assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(items))
    project.refresh_from_db()


@pytest.mark.parametrize("with_queue", [False, True])
def test_eight_annotators_answer_as_fast_as_they_can(with_queue):
    project = make_project(eval_share=0.1)
    users = team(project)
    items = make_items(project, [f"pool {n}" for n in range(350)])
    make_items(project, [f"eval {n}" for n in range(50)], Split.EVAL)
    if with_queue:
        ranked(project, items[:150])
    assert together([partial(work, user, project, rounds=50) for user in users]) == [50] * PEOPLE
    people = people_of_items(project)
    assert len(people) == 400
    assert {len(names) for names in people.values()} == {1}
    assert Annotation.objects.current().filter(project=project).count() == 400
    assert_counts_are_true(project)


@pytest.mark.parametrize("count", [1, 5])
def test_overlap_of_three_gives_exactly_three_people(count):
    project = make_project(overlap=3)
    users = team(project)
    items = make_items(project, [f"pool {n}" for n in range(115)])
    make_items(project, [f"eval {n}" for n in range(18)], Split.EVAL)
    ranked(project, items[:50])
    done = together([partial(work, user, project, count=count) for user in users])
    assert sum(done) == 133 * 3
    people = people_of_items(project)
    assert {len(set(names)) for names in people.values()} == {3}
    assert {len(names) for names in people.values()} == {3}
    assert len(people) == 133
    assert not Item.objects.filter(project=project, is_open=True).exists()
    assert_counts_are_true(project)


def test_the_last_items_are_found_by_everybody_who_may_have_them():
    """Many people and few items: what is passed over because somebody holds its lock must not be lost."""
    for round_ in range(8):
        project = make_project(overlap=4)
        users = team(project)
        make_items(project, [f"{round_} {n}" for n in range(6)])
        assert sum(together([partial(work, user, project, count=3) for user in users])) == 24
        assert_counts_are_true(project)


def test_twenty_equal_answers_make_one_row():
    project = make_project()
    (user,) = team(project, 1)
    make_items(project, ["hello"])
    (task,) = next_tasks(user, project)
    recorded = together([partial(record_answer, user, task.pk, {"label": "ham"}, 500)] * 20)
    assert Counter(each.created for each in recorded) == {True: 1, False: 19}
    assert len({each.annotation.pk for each in recorded}) == 1
    assert Annotation.objects.count() == 1
    assert_counts_are_true(project)


def test_twenty_different_answers_are_revisions_of_one_task():
    project = make_project(labels=tuple(f"label {n}" for n in range(20)))
    (user,) = team(project, 1)
    make_items(project, ["hello"])
    (task,) = next_tasks(user, project)
    recorded = together([partial(record_answer, user, task.pk, {"label": f"label {n}"}) for n in range(20)])
    assert sum(each.created for each in recorded) == 1
    assert sorted(Annotation.objects.values_list("revision", flat=True)) == list(range(1, 21))
    assert Annotation.objects.current().count() == 1
    assert_counts_are_true(project)


def test_one_person_asking_twenty_times_at_once_holds_one_batch():
    project = make_project()
    (user,) = team(project, 1)
    make_items(project, [f"text {n}" for n in range(40)])
    served = together([partial(next_tasks, user, project, 5)] * 20)
    assert len({tuple(task.pk for task in tasks) for tasks in served}) == 1
    assert Task.objects.count() == 5
    assert_counts_are_true(project)


def meddle(user, project, seed, rounds):
    """A person who asks, answers, changes their mind, skips and lets leases run out."""
    rng = random.Random(seed)
    mine = []
    for _ in range(rounds):
        action = rng.choice(["next", "answer", "answer", "revise", "take back", "skip", "forget"])
        try:
            if action == "next":
                mine += [task.pk for task in next_tasks(user, project, rng.randint(1, 6), rng)]
            elif mine and action in ("answer", "revise"):
                record_answer(user, rng.choice(mine), {"label": rng.choice(["ham", "spam"])})
            elif mine and action == "take back":
                take_back(user, rng.choice(mine))
            elif mine and action == "skip":
                skip(user, rng.choice(mine), rng.choice(["unclear", "broken"]))
            elif mine:
                Task.objects.filter(pk=rng.choice(mine)).update(lease_expires_at="2020-01-01T00:00Z")
        except LeaseLost:
            continue
    return len(mine)


def sweep(rounds):
    return sum(expire_overdue() for _ in range(rounds))


def change_overlap(project, rounds):
    for n in range(rounds):
        project.overlap = 2 + n % 2
        project.save(update_fields=["overlap"])
        apply_overlap(project)


def test_counts_stay_true_while_everybody_meddles():
    project = make_project(overlap=2)
    users = team(project, 6)
    make_items(project, [f"pool {n}" for n in range(60)])
    make_items(project, [f"eval {n}" for n in range(10)], Split.EVAL)
    meddlers = [partial(meddle, user, project, seed, 60) for seed, user in enumerate(users)]
    results = together([*meddlers, partial(sweep, 60), partial(change_overlap, project, 10)])
    assert all(results[: len(users)])
    assert_counts_are_true(project)
    for names in people_of_items(project).values():
        assert len(names) == len(set(names))
