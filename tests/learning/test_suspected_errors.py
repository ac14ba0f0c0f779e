"""Answers nobody would believe are named after a run, put to somebody else or kept, and what came of it is counted."""

import pytest

from labeling.models import Annotation, AskedAgain, AuditEvent, Member, QueueEntry, Role, Split
from labeling.services.answers.record import record_answer
from labeling.services.items.status import set_aside
from labeling.services.projects.renames import rename_label
from labeling.services.serving.next_tasks import next_tasks
from learning.models import Outcome, Run, SuspectedError, SuspicionState
from learning.selectors.suspected_errors import suspicions, worth_a_look
from learning.services.pipeline.run import run_training
from learning.services.quality.suspected_errors import ask_again, keep
from learning.services.runs.decide import decide
from tests.factories import UserFactory, make_answer, make_items
from tests.learning.people import answer_some, texts, truth

pytestmark = pytest.mark.django_db

PAGE, API = "/p/sms/suspected-errors/", "/api/v1/projects/sms/suspected-errors/"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def learned(project, people):
    """Items of a project with a run behind it whose answers a person got wrong."""
    every = texts(80)
    make_items(project, every[:65])
    make_items(project, every[65:], split=Split.EVAL)
    answer_some(project, people.annotator, 55)
    answer_some(project, people.annotator, 15, Split.EVAL)
    mistaken = list(Annotation.objects.order_by("pk")[10:13])
    mistaken.append(Annotation.objects.filter(item__split=Split.EVAL).first())
    for one in mistaken:
        one.answer = {"label": "spam" if one.answer["label"] == "ham" else "ham"}
        one.save()
    run_training(decide(project.pk).pk)
    return [one.item for one in mistaken[:3]]


@pytest.fixture
def wrong(project, people):
    """Three wrong answers that a run has named."""
    items = make_items(project, texts(3))
    for belief, item in enumerate(items):
        other = {"ham": "spam", "spam": "ham"}[truth(item)["label"]]
        annotation = make_answer(item, people.annotator, {"label": other})
        SuspectedError.objects.create(
            project=project, item=item, belief=belief / 10, said=[other], doubted=truth(item)["label"],
            neighbours=[[items[0].pk, [other]]], answers_seen=annotation.pk,
        )  # fmt: skip
    return items


@pytest.fixture
def second(project):
    person = UserFactory()
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


def run_again(project) -> None:
    run_training(decide(project.pk, "manual").pk)


def named(project) -> set[int]:
    return {row.item.pk for row in suspicions(project).found}


def test_wrong_answers_are_named_put_to_somebody_else_and_settled(project, people, learned, second):
    asked, kept, aside = learned
    found = suspicions(project).found
    assert {row.item.pk for row in found[:3]} == {item.pk for item in learned}
    for row in found[:3]:
        assert row.doubted == truth(row.item)["label"] != row.said[0]
        assert all(said == [row.doubted] for _, said in row.neighbours)
    assert {row.item.split for row in found} == {Split.POOL}, "what measures is never doubted"

    assert ask_again(people.reviewer, project, [asked.pk]) == [asked.pk]
    keep(people.reviewer, project, [kept.pk])
    set_aside(people.reviewer, aside)
    told = suspicions(project)
    assert (named(project) & {item.pk for item in learned}, told.waiting, told.decided) == (set(), 1, 1)

    run_again(project)
    first = QueueEntry.objects.order_by("-epoch__number", "rank").first()
    assert (first.item_id, first.reason) == (asked.pk, "relabel")
    assert not named(project) & {item.pk for item in learned}, "not named anew while it waits, or once it is kept"
    task = next(task for task in next_tasks(second, project, 20) if task.item_id == asked.pk)
    record_answer(second, task.pk, truth(asked), None)
    told = suspicions(project)
    assert (told.waiting, told.decided, told.wrong) == (0, 2, 1), "known before a run writes it down"

    run_again(project)
    assert SuspectedError.objects.get(item=asked).outcome == Outcome.OTHER
    told = suspicions(project)
    assert (told.waiting, told.decided, told.wrong) == (0, 2, 1)


def test_one_that_is_said_to_be_right_counts_as_right(project, people, wrong):
    assert keep(people.reviewer, project, [wrong[1].pk, 10_000]) == [wrong[1].pk]
    told = suspicions(project)
    assert (wrong[1].pk in named(project), told.decided, told.wrong) == (False, 1, 0)
    assert AuditEvent.objects.filter(action="item.answer_kept", user_name="reviewer").count() == 1


def test_an_answer_that_its_author_changed_since_is_not_listed(project, people, wrong):
    annotation = Annotation.objects.get(item=wrong[2])
    record_answer(people.annotator, annotation.task_id, truth(wrong[2]), None)
    assert wrong[2].pk not in named(project)


def test_a_renamed_label_is_told_by_its_new_name(project, people, wrong):
    rename_label(people.manager, project, "spam", "junk")
    row = next(row for row in suspicions(project).found if row.item.pk == wrong[0].pk)
    assert {*row.said, row.doubted} == {"ham", "junk"}


@pytest.mark.parametrize(
    ("answers", "decided", "proposed"),
    [(148, "", 8), (20, "", 5), (1_000, "so", 50), (148, 15 * "s" + 5 * "o", 8), (148, 5 * "o" + 20 * "s", 0)],
)
def test_as_many_are_proposed_as_may_be_wrong_as_long_as_looking_pays(answers, decided, proposed):
    rows = [SuspectedError(run=Run(annotations_seen=answers), belief=0.1)] * 65
    outcomes = [Outcome.OTHER if each == "o" else Outcome.SAME for each in decided]
    assert worth_a_look(rows, outcomes) == proposed


def test_the_page_lists_them_and_a_reviewer_decides_on_it(project, people, wrong, second, browser_of):
    client = browser_of(people.reviewer)
    shown = client.get(PAGE).content.decode()
    assert all(f'value="{item.pk}"' in shown for item in wrong)
    models = client.get("/p/sms/models/").content.decode()
    assert f'href="{PAGE}"' in models
    client.post(PAGE, {"item": [wrong[0].pk, wrong[1].pk], "do": "ask"})
    client.post(PAGE, {"item": [wrong[2].pk], "do": "keep"})
    assert set(AskedAgain.objects.values_list("item", flat=True)) == {wrong[0].pk, wrong[1].pk}
    assert SuspectedError.objects.get(item=wrong[2]).state == SuspicionState.KEPT
    assert "2 put to somebody else" in client.get(PAGE).content.decode()


def test_nothing_ticked_and_nobody_left_are_said_in_words(project, people, wrong, browser_of):
    client = browser_of(people.reviewer)
    assert "Tick the answers" in client.post(PAGE, {"do": "ask"}, follow=True).content.decode()
    Member.objects.filter(project=project).exclude(user=people.reviewer).delete()
    Member.objects.filter(project=project).update(is_quarantined=True)
    told = client.post(PAGE, {"item": [wrong[0].pk], "do": "ask"}, follow=True).content.decode()
    assert "put to nobody" in told


def test_a_viewer_sees_them_and_decides_nothing(project, people, wrong, browser_of):
    client = browser_of(people.viewer)
    shown = client.get(PAGE).content.decode()
    assert "Ask somebody else" not in shown
    assert client.post(PAGE, {"item": [wrong[0].pk], "do": "ask"}).status_code == 403


def test_rest_lists_and_decides(project, people, wrong, second, api):
    client = api(people.reviewer)
    listed = client.get(API).json()
    assert {row["item"] for row in listed["results"][:3]} == {item.pk for item in wrong}
    assert {"said", "doubted", "wrongly_given", "belief", "neighbours", "external_id"} < set(listed["results"][0])
    asked = client.post(f"{API}ask-again/", {"items": [wrong[0].pk]}, format="json")
    kept = client.post(f"{API}keep/", {"items": [wrong[1].pk]}, format="json")
    assert (asked.json(), kept.json()) == ({"items": [wrong[0].pk]}, {"items": [wrong[1].pk]})
    counts = {name: client.get(API).json()[name] for name in ("waiting", "decided", "wrong")}
    assert counts == {"waiting": 1, "decided": 1, "wrong": 0}
    assert client.post(f"{API}keep/", {"items": []}, format="json").status_code == 400


def test_before_there_is_anything_to_judge_by_the_page_says_when_there_will_be(project, people, browser_of):
    assert "No answer is suspected" in browser_of(people.viewer).get(PAGE).content.decode()
