"""Items that several people answer: the queue is gone through once for every answer, whatever mixture asks."""

import random
from collections import Counter

import numpy as np
import pytest
from django.utils import timezone

from labeling.models import Item, Member, Progress, Project, Reason, Role, Task
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.cursor import END_OF_QUEUE, AnnotatorCursor
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.queue_pass import chances
from labeling.services.serving.sources import ITEMS
from learning.core.acquisition import draw, rank_log_weights
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def change(project, **fields) -> Project:
    Project.objects.filter(pk=project.pk).update(**fields)
    project.refresh_from_db()
    return project


def team(project, size) -> list:
    users = [UserFactory() for _ in range(size)]
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    return users


def arena(overlap, n_items=6, random_share=0.0):
    project = make_project(overlap=overlap, random_share=random_share)
    return project, make_items(project, [str(n) for n in range(n_items)])


def rank(project, items, q=0.5, slots_taken=None) -> None:
    entries = [(item.pk, float(-place), q) for place, item in enumerate(items)]
    assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(items), slots_taken)
    project.refresh_from_db()


def cursor_of(project, user) -> AnnotatorCursor:
    return AnnotatorCursor(project, project.members.get(user=user), Progress.objects.get(project=project))


def ids(tasks) -> list[int]:
    return [task.item_id for task in tasks]


def test_no_item_takes_a_second_answer_while_another_of_the_queue_has_none():
    project, items = arena(overlap=3)
    rank(project, items)
    users = team(project, 4)
    asked = []
    for turn in range(18):
        (task,) = next_tasks(users[turn % 4], project)
        assert task.reason == Reason.STRATEGY
        record_answer(users[turn % 4], task.pk, {"label": "ham"})
        asked.append(task.item_id)
    assert asked[:6] == [item.pk for item in items]
    assert {len(set(asked[start : start + 6])) for start in (0, 6)} == {6}
    assert set(Counter(asked).values()) == {3}
    assert list(differences(project)) == []


def test_several_questions_at_once_cross_into_the_next_pass_without_asking_an_item_twice():
    project, items = arena(overlap=2)
    rank(project, items)
    first, second = team(project, 2)
    assert set(ids(next_tasks(first, project, 4))) == {item.pk for item in items[:4]}
    assert set(ids(next_tasks(second, project, 4))) == {item.pk for item in (*items[4:], *items[:2])}
    assert set(ids(next_tasks(first, project, 9)[4:])) == {item.pk for item in items[4:]}
    assert Member.objects.get(project=project, user=first).queue_rank == END_OF_QUEUE
    assert list(differences(project)) == []


def test_what_the_ranking_knew_counts_as_new_again():
    """An answer that the ranking knows of costs an item no place; one that is still out does."""
    project, items = arena(overlap=3)
    rank(project, items)
    first, second, third = team(project, 3)
    for task in next_tasks(first, project, 2):
        record_answer(first, task.pk, {"label": "ham"})
    rank(project, items, slots_taken=[1, 0, 0, 0, 0, 0])
    assert [ids(next_tasks(user, project)) for user in (second, third)] == [[items[0].pk], [items[2].pk]]


def test_a_lease_that_expired_behind_somebody_is_found_on_the_next_pass():
    project, items = arena(overlap=2)
    rank(project, items)
    first, second = team(project, 2)
    (held,) = next_tasks(first, project)
    assert set(ids(next_tasks(second, project, 5))) == {item.pk for item in items[1:]}
    Task.objects.filter(pk=held.pk).update(lease_expires_at=timezone.now())
    expire_overdue()
    assert ids(next_tasks(second, project, 6))[5] == items[0].pk


def test_a_skipped_item_is_on_the_first_pass_of_who_did_not_skip_it():
    project, items = arena(overlap=2)
    rank(project, items)
    first, second = team(project, 2)
    (task,) = next_tasks(first, project)
    skip(first, task.pk, "unclear")
    assert ids(next_tasks(second, project)) == [items[0].pk]
    assert items[0].pk not in ids(next_tasks(first, project, 20))


def test_one_answer_an_item_is_one_pass():
    project, items = arena(overlap=1)
    rank(project, items[:3])
    (user,) = team(project, 1)
    reasons = Counter(task.reason for task in next_tasks(user, project, 6))
    assert reasons == {Reason.STRATEGY: 3, Reason.RANDOM: 3}
    assert Member.objects.get(project=project, user=user).queue_rank == END_OF_QUEUE


def test_a_random_item_counts_what_the_queue_would_have_passed_over_first_on_all_passes():
    project, items = arena(overlap=2)
    rank(project, items)
    (user,) = team(project, 1)
    pks = [item.pk for item in items]
    Item.objects.update(slots_taken=1)  # by the draws themselves
    assert chances(ITEMS, cursor_of(project, user), pks[:1]) == {pks[0]: 0.5}
    # the others were asked since the ranking: the one drawn is the only one of its pass
    assert chances(ITEMS, cursor_of(project, user), pks[5:]) == {pks[5]: 0.5}
    Item.objects.exclude(pk=pks[3]).update(slots_taken=0)
    assert chances(ITEMS, cursor_of(project, user), pks[3:4]) == {pks[3]: 0.5**4}
    assert chances(ITEMS, cursor_of(project, user), pks[3:4], pks[:2]) == {pks[3]: 0.5**2}
    cursor = cursor_of(project, user)
    cursor.member.queue_epoch, cursor.member.queue_rank = project.epoch, 3
    # from behind it: what is left of this pass, then the next one up to it
    assert chances(ITEMS, cursor, pks[3:4]) == {pks[3]: 0.5**6}
    assert chances(ITEMS, cursor, [10**9]) == {}


@pytest.mark.draws
def test_inverse_propensities_are_unbiased_whatever_mixture_asked():
    """The third person's question, after two others were asked along a ranking drawn anew each time."""
    project, items = arena(overlap=3, n_items=12, random_share=0.4)
    project = change(project, eval_share=0.0)
    users = team(project, 3)
    places = {item.pk: place for place, item in enumerate(items)}
    values = np.linspace(1.0, 0.0, len(items))
    weights = rank_log_weights(len(items), 0.5)
    numpy_rng, rng = np.random.default_rng(5), random.Random(5)
    rounds = 250
    estimates = []
    for _ in range(rounds):
        Task.objects.filter(project=project).delete()
        Item.objects.update(slots_taken=0, is_open=True)
        Progress.objects.update(draws=0, pool_open=len(items))
        order, q = draw(weights, len(items), numpy_rng)
        entries = [(items[at].pk, 1.0, chance) for at, chance in zip(order.tolist(), q.tolist(), strict=True)]
        assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(items))
        for user in users:
            (task,) = next_tasks(user, project, 1, rng)
        estimates.append(values[places[task.item_id]] / task.propensity)
    error = (np.mean(estimates) - values.sum()) / (np.std(estimates) / rounds**0.5)
    assert abs(error) < 3.5, f"{np.mean(estimates):.2f} for {values.sum():.2f}"
