"""A random draw gives every row of the pool the person may be asked about the same chance, whichever way finds it."""

import random
from collections import Counter

import pytest
from django.utils import timezone

from labeling.models import Item, Member, Pair, Progress, Project, Reason, Role, Split, Task, TaskState
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.imports import run_import, start_import
from labeling.services.serving import known
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.known import known_open
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.sources import GIVEN_PAIRS, ITEMS, uniform
from labeling.services.serving.sources.uniform import UniformDraw
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

#: Of a chi-square with 11 degrees of freedom: exceeded once in 100,000.
CHI_SQUARE_11 = 44.0


def team(project, size) -> list:
    users = [UserFactory() for _ in range(size)]
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    return users


def cursor_of(project, user) -> AnnotatorCursor:
    return AnnotatorCursor(project, project.members.get(user=user), Progress.objects.get(project=project))


def by_address(monkeypatch):
    monkeypatch.setattr(uniform, "FEW", 0)
    monkeypatch.setattr(uniform, "ENUMERATED", 0)


def one_by_one(monkeypatch):
    monkeypatch.setattr(uniform, "FEW", 10**6)


def chi_square(counts, cells) -> float:
    expected = sum(counts.values()) / len(cells)
    return sum((counts[cell] - expected) ** 2 / expected for cell in cells)


@pytest.mark.parametrize("way", [by_address, one_by_one])
@pytest.mark.parametrize("count", [1, 3])
def test_untouched_begun_reopened_and_newly_imported_items_have_the_same_chance(monkeypatch, way, count):
    """Twenty items and an eval split between them; eight cannot be drawn: full, set aside, or known to the person."""
    way(monkeypatch)
    project = make_project(overlap=2)
    user, other = team(project, 2)
    items = make_items(project, [f"old {n}" for n in range(12)])
    make_items(project, [f"eval {n}" for n in range(10)], Split.EVAL)
    items += make_items(project, [f"new {n}" for n in range(8)])
    now = timezone.now()
    begun, full, gone, mine = items[:3], items[3:5], items[5:7], items[7:9] + items[18:]
    Item.objects.filter(pk__in=[item.pk for item in begun + mine]).update(slots_taken=1)
    Item.objects.filter(pk__in=[item.pk for item in full]).update(slots_taken=2, is_open=False)
    Item.objects.filter(pk__in=[item.pk for item in gone]).update(status="set_aside", is_open=False)
    Progress.objects.update(pool_open=16)
    asked = [(item, user, TaskState.ANSWERED) for item in mine]
    asked += [(item, other, TaskState.OPEN) for item in begun[:2]] + [(begun[2], user, TaskState.EXPIRED)]
    Task.objects.bulk_create(
        Task(project=project, item=item, annotator=by, state=state, lease_expires_at=now, reason=Reason.RANDOM)
        for item, by, state in asked
    )
    free = [item.pk for item in items if item not in full + gone + mine]
    assert len(free) == 12
    # further along than most items, where a walk would pass over what is behind
    project.members.filter(user=user).update(pool_position=2**59)
    rng, drawn = random.Random(4), Counter()
    for _ in range(600 // count):
        cursor = cursor_of(project, user)
        found = UniformDraw(ITEMS, cursor, known_open(ITEMS, cursor), [], rng).draw(count)
        assert len({row.pk for row in found}) == count
        drawn.update(row.pk for row in found)
    assert set(drawn) <= set(free)
    assert chi_square(drawn, free) < CHI_SQUARE_11


def test_where_hardly_an_address_is_free_a_run_of_the_walk_from_a_random_place_is_drawn_from(monkeypatch):
    monkeypatch.setattr(uniform, "ENUMERATED", 0)
    monkeypatch.setattr(uniform, "ROUNDS", 0)
    project = make_project()
    (user,) = team(project, 1)
    items = make_items(project, [str(n) for n in range(40)])
    rng, drawn = random.Random(4), Counter()
    for _ in range(100):
        drawn.update(row.pk for row in UniformDraw(ITEMS, cursor_of(project, user), 0, [], rng).draw(3))
    assert len(drawn) == 40
    assert max(drawn.values()) < 25
    assert len(items) == 40
    # asked about all but one in sixteen: left to the walk, which does not begin anew each time
    assert UniformDraw(ITEMS, cursor_of(project, user), 39, [], rng).draw(3) == []


def test_draws_of_two_people_meet_as_often_as_chance_has_it():
    """Sixty of 600 each, with nothing ranked: six in common on average (along one order it was all sixty)."""
    project = make_project(overlap=2, eval_share=0.0)
    first, second = team(project, 2)
    make_items(project, [str(n) for n in range(600)])
    taken = []
    for user, seed in ((first, 1), (second, 2)):
        rng = random.Random(seed)
        taken.append({task.item_id for start in (50, 60) for task in _new(user, project, start, rng)})
    assert [len(each) for each in taken] == [60, 60]
    assert len(taken[0] & taken[1]) < 18
    assert known_open(ITEMS, cursor_of(project, first)) == 60 - len(taken[0] & taken[1])


def _new(user, project, up_to, rng):
    held = Task.objects.filter(annotator=user, state=TaskState.OPEN)
    tasks = next_tasks(user, project, up_to - Task.objects.filter(annotator=user).count(), rng)
    for task in tasks:
        record_answer(user, task.pk, {"label": "ham"})
    assert not held.exists()
    return tasks


def test_everything_is_found_to_the_last_item_however_few_are_left(monkeypatch):
    for way in (by_address, one_by_one):
        with monkeypatch.context() as patch:
            way(patch)
            project = make_project(overlap=2)
            users = team(project, 2)
            make_items(project, [str(n) for n in range(50)])
            for user in users:
                rng = random.Random(1)
                seen = []
                while tasks := next_tasks(user, project, 7, rng):
                    seen += [task.item_id for task in tasks]
                    for task in tasks:
                        record_answer(user, task.pk, {"label": "ham"})
                assert len(set(seen)) == len(seen) == 50


def counted(project, user) -> int:
    found = known._count(project.pk, user.pk, source=ITEMS)
    return found[0][0] if found else 0


@pytest.mark.parametrize("overlap", [1, 2])
def test_what_a_person_knows_is_kept_through_answers_skips_undos_and_leases(overlap):
    project = make_project(overlap=overlap, eval_share=0.0)
    first, second = team(project, 2)
    make_items(project, [str(n) for n in range(12)])
    rng = random.Random(3)
    mine = next_tasks(first, project, 5, rng)
    assert counted(project, first) == (0 if overlap == 1 else 5)
    record_answer(first, mine[0].pk, {"label": "ham"})
    skip(first, mine[1].pk, "unclear")
    skip(first, mine[2].pk, "unclear")
    skip(first, mine[3].pk, "broken")
    take_back(first, mine[2].pk)
    member = project.members.get(user=first)
    assert member.pool_known == counted(project, first) == (1 if overlap == 1 else 4)
    (task,) = next_tasks(first, project, 3, rng)[2:]
    # what is open, but for what the person knows: of twelve one is set aside, and four (one) are known or full
    assert task.pool_size == 7
    next_tasks(second, project, 4, rng)
    Task.objects.filter(annotator=first, state=TaskState.OPEN).update(lease_expires_at=timezone.now())
    expire_overdue()
    assert known_open(ITEMS, cursor_of(project, first)) == counted(project, first)


def test_a_count_is_made_anew_only_after_a_share_of_the_persons_own_answers(django_assert_num_queries):
    project = make_project(overlap=2)
    (user,) = team(project, 1)
    Member.objects.update(answers=320, pool_known=7, pool_known_at=100)
    Progress.objects.update(draws=110)
    with django_assert_num_queries(3):  # what the cursor is made of
        assert known_open(ITEMS, cursor_of(project, user)) == 7
    Progress.objects.update(draws=111)
    cursor = cursor_of(project, user)
    assert (known_open(ITEMS, cursor), cursor.member.pool_known_at) == (0, 111)


def test_given_pairs_are_drawn_alike_and_independently(monkeypatch, people):
    by_address(monkeypatch)
    people.superuser.save()
    project = Project.objects.get(pk=make_project(kind="pairwise", labels=(), overlap=2, eval_share=0.0).pk)
    Member.objects.create(project=project, user=people.manager, role=Role.MANAGER)
    rows = [{"id": f"r{n}", "text": f"text {n}", "context": "c"} for n in range(13)]
    run_import(start_import(people.manager, project, rows=rows).pk)
    ids = list(Item.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
    pairs = Pair.objects.bulk_create(
        Pair(project=project, context=Item.objects.get(pk=ids[0]).in_context, first_id=ids[0], second_id=other,
             split=Split.POOL, is_given=True, annotations_required=2)
        for other in ids[1:]
    )  # fmt: skip
    Progress.objects.filter(project=project).update(given_pool_open=12, pairs=12)
    rng, drawn = random.Random(4), Counter()
    for _ in range(300):
        found = UniformDraw(GIVEN_PAIRS, cursor_of(project, people.manager), 0, [], rng).draw(2)
        drawn.update(row.pk for row in found)
    assert chi_square(drawn, [pair.pk for pair in pairs]) < CHI_SQUARE_11
