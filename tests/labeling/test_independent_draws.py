"""Random draws of several people are independent: each is uniform over what the person may be asked, given all that
anybody was asked before. Replays with fixed draw keys, so that nothing but the serving itself is random."""

import random

import numpy as np
import pytest

from labeling.models import Item, Member, Progress, Project, Role, Task
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.next_tasks import next_tasks
from learning.core.acquisition import draw, rank_log_weights
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def arena(overlap, people, n_items=30, **fields):
    project = make_project(overlap=overlap, eval_share=0.0, **fields)
    items = make_items(project, [str(n) for n in range(n_items)])
    users = [UserFactory() for _ in range(people)]
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    return project, items, users


FURTHER = ((2, 2, 4, 0.0), (3, 2, 2, 0.0), (3, 3, 3, 0.0), (5, 3, 2, 0.0), (2, 1, 3, 0.8))


def forget(project, n_items) -> None:
    """As if nobody had been asked anything."""
    Task.objects.filter(project=project).delete()
    Item.objects.filter(project=project).update(slots_taken=0, is_open=True)
    Progress.objects.filter(project=project).update(draws=0, pool_open=n_items)
    fresh = {"pool_position": -1, "pool_exhausted_at": None}
    Member.objects.filter(project=project).update(**fresh)


def rank(project, items, rng, leaning=None) -> None:
    """A ranking drawn anew, by the law of the core."""
    order, q = draw(rank_log_weights(len(items), 0.5), len(items), rng)
    entries = [(items[at].pk, 1.0, chance) for at, chance in zip(order.tolist(), q.tolist(), strict=True)]
    assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(items), leaning=leaning)


def ask(user, project, rng) -> Task:
    """One more question; what the person holds already stays open."""
    held = Task.objects.filter(annotator=user, project=project).count()
    return next_tasks(user, project, held + 1, rng)[held]


@pytest.mark.parametrize(
    ("people", "overlap", "each", "leaning"),
    [(2, 1, 3, 0.0), (3, 2, 2, 0.8), *(pytest.param(*each, marks=pytest.mark.draws) for each in FURTHER)],
)
def test_weighted_by_the_inverse_of_its_propensity_every_question_speaks_for_all_that_the_person_could_be_asked(
    people, overlap, each, leaning
):
    """The value of what was asked over its propensity estimates the sum of the values of all that was free for the
    person just then, whoever was asked what before."""
    project, items, users = arena(overlap, people, random_share=0.4)
    value = {item.pk: place for item, place in zip(items, np.linspace(1.0, 0.0, len(items)), strict=True)}
    numpy_rng, rng = np.random.default_rng(5), random.Random(5)
    errors = []
    for _ in range(80):
        forget(project, len(items))
        rank(project, items, numpy_rng, leaning)
        project = Project.objects.get(pk=project.pk)
        held: dict[int, set[int]] = {user.pk: set() for user in users}
        slots = dict.fromkeys(value, overlap)
        found = []
        for user in users * each:
            free = [pk for pk, left in slots.items() if left and pk not in held[user.pk]]
            task = ask(user, project, rng)
            assert task.pool_size == len(free)
            found.append(value[task.item_id] / task.propensity - sum(value[pk] for pk in free))
            held[user.pk].add(task.item_id)
            slots[task.item_id] -= 1
        errors.append(found)
    by_question = np.array(errors)
    # where a rare question has a weight of sixty, eighty rounds without it look far off and sure of it
    spread = np.maximum(by_question.std(axis=0), by_question.std())
    z = np.append(by_question.mean(axis=0) / spread, by_question.mean() / by_question.std() * len(users) ** 0.5)
    z *= len(by_question) ** 0.5
    assert np.abs(z).max() < 4.0, f"{np.round(by_question.mean(axis=0), 2)} is {np.round(z, 1)} standard errors"
