"""A run names the known items that are worth a second opinion, and stops asking where nobody contradicts."""

import pytest

from labeling.models import Annotation, Item, Member, QueueEntry, Role, Split, Task
from labeling.services.answers.record import record_answer
from labeling.services.projects.manage import update_project
from labeling.services.serving.next_tasks import next_tasks
from learning.core.second_opinions import Shown
from learning.models import Run
from learning.selectors.second_opinions import shown_so_far
from learning.services.pipeline.rank import rank_again
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import UserFactory, make_answer, make_items, make_project
from tests.learning.people import answer_some, texts, truth

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def second(project):
    person = UserFactory()
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


@pytest.fixture
def mistaken(project, people):
    """A project with answers, three of them wrong; the items of these."""
    update_project(people.manager, project, settings={"second_opinions": "auto"})
    every = texts(90)
    make_items(project, every[:70])
    make_items(project, every[70:], split=Split.EVAL)
    answer_some(project, people.annotator, 50)
    answer_some(project, people.annotator, 15, Split.EVAL)
    wrong = list(Annotation.objects.order_by("pk")[10:13])
    for one in wrong:
        one.answer = {"label": "spam" if one.answer["label"] == "ham" else "ham"}
        one.save()
    return [one.item for one in wrong]


def opine(item, person, answer) -> None:
    """A second opinion, as the queue would have asked for it."""
    Item.objects.filter(pk=item.pk).update(annotations_required=item.slots_taken + 1, extra_slots=item.slots_taken)
    make_answer(item, person, answer, reason="second_opinion")


def ran(project) -> Run:
    run = Run.objects.get(pk=decide(project.pk, "manual").pk)
    run_training(run.pk)
    project.refresh_from_db()
    run.refresh_from_db()
    return run


def named() -> list[QueueEntry]:
    newest = QueueEntry.objects.order_by("-epoch__number").values_list("epoch", flat=True)[:1]
    return list(QueueEntry.objects.filter(epoch__in=newest, reason="second_opinion").order_by("rank"))


def test_wrong_answers_come_first_of_what_is_asked_again(project, people, mistaken, second):
    run = ran(project)
    entries = named()
    assert [entry.rank for entry in entries] == list(range(len(entries)))
    assert 3 / project.retrain_every <= project.asks_again <= 0.3, "as many as are likely wrong, no more than may be"
    n_wrong = project.asks_again * project.retrain_every
    assert len(entries) == pytest.approx(n_wrong) or project.asks_again == pytest.approx(0.3)
    assert {entry.item.split for entry in entries} == {Split.POOL}
    assert all(0 < entry.propensity <= 0.3 and entry.slots_taken == 1 for entry in entries)
    doubtful = sorted(entries, key=lambda entry: -entry.utility)[:3]
    assert {entry.item_id for entry in doubtful} == {item.pk for item in mistaken}
    assert f"{project.asks_again:.0%} of the questions are second opinions (none given so far)" in str(run.steps)
    assert {task.reason for task in next_tasks(second, project, 50)} > {"second_opinion", "strategy"}


def test_where_nobody_contradicts_it_stops(project, people, mistaken, second):
    for item in Item.objects.filter(split=Split.POOL, slots_taken=1)[:40]:
        opine(item, second, Annotation.objects.get(item=item).answer)
    assert shown_so_far(project) == Shown(40, 0)
    ran(project)
    assert project.asks_again < 0.01
    assert len(named()) <= 1


def test_what_was_shown_counts_second_answers_that_stand(project, people, second):
    first, other, third = make_items(project, texts(3))
    for item in (first, other, third):
        make_answer(item, people.annotator, {"label": "ham"})
    for item, *answers in ((first, "spam", "ham"), (other, "ham")):
        for person, label in zip((second, people.reviewer), answers, strict=False):
            item.refresh_from_db()
            opine(item, person, {"label": label})
    opine(third, second, {"label": "spam"})
    Task.objects.filter(item=third, annotator=second).update(reason="relabel")
    third.refresh_from_db()
    opine(third, people.reviewer, {"label": "spam"})
    assert shown_so_far(project) == Shown(2, 1), "a third opinion speaks of two others"


def test_off_by_itself_and_without_a_model_nothing_is_asked_again(project, people, mistaken, second):
    update_project(people.manager, project, settings={"second_opinions": "off"})
    run = ran(project)
    assert (named(), project.asks_again, "second opinions" in str(run.steps)) == ([], 0.0, False)
    update_project(people.manager, project, settings={"second_opinions": "auto"})
    answer_some(project, people.annotator, 1)
    ran(project)
    assert named()
    assert rank_again(project.pk)
    assert named() == [], "a loaded model has learned the answers by heart"
    assert make_project().second_opinions == "off"


def test_any_labels_are_weighed_label_by_label(people, second):
    project = make_project(slug="many", kind="multilabel", manager=people.manager, second_opinions="auto")
    Member.objects.create(project=project, user=second, role=Role.ANNOTATOR)
    items = make_items(project, texts(60))
    for item in items[:40]:
        label = truth(item)["label"]
        make_answer(item, people.manager, {"labels": [label]})
    wrong = Annotation.objects.filter(project=project).order_by("pk")[5]
    Annotation.objects.filter(pk=wrong.pk).update(answer={"labels": ["ham", "spam"]})
    ran(project)
    assert max(named(), key=lambda entry: entry.utility).item_id == wrong.item_id
    task = next(task for task in next_tasks(second, project, 50) if task.reason == "second_opinion")
    record_answer(second, task.pk, {"labels": ["ham"]})
    assert Task.objects.get(pk=task.pk).item.slots_taken == 2
