"""What people skip teaches the ranking, and the pages say how much of the pool cannot be asked about."""

import random

import pytest

from labeling.models import Item, Member, QueueEntry, Role, Split
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.items.status import restore
from labeling.services.quality.quarantine import set_in_quarantine
from labeling.services.serving.next_tasks import next_tasks
from learning.families.labels.skips import skipped_items
from learning.models import ModelVersion, VersionReport
from learning.services.pipeline.repeat import repeat
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_answer, make_items
from tests.learning.people import make_text_project, truth

pytestmark = pytest.mark.django_db

FOREIGN = ("Kartoffelsuppe mit Wurst kochen", "Rezept Zwiebelkuchen backen", "Apfelstrudel und Sahne servieren")


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


def foreign(n: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [f"{rng.choice(FOREIGN)} {rng.choice(FOREIGN)} {seed * 1000 + number}" for number in range(n)]


def is_foreign(item: Item) -> bool:
    return item.text.startswith(FOREIGN)


@pytest.fixture
def project(people):
    """A fifth of the pool and of the eval split is in another language: out of scope."""
    made = make_text_project(
        people.manager, n_pool=160, n_eval=40, retrain_every=20, learner="logistic", strategy="margin", random_share=0.3
    )
    make_items(made, foreign(40, 1))
    make_items(made, foreign(10, 2), split=Split.EVAL)
    for role in (Role.ANNOTATOR, Role.REVIEWER, Role.VIEWER):
        Member.objects.create(project=made, user=getattr(people, role.value), role=role)
    return made


def ask(project, person, n: int) -> list[Item]:
    """``n`` questions, the foreign ones skipped."""
    asked, rng = [], random.Random(n)
    for _ in range(n):
        (task,) = next_tasks(person, project, 1, rng)
        if is_foreign(task.item):
            skip(person, task.pk, "out_of_scope")
        else:
            record_answer(person, task.pk, truth(task.item), 1000)
        asked.append(task.item)
    return asked


def run(project) -> ModelVersion:
    run_training(decide(project.pk).pk)
    project.refresh_from_db()
    return ModelVersion.objects.filter(project=project).newest_first().first()


def one_skip(project, person, reason: str = "out_of_scope"):
    """A question of the pool that is skipped."""
    while True:
        (task,) = next_tasks(person, project)
        if task.item.split == Split.POOL:
            return skip(person, task.pk, reason)
        record_answer(person, task.pk, truth(task.item), 1000)


def known(project):
    return skipped_items(project, Item.objects.filter(project=project).count())


def test_the_queue_asks_less_about_what_is_like_the_skipped_and_the_run_says_so(project, people):
    ask(project, people.annotator, 70)
    version = run(project)
    found = version.reported.skips
    assert found["is_on"], found
    assert found["reason"] == ""
    assert found["gain"]["low"] > 0
    assert found["loss"] < found["constant_loss"]
    assert 0 < found["factors"]["smallest"] < 0.1 < found["factors"]["largest"] <= 1
    published = QueueEntry.objects.filter(epoch__project=project, epoch__number=project.epoch)
    every = list(published.select_related("item").order_by("rank"))
    assert sum(is_foreign(entry.item) for entry in every[:20]) <= 2
    assert any(is_foreign(entry.item) for entry in every), "none of them is out of reach"
    assert all(0 < entry.propensity <= 1 for entry in every)
    note = next(step["note"] for step in version.run.steps if step["name"] == "rank")
    assert "The queue asks less often about what is like the " in note


def test_the_share_is_that_of_questions_drawn_at_random_alone(project, people):
    asked = ask(project, people.annotator, 30)  # before the first ranking all are drawn at random
    found = known(project)
    assert found.n_random == 30
    assert found.n_random_skipped == sum(is_foreign(item) for item in asked)
    run(project)
    more = ask(project, people.annotator, 20)
    by_queue = sum(task.reason == "strategy" for task in people.annotator.tasks.filter(item__in=more))
    assert by_queue
    assert known(project).n_random == 50 - by_queue


def test_eval_items_count_and_teach_nothing(project, people):
    while not known(project).n_random_skipped:
        ask(project, people.annotator, 1)
    ask(project, people.annotator, 60)
    of_pool = {item.ordinal for item in Item.objects.filter(project=project, split=Split.POOL)}
    assert set(known(project).ordinals.tolist()) <= of_pool


def test_a_skip_that_was_undone_is_none(project, people):
    task = one_skip(project, people.annotator)
    assert known(project).ordinals.tolist() == [task.item.ordinal]
    take_back(people.annotator, task.pk)
    assert known(project).ordinals.tolist() == []


def test_what_somebody_could_answer_is_not_skipped(project, people):
    Item.objects.filter(project=project).update(annotations_required=2)
    task = one_skip(project, people.annotator, "unclear")
    assert known(project).ordinals.tolist() == [task.item.ordinal]
    make_answer(Item.objects.get(pk=task.item_id), people.reviewer, {"label": "ham"})
    found = known(project)
    assert found.ordinals.tolist() == []
    assert found.n_random_skipped == 0


def test_what_a_reviewer_put_back_is_not_skipped(project, people):
    task = one_skip(project, people.annotator)
    task.item.refresh_from_db()
    restore(people.reviewer, task.item)
    assert known(project).ordinals.tolist() == []


def test_skips_of_somebody_in_quarantine_do_not_count(project, people):
    one_skip(project, people.annotator)
    assert known(project).ordinals.size == 1
    set_in_quarantine(people.manager, project, people.annotator.username, "skips everything")
    found = known(project)
    assert (found.ordinals.size, found.n_random_skipped) == (0, 0)


def test_where_nobody_skips_nothing_is_said_and_the_queue_is_as_it_was(project, people, browser_of):
    for item in list(Item.objects.open_in(Split.POOL).filter(project=project)):
        if is_foreign(item):
            item.delete()
    Item.objects.filter(project=project, split=Split.EVAL).exclude(text__startswith="word").filter(
        text__regex="^(Kart|Rezept|Apfel)"
    ).delete()
    ask(project, people.annotator, 25)
    version = run(project)
    assert "skips" not in version.report
    assert version.reported.skips == {}
    page = browser_of(people.manager).get(f"/p/{project.slug}/models/").content.decode()
    assert 'id="skips"' not in page


def test_pages_and_rest_tell_it(project, people, browser_of, api):
    ask(project, people.annotator, 90)
    version = run(project)
    for address in ("models/", f"models/{version.number}/", "fragments/curve/"):
        page = browser_of(people.manager).get(f"/p/{project.slug}/{address}")
        assert page.status_code == 200, address
        text = " ".join(page.content.decode().split())
        assert "of the pool (" in text, address
        assert "cannot be asked about, by " in text, address
        assert "The queue asks less often about what is like the " in text, address
    told = api(people.manager).get(f"/api/v1/models/{version.pk}/").json()["report"]["skips"]
    assert told["share"]["n"] == version.report["skips"]["share"]["n"]
    assert VersionReport.from_json(version.report) == version.reported
    assert browser_of(people.stranger).get(f"/p/{project.slug}/models/{version.number}/").status_code == 404


def test_a_few_skips_are_named_and_do_not_steer(project, people, browser_of):
    ask(project, people.annotator, 6)
    while known(project).ordinals.size < 1:
        ask(project, people.annotator, 1)
    version = run(project)
    found = version.reported.skips
    if sum(found["skipped"].values()) < 5:
        assert not found["is_on"]
        assert found["reason"].endswith("skipped items, 5 are needed")
    page = " ".join(browser_of(people.manager).get(f"/p/{project.slug}/models/").content.decode().split())
    assert "The queue does not go by skips yet: " in page


def test_the_same_answers_and_skips_make_the_same_model_file(project, people):
    """Skips steer the queue and are in no version's file."""
    ask(project, people.annotator, 60)
    version = run(project)
    again = repeat(version.run)
    assert again.is_same
    assert not again.data_changed
    skipped = people.annotator.tasks.filter(state="skipped").first()
    take_back(people.annotator, skipped.pk)
    assert repeat(version.run).is_same
