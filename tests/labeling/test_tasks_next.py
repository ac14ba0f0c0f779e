"""What is asked next, and why."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.utils import timezone

from labeling.models import Item, Member, Progress, Project, QueueEntry, Reason, Split, Task, TaskState
from labeling.services.answers.record import record_answer, skip
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.mixture import draw, eval_probability, mixed, strategy_share
from labeling.services.serving.next_tasks import MAX_COUNT, next_tasks
from labeling.services.serving.queue_pass import chances
from labeling.services.serving.sources import ITEMS
from labeling.services.serving.sources.walk import free
from labeling.services.validation.errors import Invalid
from tests.factories import make_items

pytestmark = pytest.mark.django_db


def rank(project, items, q=0.01, strategy="margin", model_version=3):
    entries = [(item.pk, 1.0 - n / 1000, q) for n, item in enumerate(items)]
    assert publish(project.pk, reserve_epoch(project.pk), entries, strategy, model_version, len(items))
    project.refresh_from_db()


def settings_of(project, **fields):
    Project.objects.filter(pk=project.pk).update(**fields)
    project.refresh_from_db()


class Always(random.Random):
    """A coin that always shows the same number."""

    def __init__(self, value):
        super().__init__(0)
        self.value = value

    def random(self):
        return self.value


def let_lapse(*tasks):
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(lease_expires_at=past)
    return expire_overdue()


def test_asking_again_returns_the_same_tasks_with_a_renewed_lease(project, people):
    make_items(project, ["a", "b", "c", "d"])
    first = next_tasks(people.annotator, project, 2)
    Task.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=5))
    again = next_tasks(people.annotator, project, 3)
    assert [task.pk for task in again[:2]] == [task.pk for task in first]
    assert len(again) == 3
    assert all(task.lease_expires_at > timezone.now() + timedelta(seconds=800) for task in again)
    stored = Task.objects.values_list("lease_expires_at", flat=True)
    assert min(stored) > timezone.now() + timedelta(seconds=800)


def test_a_lease_that_lapsed_but_was_not_swept_is_still_the_persons(project, people):
    make_items(project, ["a"])
    (task,) = next_tasks(people.annotator, project)
    Task.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=5))
    assert [again.pk for again in next_tasks(people.annotator, project)] == [task.pk]
    assert expire_overdue() == 0


def test_nobody_holds_more_than_the_limit(project, people):
    make_items(project, [str(n) for n in range(60)])
    assert len(next_tasks(people.annotator, project, MAX_COUNT)) == MAX_COUNT
    assert len(next_tasks(people.annotator, project, MAX_COUNT)) == MAX_COUNT
    assert Task.objects.count() == MAX_COUNT


@pytest.mark.parametrize("count", [0, -1, MAX_COUNT + 1, True, "2", 1.0, None])
def test_count_is_a_whole_number_in_range(project, people, count):
    with pytest.raises(Invalid) as refused:
        next_tasks(people.annotator, project, count)
    assert refused.value.field == "count"


def test_only_those_who_label_are_asked(project, people):
    make_items(project, ["a"])
    for user in (people.viewer, people.superuser):
        with pytest.raises(PermissionDenied):
            next_tasks(user, project)
    with pytest.raises(Http404):
        next_tasks(people.stranger, project)
    assert not Task.objects.exists()


def test_an_archived_project_asks_nothing_new(project, people):
    make_items(project, ["a", "b"])
    (task,) = next_tasks(people.annotator, project)
    settings_of(project, archived_at=timezone.now())
    assert [again.pk for again in next_tasks(people.annotator, project, 5)] == [task.pk]


def test_an_item_is_given_to_one_person_at_a_time(project, people):
    make_items(project, ["a", "b"])
    (mine,) = next_tasks(people.annotator, project)
    (theirs,) = next_tasks(people.reviewer, project)
    assert mine.item_id != theirs.item_id
    assert next_tasks(people.manager, project) == []


def test_random_tasks_carry_their_provenance(project, people):
    make_items(project, [str(n) for n in range(10)])
    tasks = next_tasks(people.annotator, project, 3)
    assert [(t.reason, t.draw, t.pool_size) for t in tasks] == [("random", 1, 10), ("random", 2, 9), ("random", 3, 8)]
    assert [t.propensity for t in tasks] == pytest.approx([1 / 10, 1 / 9, 1 / 8])
    assert {(t.strategy, t.model_version, t.epoch, t.utility) for t in tasks} == {("", None, None, None)}


def test_queue_tasks_carry_their_provenance(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    settings_of(project, random_share=0.2)
    rank(project, items[3:6], q=0.05)
    settings_of(project, random_share=0.0)
    tasks = next_tasks(people.annotator, project, 2)
    assert {task.item_id for task in tasks} == {items[3].pk, items[4].pk}
    settings_of(project, random_share=0.2)
    first = next(task for task in tasks if task.item_id == items[3].pk)
    first.refresh_from_db()
    assert (first.reason, first.strategy, first.model_version, first.epoch) == ("strategy", "margin", 3, 1)
    assert first.utility == 1.0
    assert first.propensity == pytest.approx(0.05)


def test_a_random_draw_beside_a_queue_has_the_propensity_of_the_mixture(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    rank(project, items[:5], q=0.04)
    settings_of(project, random_share=1.0)
    (task,) = next_tasks(people.annotator, project)
    assert (task.reason, task.epoch, task.strategy) == ("random", 1, "")
    assert task.propensity == pytest.approx(1 / 10)
    assert mixed(Project(random_share=0.2), 0.1, 0.04, True) == pytest.approx(0.02 + 0.8 * 0.04)
    assert mixed(Project(random_share=0.2), 0.1, 0.0, True) == pytest.approx(0.02)
    assert mixed(Project(random_share=0.0), 0.1, 0.0, False) == pytest.approx(0.1)


def test_a_ranking_may_lean_towards_random_and_another_may_lean_back(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    settings_of(project, random_share=0.2)
    entries = [(item.pk, 1.0, 0.5) for item in items]
    shares = []
    for leaning in (0.7, None, 0.1, 0.0):  # none says nothing of it, and below what was set it changes nothing
        assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 3, 10, leaning=leaning)
        project.refresh_from_db()
        shares.append(project.share_at_random)
        assert strategy_share(1, project, Always(0.5)) == (project.share_at_random < 0.5)
    assert shares == [0.7, 0.7, 0.2, 0.2]
    assert project.random_share == 0.2
    leaning = Project(random_share=0.2, leaning=0.7)
    assert mixed(leaning, 0.1, 0.04, True) == pytest.approx(0.07 + 0.3 * 0.04)


def test_a_random_draw_counts_what_the_queue_would_have_passed_over_first(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    rank(project, items, q=0.5)
    member = project.members.get(user=people.annotator)
    cursor = AnnotatorCursor(project, member, project.progress)
    assert [chances(ITEMS, cursor, [items[n].pk]) for n in (0, 1, 5)] == [
        {items[0].pk: 0.5}, {items[1].pk: 0.5**2}, {items[5].pk: 0.5**6},
    ]  # fmt: skip
    Item.objects.filter(pk=items[2].pk).update(is_open=False)
    assert chances(ITEMS, cursor, [items[4].pk]) == {items[4].pk: 0.5**4}
    member.queue_epoch, member.queue_rank = project.epoch, 3
    assert chances(ITEMS, cursor, [items[4].pk, items[0].pk]) == {items[4].pk: 0.5}
    settings_of(project, random_share=1.0)
    (task,) = next_tasks(people.annotator, project)
    settings_of(project, random_share=0.25)
    (task,) = next_tasks(people.reviewer, project, 1, rng=Always(0.2))
    rank_of = [item.pk for item in items].index(task.item_id)
    passed = sum(n != 2 and Item.objects.get(pk=items[n].pk).is_open for n in range(rank_of))
    assert task.propensity == pytest.approx(0.25 / task.pool_size + 0.75 * 0.5 ** (passed + 1))


def test_beside_a_queue_in_random_order_every_draw_is_uniform(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    Item.objects.update(draw_key=F("ordinal"))  # drawn far down in the queue, the next chances are not quite even
    entries = [(item.pk, 0.0, 1 / (10 - place)) for place, item in enumerate(items)]
    publish(project.pk, reserve_epoch(project.pk), entries, "random", None, 10)
    settings_of(project, random_share=0.3)
    for drawn, coin in enumerate((0.1, 0.9, 0.1, 0.9)):
        (task,) = next_tasks(people.annotator, project, 1, rng=Always(coin))
        assert task.reason == ("random" if coin < 0.3 else "strategy")
        assert task.propensity == pytest.approx(1 / (10 - drawn), rel=0.35)
        record_answer(people.annotator, task.pk, {"label": "ham"}, 900)
    cursor = AnnotatorCursor(project, project.members.get(user=people.reviewer), project.progress)
    Item.objects.update(slots_taken=0, answers=0, is_open=True)
    assert [chances(ITEMS, cursor, [item.pk])[item.pk] for item in items] == pytest.approx([0.1] * 10)


def test_eval_tasks_say_so_and_are_no_pool_draws(project, people):
    make_items(project, ["e1", "e2"], Split.EVAL)
    tasks = next_tasks(people.annotator, project, 2)
    assert [(t.reason, t.draw, t.pool_size, t.propensity) for t in tasks] == [
        ("eval", None, 2, 0.5),
        ("eval", None, 1, 1.0),
    ]
    assert Progress.objects.get().draws == 0


def test_the_mixture_has_its_shares(project):
    project.eval_share, project.random_share, project.epoch = 0.1, 0.25, 1
    progress = Progress(eval_open=1000, eval_done=0)
    rng = random.Random(5)
    assert eval_probability(project, progress) == 0.2
    total = Counter()
    for _ in range(2000):
        draws = draw(5, 0.0, 0.0, 0.2, rng)
        strategy = strategy_share(draws.pool, project, rng)
        total.update(eval=draws.eval, random=draws.pool - strategy, strategy=strategy)
    assert total["eval"] / 10_000 == pytest.approx(0.2, abs=0.015)
    assert total["random"] / 10_000 == pytest.approx(0.8 * 0.25, abs=0.015)
    assert sum(total.values()) == 10_000
    progress.eval_done = 200
    assert eval_probability(project, progress) == 0.1


def test_eval_items_are_never_served_from_a_queue(project, people):
    (item,) = make_items(project, ["secret"], Split.EVAL)
    with pytest.raises(ValueError, match="not in the pool"):
        publish(project.pk, reserve_epoch(project.pk), [(item.pk, 1.0, 0.5)], "margin", 1, 1)


def test_when_the_pool_is_empty_eval_items_go_on_and_the_other_way_round(project, people):
    settings_of(project, eval_share=0.0)
    make_items(project, ["p1"])
    make_items(project, ["e1", "e2"], Split.EVAL)
    reasons = Counter(task.reason for task in next_tasks(people.annotator, project, 5))
    assert reasons == {Reason.RANDOM: 1, Reason.EVAL: 2}
    settings_of(project, eval_share=0.5)
    make_items(project, ["p2", "p3"])
    assert len(next_tasks(people.annotator, project, 5)) == 5


def test_the_queue_is_followed_by_random_draws(project, people):
    items = make_items(project, [str(n) for n in range(8)])
    settings_of(project, random_share=0.0)
    rank(project, items[:3])
    tasks = next_tasks(people.annotator, project, 5)
    assert Counter(task.reason for task in tasks) == {Reason.STRATEGY: 3, Reason.RANDOM: 2}
    drawn = [task for task in tasks if task.reason == Reason.RANDOM]
    assert {task.epoch for task in drawn} == {None}
    assert all(task.propensity == pytest.approx(1 / task.pool_size) for task in drawn)


def test_a_new_epoch_is_walked_from_its_head(project, people):
    items = make_items(project, [str(n) for n in range(9)])
    settings_of(project, random_share=0.0)
    rank(project, items[:2])
    next_tasks(people.annotator, project, 3)
    rank(project, items[5:8])
    tasks = next_tasks(people.annotator, project, 5)
    assert {task.epoch for task in tasks[3:]} == {2}


def test_skipped_items_are_not_asked_again_but_somebody_else_is(project, people):
    make_items(project, ["a"])
    (task,) = next_tasks(people.annotator, project)
    skip(people.annotator, task.pk, "unclear")
    assert next_tasks(people.annotator, project) == []
    (theirs,) = next_tasks(people.reviewer, project)
    assert theirs.item_id == task.item_id


def test_an_expired_item_comes_back_to_the_same_person_and_to_others(project, people):
    project.overlap = 2
    project.save()
    make_items(project, ["a"])
    (task,) = next_tasks(people.annotator, project)
    assert next_tasks(people.annotator, project, 2) == [task]
    assert let_lapse(task) == 1
    task.refresh_from_db()
    assert task.state == TaskState.EXPIRED
    (again,) = next_tasks(people.annotator, project)
    assert (again.item_id, again.pk != task.pk) == (task.item_id, True)
    assert len(next_tasks(people.reviewer, project)) == 1


def test_everything_is_asked_once_in_laps(project, people):
    make_items(project, [str(n) for n in range(25)])
    seen = []
    while tasks := next_tasks(people.annotator, project, 4, random.Random(1)):
        for task in tasks:
            record_answer(people.annotator, task.pk, {"label": "ham"})
            seen.append(task.item.text)
    assert sorted(seen, key=int) == [str(n) for n in range(25)]


def test_items_imported_behind_ones_position_are_found(project, people):
    make_items(project, [str(n) for n in range(5)])
    for task in next_tasks(people.annotator, project, 10):
        record_answer(people.annotator, task.pk, {"label": "ham"})
    assert next_tasks(people.annotator, project) == []
    make_items(project, [f"new {n}" for n in range(20)])
    Progress.objects.update(reopened=1)
    assert len(next_tasks(people.annotator, project, 50)) == 20


def test_somebody_who_has_seen_everything_costs_no_walk(project, people, django_assert_num_queries):
    make_items(project, ["a", "b"])
    make_items(project, ["e"], Split.EVAL)
    for task in next_tasks(people.annotator, project, 10):
        record_answer(people.annotator, task.pk, {"label": "ham"})
    assert next_tasks(people.annotator, project) == []
    assert next_tasks(people.annotator, project) == []
    with django_assert_num_queries(4):  # savepoint, member, open tasks, release
        assert next_tasks(people.annotator, project) == []


@pytest.mark.parametrize("split", list(Split))
def test_the_walk_is_one_index_seek(project, people, split):
    """The plan is the constant cost: the partial index in its order, no sort, no scan."""
    make_items(project, [str(n) for n in range(300)], split)
    items = free(project.pk, people.annotator.pk, source=ITEMS, stream=split, pictures=False)
    plan = items.filter(draw_key__gt=5)[:5].explain()
    assert "item_walk" in plan, plan
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE" not in plan, plan


def test_open_tasks_and_overdue_leases_are_found_by_their_partial_indexes(project, people):
    plan = Task.objects.open_for(people.annotator).filter(project=project).order_by("pk").explain()
    assert "task_open_of_annotator" in plan, plan
    assert "task_lease" in Task.objects.overdue().order_by("lease_expires_at")[:5].explain()


def test_five_questions_cost_few_statements(project, people, django_assert_max_num_queries):
    items = make_items(project, [str(n) for n in range(300)])
    make_items(project, [f"e{n}" for n in range(30)], Split.EVAL)
    rank(project, items[:100])
    for seed in range(10):
        with django_assert_max_num_queries(12 + 2):  # and a savepoint, which exists only inside a test's transaction
            tasks = next_tasks(people.annotator, project, 5, random.Random(seed))
        for task in tasks:
            with django_assert_max_num_queries(8 + 2):
                record_answer(people.annotator, task.pk, {"label": "ham"}, 1200)


def test_members_of_two_projects_keep_their_places_apart(project, people):
    from tests.factories import make_project

    other = make_project(slug="other")
    Member.objects.create(project=other, user=people.annotator, role="annotator")
    make_items(project, ["a"])
    make_items(other, ["b"])
    assert [task.item.text for task in next_tasks(people.annotator, project, 5)] == ["a"]
    assert [task.item.text for task in next_tasks(people.annotator, other, 5)] == ["b"]


def test_sweeping_gives_every_slot_back(project, people):
    make_items(project, [str(n) for n in range(450)])
    for user in (people.annotator, people.reviewer, people.manager):
        for _ in range(3):
            tasks = next_tasks(user, project, 50)
            Task.objects.filter(pk__in=[t.pk for t in tasks]).update(state=TaskState.OPEN)
            let_lapse(*tasks)
    assert Item.objects.filter(slots_taken=0, is_open=True).count() == 450
    assert Progress.objects.get().pool_open == 450
    assert not QueueEntry.objects.exists()
