"""Which pairs are put to whom: the mixture, sides, repeats, gold, overlap, propensities, and what runs dry."""

import json
import random
from collections import Counter
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from django.utils import timezone

from labeling.models import (
    Context,
    Epoch,
    Item,
    Member,
    Pair,
    PairQueueEntry,
    Progress,
    Project,
    Reason,
    Role,
    Split,
    Task,
    TaskState,
)
from labeling.selectors.task_json import task_json
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.projects.overlap import apply_overlap
from labeling.services.queue.publish import publish as publish_pairs
from labeling.services.queue.publish import reserve_epoch
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.queue_pass import chances
from labeling.services.serving.sources import ANY_PAIRS
from learning.core.acquisition import draw, rank_log_weights
from tests.factories import UserFactory
from tests.labeling.pairs.conftest import consistent, counts, item, item_rows

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def change(project, **fields) -> Project:
    Project.objects.filter(pk=project.pk).update(**fields)
    project.refresh_from_db()
    return project


def key(task) -> tuple[int, int]:
    return task.pair.first_id, task.pair.second_id


def answer_all(user, project, count=50, winner="left") -> list[Task]:
    """Asks and answers until there is nothing left; the tasks in the order they were put."""
    done = []
    while tasks := next_tasks(user, project, count):
        for task in tasks:
            record_answer(user, task.pk, {"winner": winner})
        done += tasks
    return done


def other_annotator(project, name="second"):
    user = UserFactory(username=name)
    Member.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


def test_every_pair_of_a_context_is_asked_once_and_none_across(filled, people):
    done = answer_all(people.annotator, filled, 5)
    wanted = {
        pair
        for context in Context.objects.all()
        for pair in combinations(sorted(context.members.values_list("pk", flat=True)), 2)
    }
    assert Counter(map(key, done)) == Counter(wanted)
    assert {task.reason for task in done} == {Reason.RANDOM}
    assert next_tasks(people.annotator, filled, 1) == []
    progress = Progress.objects.get(project=filled)
    assert (progress.pairs, progress.pool_done, progress.annotations, progress.draws) == (12, 12, 12, 12)
    consistent(filled)


def test_overlap_is_kept_and_reached(filled, people):
    change(filled, overlap=2)
    others = [other_annotator(filled, f"p{n}") for n in range(2)]
    done = [task for user in (people.annotator, *others) for task in answer_all(user, filled, 7)]
    assert set(Counter(map(key, done)).values()) == {2}
    assert len(done) == 24
    for user in (people.annotator, *others):
        mine = [key(task) for task in done if task.annotator_id == user.pk]
        assert len(mine) == len(set(mine))
    consistent(filled)


def test_the_json_is_blind_and_says_what_stands_where(filled, people):
    (task,) = next_tasks(people.annotator, filled, 1)
    shown = task_json(task, filled)
    left = Item.objects.get(pk=task.left_id)
    right = task.pair.other(task.left_id)
    assert (shown["left"]["text"], shown["right"]["text"]) == (left.text, right.text)
    assert shown["context"] == {
        "text": left.context, "purpose": "Which argument convinces more?", "facts": [], "image": None
    }  # fmt: skip
    assert set(shown) == {"id", "kind", "modality", "lease_expires_at", "context", "left", "right"}
    assert set(shown["left"]) == {"text", "fields", "image"}
    words = json.dumps(shown)
    assert not any(word in words for word in ("reason", "random", "propensity", left.external_id, "score"))
    (again,) = next_tasks(people.annotator, filled, 1)
    assert task_json(again, filled)["left"] == shown["left"]


def test_the_side_is_a_fair_coin(debates, people, bring_in):
    bring_in(debates, item_rows(contexts=1, items=30))
    done = [task for _ in range(8) for task in _ask_and_answer(people.annotator, debates, 50)]
    first = sum(task.left_id == task.pair.first_id for task in done)
    assert 145 <= first <= 255  # 400 tosses: beyond 5.5 standard deviations


def _ask_and_answer(user, project, count):
    tasks = next_tasks(user, project, count)
    for task in tasks:
        record_answer(user, task.pk, {"winner": "right"})
    return tasks


# propensity


@pytest.mark.draws
def test_recorded_propensities_are_those_of_the_draws(debates, people, bring_in):
    """Unequal contexts, an eval item, an item set aside: what is drawn is what is recorded, pair by pair."""
    sizes = {"a": 2, "b": 4, "c": 7}
    rows = [
        {"id": f"{c}{i}", "text": f"{c} {i}", "context": {"id": c, "text": c}, "split": "eval" * (f"{c}{i}" == "c6")}
        for c, size in sizes.items()
        for i in range(size)
    ]  # fmt: skip
    bring_in(debates, rows)
    drawn: Counter = Counter()
    told: dict = {}
    n = 4000
    for _ in range(n // 4):
        for task in next_tasks(people.annotator, debates, 1)[:1]:
            if task.reason == Reason.RANDOM:
                drawn[key(task)] += 1
                told[key(task)] = task.propensity
        forget(debates)
    total = sum(drawn.values())
    assert sum(told.values()) == pytest.approx(1.0)
    assert len(told) == 1 + 6 + 15
    for pair, count in drawn.items():
        expected = told[pair] * total
        assert abs(count - expected) < 5 * expected**0.5 + 3


def forget(project):
    """As if nobody had been asked anything yet."""
    Task.objects.filter(project=project).delete()
    Pair.objects.filter(project=project).delete()
    Progress.objects.filter(project=project).update(pairs=0, draws=0, pool_done=0, eval_done=0)


def test_the_queue_is_mixed_with_random_draws(filled, people):
    ids = {name: item(name).pk for name in ("c0i0", "c0i1", "c0i2", "c0i3")}
    entries = [(ids["c0i0"], ids["c0i1"], 2.0, 0.5), (ids["c0i3"], ids["c0i2"], 1.0, 0.25)]
    number = reserve_epoch(filled.pk)
    assert publish_pairs(filled.pk, number, entries, "information", 3, 12)
    change(filled, random_share=0.0)
    tasks = next_tasks(people.annotator, filled, 2)
    assert {task.reason for task in tasks} == {Reason.STRATEGY}
    by_utility = sorted(tasks, key=lambda task: -task.utility)
    assert [task.propensity for task in by_utility] == [0.5, 0.25]
    assert {(task.strategy, task.model_version, task.epoch) for task in tasks} == {("information", 3, 1)}
    (more,) = next_tasks(people.annotator, filled, 3)[2:]
    assert more.reason == Reason.RANDOM
    change(filled, random_share=0.2)
    second = other_annotator(filled)
    change(filled, overlap=2)
    apply_overlap(filled)
    for task in next_tasks(second, filled, 1):
        at_random = 2 / (8 * 3)
        # the second one of the queue by a random draw: the queue would have passed over the first one
        passed = 0.5 if task.reason == Reason.RANDOM and key(task) == key(by_utility[1]) else 1.0
        queued = passed * {key(t): t.propensity for t in by_utility}.get(key(task), 0.0)
        assert task.propensity == pytest.approx(0.2 * at_random + 0.8 * queued)


# eval


def test_eval_pairs_come_at_their_share_and_have_an_eval_item(debates, people, bring_in):
    change(debates, eval_share=0.2)
    rows = [{**row, "split": "eval" if number % 5 == 0 else "pool"} for number, row in enumerate(item_rows(2, 20))]
    bring_in(debates, rows)
    Progress.objects.filter(project=debates).update(eval_done=1000)  # past the early doubling
    done = [task for _ in range(4) for task in _ask_and_answer(people.annotator, debates, 50)]
    evals = [task for task in done if task.reason == Reason.EVAL]
    assert 15 <= len(evals) <= 65  # 200 questions at .2
    for task in done:
        has_eval = Split.EVAL in (task.pair.first.split, task.pair.second.split)
        assert has_eval == (task.reason == Reason.EVAL) == (task.pair.split == Split.EVAL)


# repeats


def test_repeats_swap_the_side_of_an_earlier_pair_and_take_no_slot(debates, people, bring_in):
    bring_in(debates, item_rows(contexts=1, items=12))
    change(debates, repeat_share=0.3)
    done = []
    for _ in range(40):
        for task in next_tasks(people.annotator, debates, 1):
            record_answer(people.annotator, task.pk, {"winner": "left"})
            done.append(task)
    repeats = [task for task in done if task.reason == Reason.REPEAT]
    assert repeats
    places = {task.pk: number for number, task in enumerate(done)}
    for task in repeats:
        (earlier,) = [other for other in done if key(other) == key(task) and other.reason != Reason.REPEAT]
        assert places[task.pk] - places[earlier.pk] > 10
        assert task.left_id != earlier.left_id
    assert max(Counter(map(key, repeats)).values()) == 1
    assert Pair.objects.filter(slots_taken__gt=1).count() == 0
    consistent(debates)


def test_no_repeat_before_the_tenth_question(debates, people, bring_in):
    bring_in(debates, item_rows(contexts=1, items=12))
    change(debates, repeat_share=0.5)
    done = [task for _ in range(10) for task in _ask_and_answer(people.annotator, debates, 1)]
    assert Reason.REPEAT not in {task.reason for task in done}


# gold


def test_gold_pairs_come_in_an_order_of_ones_own_and_leave_nothing_open(debates, people, bring_in):
    """With as many people as answers wanted, a gold pair would wait for ever for whoever met it as gold."""
    bring_in(debates, item_rows(contexts=1, items=9))
    names = list(combinations([f"c0i{n}" for n in range(9)], 2))
    bring_in(debates, [{"left": one, "right": other, "gold": "left"} for one, other in names[:6]])
    change(debates, gold_share=0.5, pairs="given", overlap=2)
    apply_overlap(debates)
    bring_in(debates, [{"left": one, "right": other, "gold": "left"} for one, other in names[6:12]])
    bring_in(debates, [{"left": one, "right": other} for one, other in names[12:]])
    known = set(Pair.objects.filter(gold__isnull=False, split="pool").values_list("pk", flat=True))
    assert len(known) == 12
    orders = []
    for user in (people.annotator, people.reviewer):
        tasks = []
        while asked := next_tasks(user, debates, 1):
            record_answer(user, asked[0].pk, {"winner": "left"})
            tasks += asked
        orders.append([task.pair_id for task in tasks if task.reason == Reason.GOLD])
        assert set(orders[-1]) <= known
        assert len(orders[-1]) == len(set(orders[-1])) >= 8
        assert not known & {task.pair_id for task in tasks if task.reason != Reason.GOLD}
    both = [pk for pk in orders[0] if pk in orders[1]]
    assert both != [pk for pk in orders[1] if pk in orders[0]]
    progress = Progress.objects.get(project=debates)
    assert (progress.given_pool_open, progress.given_eval_open) == (0, 0)
    consistent(debates)


def test_gold_pairs_go_to_everybody_beyond_the_overlap(filled, people, bring_in):
    gold = [{"left": "c0i0", "right": "c0i1", "gold": "left"}, {"left": "c1i0", "right": "c1i1", "gold": "tie"}]
    bring_in(filled, gold)
    change(filled, gold_share=0.5, pairs="given")
    for user in (people.annotator, other_annotator(filled), people.reviewer):
        asked = {key(task) for task in answer_all(user, filled, 3) if task.reason == Reason.GOLD}
        assert len(asked) <= 2
    everybody = Task.objects.filter(reason=Reason.GOLD)
    assert everybody.exists()
    assert Pair.objects.filter(slots_taken__gt=1).count() == 0
    consistent(filled)


# given pairs only


def test_only_given_pairs_are_asked_when_the_project_says_so(filled, people, bring_in):
    rows = [{"left": "c0i0", "right": f"c0i{n}"} for n in (1, 2)] + [{"left": "c1i0", "right": "c1i3"}]
    bring_in(filled, rows)
    change(filled, pairs="given")
    tasks = next_tasks(people.annotator, filled, 10)
    assert len(tasks) == 3
    assert all(task.pair.is_given for task in tasks)
    assert sorted(task.propensity for task in tasks) == [1 / 3, 1 / 2, 1.0]
    assert sorted(task.pool_size for task in tasks) == [1, 2, 3]
    for task in tasks:
        record_answer(people.annotator, task.pk, {"winner": "neither"})
    assert next_tasks(people.annotator, filled, 10) == []
    assert counts(bring_in(filled, [{"left": "c1i1", "right": "c1i3"}])) == ("done", 1, 0, 0)
    assert len(next_tasks(people.annotator, filled, 10)) == 1
    consistent(filled)


# answers


def test_taking_back_skipping_and_expiry_move_the_slots_of_the_pair(filled, people):
    first, second, third = next_tasks(people.annotator, filled, 3)
    record_answer(people.annotator, first.pk, {"winner": "tie"}, 900, ui_version="pairwise-1", viewport="narrow")
    made = first.annotations.get()
    assert (made.pair_id, made.left_id, made.item_id) == (first.pair_id, first.left_id, None)
    assert (made.ui_version, made.viewport) == ("pairwise-1", "narrow")
    consistent(filled)
    take_back(people.annotator, first.pk)
    consistent(filled)
    record_answer(people.annotator, first.pk, {"winner": "left"})
    skip(people.annotator, second.pk, "broken")
    second.pair.refresh_from_db()
    assert (second.pair.status, second.pair.slots_taken) == ("set_aside", 0)
    consistent(filled)
    take_back(people.annotator, second.pk)
    second.pair.refresh_from_db()
    assert (second.pair.status, second.pair.slots_taken) == ("active", 1)
    Task.objects.filter(pk=third.pk).update(lease_expires_at=timezone.now() - timezone.timedelta(minutes=1))
    assert expire_overdue() == 1
    third.pair.refresh_from_db()
    assert (third.pair.slots_taken, third.pair.is_open) == (0, True)
    consistent(filled)
    answered_late = record_answer(people.annotator, third.pk, {"winner": "right"})
    assert answered_late.created
    consistent(filled)


def test_a_skipped_pair_goes_to_somebody_else_and_not_to_the_same_person(filled, people):
    skipped = next_tasks(people.annotator, filled, 12)
    assert len(skipped) == 12
    for task in skipped:
        skip(people.annotator, task.pk, "unclear")
    assert next_tasks(people.annotator, filled, 12) == []
    assert len(next_tasks(other_annotator(filled), filled, 12)) == 12
    consistent(filled)


def test_expired_repeats_and_gold_are_given_back_without_a_slot(debates, people, bring_in):
    bring_in(debates, item_rows(contexts=1, items=8))
    bring_in(debates, [{"left": "c0i0", "right": "c0i1", "gold": "left"}])
    change(debates, gold_share=0.5, repeat_share=0.4)
    for _ in range(16):
        _ask_and_answer(people.annotator, debates, 1)
    tasks = next_tasks(people.annotator, debates, 6)
    Task.objects.filter(state=TaskState.OPEN).update(lease_expires_at=timezone.now() - timezone.timedelta(minutes=1))
    assert expire_overdue() == len(tasks)
    consistent(debates)
    for task in tasks:
        record_answer(people.annotator, task.pk, {"winner": "left"})
    consistent(debates)


# the queue


def test_publishing_refuses_what_cannot_be_asked(debates, people, bring_in):
    rows = [{**row, "split": "eval" if row["id"] == "c0i0" else "pool"} for row in item_rows()]
    bring_in(debates, rows)
    a, b, c, e = (item(name).pk for name in ("c0i1", "c0i2", "c1i0", "c0i0"))
    number = reserve_epoch(debates.pk)
    for entries in (
        [(a, c, 1.0, 0.5)], [(a, e, 1.0, 0.5)], [(a, a, 1.0, 0.5)], [(a, 10**9, 1.0, 0.5)], [(a, b, 1.0, 0.0)],
        [(a, b, float("nan"), 0.5)], [(a, b, 1.0, 0.5), (b, a, 1.0, 0.5)],
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            publish_pairs(debates.pk, number, entries, "s", None, 6)
    assert not Pair.objects.exists()
    assert publish_pairs(debates.pk, number, [(b, a, 1.0, 0.5)], "s", None, 6)
    assert publish_pairs(debates.pk, number, [(b, a, 1.0, 0.5)], "s", None, 6)
    assert PairQueueEntry.objects.get().pair == Pair.objects.get()
    older, newer = reserve_epoch(debates.pk), reserve_epoch(debates.pk)
    assert not publish_pairs(debates.pk, older, [(b, a, 1.0, 0.5)], "s", None, 6)
    assert publish_pairs(debates.pk, newer, [], "s", None, 6)
    assert Epoch.objects.filter(project=debates).count() == 2
    consistent(debates)


def test_a_late_answer_moves_no_slot_between_gold_and_other_questions(filled, people, bring_in):
    assert counts(bring_in(filled, [{"left": "c0i0", "right": "c0i1", "gold": "left"}]))[1] == 1
    gold = Pair.objects.get()
    for first, second in ((0.0, 1.0), (1.0, 0.0)):
        user = other_annotator(filled, f"late{first:.0f}")
        change(filled, gold_share=first, pairs="given", overlap=5)
        apply_overlap(filled)
        (late,) = next_tasks(user, filled, 1)
        Task.objects.filter(pk=late.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        expire_overdue()
        change(filled, gold_share=second)
        if not second:  # a pair that is gold alone has slots again once the job is through
            apply_overlap(filled)
        (again,) = next_tasks(user, filled, 1)
        assert {late.reason, again.reason} == {Reason.GOLD, Reason.RANDOM}
        consistent(filled)
        record_answer(user, late.pk, {"winner": "left"})
        consistent(filled)
        gold.refresh_from_db()
        assert (gold.slots_taken, gold.answers) == (1, 1)  # the first one's; the second answers beyond the slots


def test_repeats_keep_every_count_true_whatever_becomes_of_them(debates, people, bring_in):
    """The first answer taken back while its repeat is out, the repeat skipped, expired, answered late, taken back."""
    bring_in(debates, item_rows(1, 8))
    change(debates, repeat_share=0.0, overlap=2)
    first = [next_tasks(people.annotator, debates, 1)[0] for _ in range(1)]
    for _ in range(14):
        for task in next_tasks(people.annotator, debates, 1):
            record_answer(people.annotator, task.pk, {"winner": "left"})
            first.append(task)
    change(debates, repeat_share=1.0)
    repeats = next_tasks(people.annotator, debates, 4)
    assert {task.reason for task in repeats} == {Reason.REPEAT}
    earlier = {task.pair_id: task for task in first}
    assert all(earlier[task.pair_id].left_id != task.left_id for task in repeats)
    consistent(debates)
    one, two, three, four = repeats
    take_back(people.annotator, earlier[one.pair_id].pk)
    record_answer(people.annotator, one.pk, {"winner": "right"})
    consistent(debates)
    record_answer(people.annotator, earlier[one.pair_id].pk, {"winner": "tie"})
    skip(people.annotator, two.pk, "broken")
    consistent(debates)
    take_back(people.annotator, two.pk)
    consistent(debates)
    Task.objects.filter(pk=three.pk).update(lease_expires_at=timezone.now())
    expire_overdue()
    consistent(debates)
    record_answer(people.annotator, three.pk, {"winner": "left"})
    take_back(people.annotator, three.pk)
    skip(people.annotator, earlier[four.pair_id].pk, "out_of_scope")
    consistent(debates)
    record_answer(people.annotator, four.pk, {"winner": "left"})
    take_back(people.annotator, earlier[four.pair_id].pk)
    consistent(debates)
    change(debates, repeat_share=0.0)
    for person in (people.annotator, people.reviewer, other_annotator(debates)):
        answer_all(person, debates)
        consistent(debates)


# overlap, the queue and what it makes of propensities


def pool_pairs(context: str = "c0", items: int = 4) -> list[tuple[int, int]]:
    return list(combinations([item(f"{context}i{n}").pk for n in range(items)], 2))


def publish(project, pairs, q=0.5, slots_taken=None) -> Project:
    entries = [(one, other, float(-rank), q) for rank, (one, other) in enumerate(pairs)]
    number = reserve_epoch(project.pk)
    assert publish_pairs(project.pk, number, entries, "information", 1, len(pairs), slots_taken)
    project.refresh_from_db()
    return project


def team_of(project, people, n: int) -> list:
    return [people.annotator, *(other_annotator(project, f"p{number}") for number in range(1, n))]


def cursor_of(project, user) -> AnnotatorCursor:
    return AnnotatorCursor(project, project.members.get(user=user), project.progress)


def test_no_pair_takes_a_second_answer_while_another_of_the_queue_has_none(filled, people):
    change(filled, overlap=3, random_share=0.0)
    pairs = pool_pairs()
    publish(filled, pairs)
    users = team_of(filled, people, 4)
    asked: list = []
    for turn in range(18):
        (task,) = next_tasks(users[turn % 4], filled, 1)
        assert task.reason == Reason.STRATEGY
        record_answer(users[turn % 4], task.pk, {"winner": "left"})
        asked.append(key(task))
    # in the order of the ranking first, then again in that order but for what the person was asked before
    assert asked[:6] == pairs
    assert {len(set(asked[start : start + 6])) for start in (0, 6)} == {6}
    assert set(Counter(asked).values()) == {3}
    consistent(filled)


def test_several_questions_at_once_cross_into_the_next_pass_without_asking_a_pair_twice(filled, people):
    change(filled, overlap=2, random_share=0.0)
    pairs = pool_pairs()
    publish(filled, pairs)
    first, second = team_of(filled, people, 2)
    assert {key(task) for task in next_tasks(first, filled, 4)} == set(pairs[:4])
    assert {key(task) for task in next_tasks(second, filled, 4)} == {*pairs[4:], *pairs[:2]}
    tasks = next_tasks(first, filled, 9)[4:]
    assert {key(task) for task in tasks if task.reason == Reason.STRATEGY} == set(pairs[4:])
    assert {key(task)[0] for task in tasks if task.reason == Reason.RANDOM} <= {pk for pk, _ in pool_pairs("c1")}
    consistent(filled)


def test_what_the_ranking_knew_counts_as_new_again(filled, people):
    """A pair that was answered and ranked first all the same is asked first: its first answer left it telling most."""
    change(filled, overlap=3, random_share=0.0)
    pairs = pool_pairs()
    publish(filled, pairs)
    first, second, third = team_of(filled, people, 3)
    for task in next_tasks(first, filled, 2):
        record_answer(first, task.pk, {"winner": "left"})
    # of the two that have an answer the ranking knows the first one's only
    publish(filled, pairs, slots_taken=[1, 0, 0, 0, 0, 0])
    assert [key(next_tasks(user, filled, 1)[0]) for user in (second, third)] == [pairs[0], pairs[2]]


def test_a_lease_that_expired_behind_somebody_is_found_on_the_next_pass(filled, people):
    change(filled, overlap=2, random_share=0.0)
    pairs = pool_pairs()
    publish(filled, pairs)
    first, second = team_of(filled, people, 2)
    (left,) = next_tasks(first, filled, 1)
    answer = next_tasks(second, filled, 5)
    assert {key(task) for task in answer} == set(pairs[1:])
    Task.objects.filter(pk=left.pk).update(lease_expires_at=timezone.now())
    expire_overdue()
    assert key(next_tasks(second, filled, 6)[5]) == pairs[0]


def test_publishing_refuses_a_ranking_longer_than_a_pass(filled, monkeypatch):
    monkeypatch.setattr("labeling.services.queue.publish.PASS_RANKS", 6)
    with pytest.raises(ValueError, match="fewer than"):
        publish(filled, pool_pairs())


def test_a_random_pair_counts_what_the_queue_would_have_passed_over_first(filled, people):
    pairs = pool_pairs()
    change(filled, overlap=2)
    publish(filled, pairs)
    pks = [Pair.objects.get(first=one, second=other).pk for one, other in pairs]
    first = people.annotator
    Pair.objects.update(slots_taken=1)  # by the draws themselves
    assert chances(ANY_PAIRS, cursor_of(filled, first), pks[:1], []) == {pks[0]: 0.5}
    # the others were asked since the ranking: the one drawn is the only one of its pass
    assert chances(ANY_PAIRS, cursor_of(filled, first), pks[5:], []) == {pks[5]: 0.5}
    Pair.objects.exclude(pk=pks[3]).update(slots_taken=0)
    assert chances(ANY_PAIRS, cursor_of(filled, first), pks[3:4], []) == {pks[3]: 0.5**4}
    assert chances(ANY_PAIRS, cursor_of(filled, first), pks[3:4], pks[:2]) == {pks[3]: 0.5**2}
    Item.objects.filter(pk=pairs[0][0]).update(status="set_aside", is_open=False)  # and so pairs 0 to 2
    assert chances(ANY_PAIRS, cursor_of(filled, first), pks[3:4], []) == {pks[3]: 0.5}
    Item.objects.update(status="active", is_open=True)
    member = filled.members.get(user=first)
    member.queue_epoch, member.queue_rank = filled.epoch, 3
    cursor = AnnotatorCursor(filled, member, filled.progress)
    # from behind it: what is left of this pass, then the next one up to it
    assert chances(ANY_PAIRS, cursor, pks[3:4], []) == {pks[3]: 0.5**6}
    assert chances(ANY_PAIRS, cursor, [10**9], []) == {}


@pytest.mark.draws
def test_inverse_propensities_are_unbiased_whatever_mixture_asked(filled, people):
    """The third person's question, after two others were asked along a ranking drawn anew each time: the sum of the
    inverse propensities of each pair is the number of rounds, and that of values their sum."""
    pairs = pool_pairs() + pool_pairs("c1")
    change(filled, overlap=3, random_share=0.4)
    users = team_of(filled, people, 3)
    values = np.linspace(1.0, 0.0, len(pairs))
    weights = rank_log_weights(len(pairs), 0.5)
    numpy_rng, rng = np.random.default_rng(5), random.Random(5)
    rounds = 250
    estimates = []
    for _ in range(rounds):
        forget(filled)
        order, q = draw(weights, len(pairs), numpy_rng)
        entries = [(*pairs[at], 1.0, chance) for at, chance in zip(order.tolist(), q.tolist(), strict=True)]
        assert publish_pairs(filled.pk, reserve_epoch(filled.pk), entries, "information", 1, len(pairs))
        for user in users:
            (task,) = next_tasks(user, filled, 1, rng)
        estimates.append(values[pairs.index(key(task))] / task.propensity)
    error = (np.mean(estimates) - values.sum()) / (np.std(estimates) / rounds**0.5)
    assert abs(error) < 3.5, f"{np.mean(estimates):.2f} for {values.sum():.2f}"
