"""A manager changes people and labels at the moment in which somebody answers."""

import threading

import pytest

from labeling.models import Annotation, Label, Member
from labeling.services.answers import record as answers
from labeling.services.answers.record import record_answer
from labeling.services.projects import manage as projects
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.together import together
from tests.factories import make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

#: SQLite lets nobody in meanwhile: then the other one waits for this long in vain, and both come one after the other.
PATIENCE_S = 1


@pytest.fixture
def task(project, people):
    make_items(project, ["one"])
    return next_tasks(people.annotator, project, 1)[0]


def paused(monkeypatch, module, name, reached: threading.Event, go_on: threading.Event) -> None:
    """The function says that it was reached, and waits."""
    function = getattr(module, name)

    def wrapped(*args, **more):
        reached.set()
        go_on.wait(PATIENCE_S)
        return function(*args, **more)

    monkeypatch.setattr(module, name, wrapped)


@pytest.mark.parametrize("change", ["role", "removal"])
def test_a_change_of_the_person_who_is_answering_is_no_deadlock(project, people, task, monkeypatch, change):
    answering, locked = threading.Event(), threading.Event()
    paused(monkeypatch, answers, "_revise", answering, locked)
    another_manager = projects._another_manager

    def noted(member):
        locked.set()
        another_manager(member)

    monkeypatch.setattr(projects, "_another_manager", noted)

    def manage():
        answering.wait(PATIENCE_S)
        if change == "role":
            projects.set_member(project, people.annotator, "viewer")
        else:
            projects.remove_member(project, people.annotator)

    together([lambda: record_answer(people.annotator, task.pk, {"label": "ham"}), manage])
    assert Annotation.objects.current().count() == 1
    assert not Member.objects.filter(user=people.annotator, role="annotator").exists()


def test_a_label_that_is_being_given_is_archived_not_deleted(project, people, task, monkeypatch):
    answering, changed = threading.Event(), threading.Event()
    paused(monkeypatch, answers, "_revise", answering, changed)

    def manage():
        answering.wait(PATIENCE_S)
        projects.set_labels(project, ["spam"])
        changed.set()

    together([lambda: record_answer(people.annotator, task.pk, {"label": "ham"}), manage])
    assert Annotation.objects.get().answer == {"label": "ham"}
    assert Label.objects.get(project=project, name="ham").archived
