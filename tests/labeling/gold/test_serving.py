"""Gold questions about items: mixed in by their share, to everybody once and in an order of one's own, and blind."""

import itertools
import random

import pytest

from labeling.models import Annotation, Item, Member, Progress, Reason, Role, Split, Task
from labeling.selectors.recount import differences
from labeling.selectors.task_json import task_json
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.projects.manage import update_project
from labeling.services.quality.known_answers import make_gold, remove_gold
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import UserFactory, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def golden(project, people):
    """Sixty items of the pool of which the first twelve are gold, ten of the eval split of which two are."""
    pool = make_items(project, [f"pool {n}" for n in range(60)])
    held = make_items(project, [f"held {n}" for n in range(10)], Split.EVAL)
    for item in (*pool[:12], *held[:2]):
        make_gold(people.manager, item, {"label": "ham"}, "The first word says so.")
    update_project(people.manager, project, settings={"gold_share": 0.3})
    project.known = {item.pk for item in pool[:12]}
    return project


def true(project):
    assert [str(found) for found in differences(project)] == []


def answered(user, project, seed, n=200):
    """What the person was asked as gold, in order; everything is answered, one question after the other."""
    rng, found = random.Random(seed), []
    for _ in range(n):
        tasks = next_tasks(user, project, 1, rng)
        if not tasks:
            break
        record_answer(user, tasks[0].pk, {"label": "ham"})
        found += [task.item_id for task in tasks if task.reason == Reason.GOLD]
    return found


def test_everybody_is_asked_all_gold_of_the_pool_once_and_in_an_order_of_ones_own(golden, people):
    others = [UserFactory() for _ in range(2)]
    Member.objects.bulk_create(Member(project=golden, user=user, role=Role.ANNOTATOR) for user in others)
    update_project(people.manager, golden, settings={"overlap": 3})  # questions enough for each to be asked all gold
    seen = [answered(user, golden, seed) for seed, user in enumerate([people.annotator, *others])]
    for order in seen:
        assert len(order) == len(golden.known)
        assert set(order) == golden.known
    for one, other in itertools.combinations(seen, 2):
        assert one != other  # by luck once in 12!
    true(golden)


def test_gold_takes_no_slot_and_its_answers_are_answers_of_people(golden, people):
    rng = random.Random(3)
    tasks = next_tasks(people.annotator, golden, 30, rng)
    gold = [task for task in tasks if task.reason == Reason.GOLD]
    assert 3 <= len(gold) <= 12  # of thirty, at a share of .3, and no more than there are
    assert all(task.pool_size is None and task.propensity is None and task.draw is None for task in gold)
    for task in gold:
        record_answer(people.annotator, task.pk, {"label": "spam"})
    items = Item.objects.filter(pk__in=[task.item_id for task in gold])
    assert set(items.values_list("slots_taken", "answers", "is_open")) == {(0, 0, False)}
    assert Annotation.objects.current().filter(task__in=gold, source="human").count() == len(gold)
    assert Progress.objects.get(project=golden).annotations == len(gold)
    true(golden)


def test_nothing_tells_gold_from_other_questions(golden, people):
    tasks = next_tasks(people.annotator, golden, 40, random.Random(5))
    shown = {reason: [] for reason in Reason.values}
    for task in tasks:
        shown[task.reason].append(task_json(task, golden))
    assert len(shown["gold"]) > 2
    assert len(shown["random"]) > 2
    forms = {str(shape(one)) for one in (*shown["gold"], *shown["random"], *shown["eval"])}
    assert len(forms) == 1
    for word in ("gold", "reason", "explanation", "first word", "origin"):
        assert word not in str(list(shown.values()))  # neither as a key nor as a value
    # nor does the place: they are not asked at the beginning or the end of what is given at once
    places = [n for n, task in enumerate(tasks) if task.reason == Reason.GOLD]
    assert places != list(range(len(places)))


def shape(value):
    """The keys and the types, without the values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


def test_the_answer_of_gold_is_told_like_any_other(golden, people, client):
    client.force_login(people.annotator)
    told = {}
    for task in next_tasks(people.annotator, golden, 40, random.Random(5)):
        put = client.put(f"/api/v1/tasks/{task.pk}/answer/", {"answer": {"label": "ham"}}, "application/json")
        told.setdefault(task.reason, set()).add((put.status_code, str(shape(put.json()))))
    assert len(told["gold"]) == 1
    assert told["gold"] == told["random"]


def test_skipped_taken_back_and_expired_gold_moves_no_count(golden, people):
    tasks = next_tasks(people.annotator, golden, 30, random.Random(3))
    one, two, three = [task for task in tasks if task.reason == Reason.GOLD][:3]
    skip(people.annotator, one.pk, "unclear")
    record_answer(people.annotator, two.pk, {"label": "ham"})
    take_back(people.annotator, two.pk)
    Task.objects.filter(pk=three.pk).update(lease_expires_at="2020-01-01T00:00Z")
    expire_overdue()
    true(golden)
    update_project(people.manager, golden, settings={"gold_share": 0})
    true(golden)


def test_who_was_out_of_gold_is_asked_what_was_made_since(golden, people):
    assert set(answered(people.annotator, golden, 1)) == golden.known
    more = make_items(golden, [f"later {n}" for n in range(20)])
    make_gold(people.manager, more[0], {"label": "spam"})
    assert answered(people.annotator, golden, 2) == [more[0].pk]


def test_who_made_gold_is_not_tested_by_it(golden, people):
    (mine,) = make_items(golden, ["mine"])
    make_gold(people.reviewer, mine, {"label": "ham"})
    assert mine.pk in answered(people.annotator, golden, 1)
    make_items(golden, [f"more {n}" for n in range(60)])
    seen = answered(people.reviewer, golden, 1)
    assert len(seen) == 12
    assert mine.pk not in seen


def test_an_item_that_is_gold_no_more_is_asked_about_by_its_slots(golden, people):
    item = Item.objects.get(pk=min(golden.known))
    remove_gold(people.manager, item)
    tasks = next_tasks(people.annotator, golden, 50, random.Random(1)) + next_tasks(people.reviewer, golden, 50)
    asked = {task.item_id: task.reason for task in tasks}
    item.refresh_from_db()
    assert asked.get(item.pk, "random") != Reason.GOLD
    assert item.annotations_required == 1
    true(golden)


def test_people_who_share_the_work_of_gold_only_finish_it(project, people, browser_of, api):
    """With as many people as answers wanted an item would wait for ever for whoever met it as gold."""
    items = make_items(project, ["one", "two", "three"])
    make_gold(people.manager, items[0], {"label": "ham"})
    update_project(people.manager, project, settings={"overlap": 2, "gold_share": 0.5})
    answered(people.annotator, project, 1), answered(people.reviewer, project, 2)
    progress = Progress.objects.get(project=project)
    assert (progress.pool_open, progress.pool_done) == (0, 3)
    true(project)
    # a test is no labeling: gold is neither done nor to be done
    told = api(people.manager).get("/api/v1/projects/sms/metrics/").json()["progress"]
    assert (told["items"], told["gold"], told["to_label"], told["done"], told["pool"]["done"]) == (3, 1, 2, 2, 2)
    assert told["share_done"] == 1
    read = {path: browser_of(people.manager).get(path).content.decode() for path in ("/", "/p/sms/", "/p/sms/items/")}
    assert "2 of 2 items labeled" in read["/"]
    assert "2 of 2 items labeled,\n      1 asked as gold" in read["/p/sms/"]
    assert read["/p/sms/items/"].count('<span class="quiet">gold</span>') == 1
    page = browser_of(people.manager).get(f"/p/sms/items/{items[0].pk}/").content.decode()
    assert "asked as gold, 2 answers" in page
    assert "of 0 answer" not in page
