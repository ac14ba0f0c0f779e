"""Pairs while people work at the same time: the invariants of items. On SQLite and, with tests.postgres, PostgreSQL."""

import random
from collections import Counter, defaultdict
from functools import partial

import pytest

from labeling.models import (
    Annotation,
    Context,
    Item,
    ItemStatus,
    Pair,
    Progress,
    Project,
    Reason,
    Role,
    Split,
    Task,
    TaskState,
)
from labeling.services.answers.record import LeaseLost, record_answer, skip, take_back
from labeling.services.imports import run_import, start_import
from labeling.services.items.status import restore_context, set_context_aside
from labeling.services.projects.overlap import apply_overlap
from labeling.services.queue.publish import publish as publish_pairs
from labeling.services.queue.publish import reserve_epoch
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.test_serving import PEOPLE, assert_counts_are_true, team
from tests.concurrency.together import together
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def arena(sizes: list[int], evals: int = 0, **fields) -> Project:
    """A pairwise project with contexts of these sizes, the first items of each in the eval split."""
    project = make_project(kind="pairwise", labels=(), repeat_share=0.0, eval_share=0.1 if evals else 0.0, **fields)
    for number, size in enumerate(sizes):
        context = Context.objects.create(
            project=project, ordinal=number, external_id=f"c{number}", text=f"For what {number}?", split="pool",
            content_hash=f"c{number}",
        )  # fmt: skip
        for split, texts in (("eval", range(evals)), ("pool", range(evals, size))):
            made = make_items(project, [f"{number} {n}" for n in texts], Split(split))
            for place, item in zip(texts, made, strict=True):
                Item.objects.filter(pk=item.pk).update(in_context=context, place=place)
        active = {"pool_active": size - evals, "eval_active": evals}
        Context.objects.filter(pk=context.pk).update(items=size, **active)
    partnered = {
        "pool_partnered": sum(size - evals for size in sizes if size - evals > 1), "eval_partnered": evals * len(sizes),
    }  # fmt: skip
    Progress.objects.filter(project=project).update(contexts=len(sizes), **partnered)
    assert_counts_are_true(project)
    return project


def pairs_in(sizes: list[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def work(user, project, rounds=None, count=1):
    """next + answer until there is nothing (or for so many rounds); returns how many were answered."""
    rng = random.Random(user.pk)
    answered = 0
    while rounds is None or answered < rounds:
        tasks = next_tasks(user, project, count, rng)
        if not tasks:
            break
        for task in tasks:
            assert record_answer(user, task.pk, {"winner": rng.choice(["left", "right", "tie", "neither"])}).created
            answered += 1
    return answered


def people_of_pairs(project):
    people = defaultdict(list)
    answered = Task.objects.filter(project=project, state=TaskState.ANSWERED)
    for pair, annotator in answered.exclude(reason__in=[Reason.REPEAT, Reason.GOLD]).values_list("pair", "annotator"):
        people[pair].append(annotator)
    return people


@pytest.mark.parametrize(
    ("overlap", "with_queue", "rounds"), [(1, False, 60), (3, True, 60), (1, True, 25), (3, False, 25)]
)
def test_eight_annotators_judge_as_fast_as_they_can(overlap, with_queue, rounds):
    project = arena([40, 30, 20], evals=3, overlap=overlap)
    users = team(project)
    if with_queue:
        ids = list(
            Item.objects.filter(project=project, split="pool", in_context__ordinal=0).values_list("pk", flat=True)
        )
        entries = [(one, other, 1.0, 0.01) for at, one in enumerate(ids[:12]) for other in ids[at + 1 : 25]]
        assert publish_pairs(project.pk, reserve_epoch(project.pk), entries, "information", 1, 81)
        project.refresh_from_db()
    assert together([partial(work, user, project, rounds=rounds) for user in users]) == [rounds] * PEOPLE
    people = people_of_pairs(project)
    assert (
        sum(map(len, people.values()))
        == PEOPLE * rounds
        == Annotation.objects.current().filter(project=project).count()
    )
    assert max(map(len, people.values())) <= overlap
    assert all(len(names) == len(set(names)) for names in people.values())
    assert_counts_are_true(project)


@pytest.mark.parametrize(("overlap", "sizes"), [(1, [8, 5, 2, 2]), (3, [6, 2])])
def test_every_pair_is_found_by_everybody_who_may_have_it(overlap, sizes):
    """Few pairs, many people: nothing that somebody held for a moment is lost, nothing is given out too often."""
    for _ in range(3):
        project = arena(sizes, overlap=overlap)
        users = team(project)
        together([partial(work, user, project, count=3) for user in users])
        for user in users:  # who was told there is nothing while somebody else held the last one
            work(user, project)
        people = people_of_pairs(project)
        assert len(people) == pairs_in(sizes)
        assert {len(names) for names in people.values()} == {overlap}
        assert_counts_are_true(project)


def test_given_pairs_are_found_by_everybody_who_may_have_them():
    for _ in range(5):
        project = arena([6], overlap=4, pairs="given")
        ids = list(Item.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
        context = Context.objects.get(project=project)
        Pair.objects.bulk_create(
            Pair(
                project=project, context=context, first_id=ids[0], second_id=pk, split="pool", is_given=True,
                annotations_required=4,
            )
            for pk in ids[1:]
        )  # fmt: skip
        Progress.objects.filter(project=project).update(pairs=5, given_pool_open=5)
        users = team(project)
        assert sum(together([partial(work, user, project, count=3) for user in users])) == 20
        assert_counts_are_true(project)


def test_twenty_equal_answers_make_one_row():
    project = arena([2])
    (user,) = team(project, 1)
    (task,) = next_tasks(user, project)
    recorded = together([partial(record_answer, user, task.pk, {"winner": "left"}, 500)] * 20)
    assert Counter(each.created for each in recorded) == {True: 1, False: 19}
    assert Annotation.objects.count() == 1
    assert_counts_are_true(project)


def test_one_person_asking_twenty_times_at_once_holds_one_batch():
    project = arena([30])
    (user,) = team(project, 1)
    asked = together([partial(next_tasks, user, project, 5)] * 20)
    assert {tuple(sorted(task.pk for task in tasks)) for tasks in asked} == {
        tuple(sorted(task.pk for task in asked[0]))
    }
    assert Task.objects.count() == 5


def mess(user, project):
    """Answers, revises, takes back, skips, in a random order."""
    rng = random.Random(user.pk)
    for _ in range(25):
        for task in next_tasks(user, project, rng.randint(1, 4), rng):
            try:
                done = rng.random()
                if done < 0.6:
                    record_answer(user, task.pk, {"winner": rng.choice(["left", "right"])})
                if done < 0.2:
                    record_answer(user, task.pk, {"winner": "tie"})
                if done < 0.1:
                    take_back(user, task.pk)
                if done > 0.7:
                    skip(user, task.pk, rng.choice(["unclear", "broken"]))
            except LeaseLost:
                pass


def meddle(project, manager):
    """Changes the overlap, sets contexts aside, ends leases, imports pairs, publishes rankings."""
    rng = random.Random(7)
    contexts = list(Context.objects.filter(project=project))
    ids = list(Item.objects.filter(project=project, in_context=contexts[0]).values_list("pk", flat=True))
    names = list(Item.objects.filter(project=project, in_context=contexts[1]).values_list("external_id", flat=True))
    for _ in range(8):
        Project.objects.filter(pk=project.pk).update(overlap=rng.randint(1, 3))
        apply_overlap(Project.objects.get(pk=project.pk))
        set_context_aside(manager, contexts[2])
        Task.objects.filter(project=project, state=TaskState.OPEN, pk__endswith="3").update(
            lease_expires_at="2020-01-01T00:00Z"
        )
        expire_overdue()
        rows = [
            {"left": one, "right": other, "gold": "tie"} for one, other in [rng.sample(names, 2) for _ in range(20)]
        ]
        run_import(start_import(manager, project, rows=rows).pk)
        entries = {tuple(sorted(rng.sample(ids, 2))): (1.0, 0.5) for _ in range(30)}
        publish_pairs(
            project.pk, reserve_epoch(project.pk), [(*key, *value) for key, value in entries.items()], "s", 1, 9
        )
        restore_context(manager, contexts[2])


def test_everything_at_once_leaves_true_counts():
    project = arena([14, 9, 6, 2], overlap=2, gold_share=0.1)
    Project.objects.filter(pk=project.pk).update(repeat_share=0.1)
    manager = UserFactory(is_superuser=True)
    project.members.create(user=manager, role=Role.MANAGER)
    users = team(project)
    together([*(partial(mess, user, project) for user in users), partial(meddle, project, manager)])
    assert_counts_are_true(project)
    people = people_of_pairs(project)
    assert all(len(names) == len(set(names)) for names in people.values())
    for pair in Pair.objects.filter(project=project, status=ItemStatus.ACTIVE):
        assert len(people[pair.pk]) <= pair.annotations_required
