"""A project without labels asks nothing: there is no answer to choose."""

import pytest

from labeling.models import Label, Task
from labeling.services.projects.label_set import set_labels
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_answer, make_items, make_project

NEXT = "/api/v1/projects/sms/tasks/next/"


@pytest.mark.parametrize("how", ["never had any", "all archived"])
def test_nobody_is_asked_until_there_are_labels(project, people, api, how):
    items = make_items(project, ["one", "two", "three"])
    if how == "all archived":
        make_answer(items[0], people.reviewer, {"label": "spam"})
        set_labels(project, [])
        assert Label.objects.get(project=project).archived
    else:
        project.labels.all().delete()
    client = api(people.annotator)
    answer = client.post(NEXT, {"count": 2}, format="json")
    assert (answer.status_code, answer.json()) == (200, [])
    assert Task.objects.filter(annotator=people.annotator).count() == 0
    set_labels(project, ["ham", "spam"])
    assert len(client.post(NEXT, {"count": 2}, format="json").json()) == 2


def test_questions_that_were_out_wait_while_the_labels_are_away(project, people):
    make_items(project, ["one", "two"])
    (held,) = next_tasks(people.annotator, project)
    set_labels(project, [])
    assert next_tasks(people.annotator, project) == []
    set_labels(project, ["ham", "spam"])
    assert next_tasks(people.annotator, project) == [held]


def test_one_label_is_enough_to_be_asked(people):
    project = make_project(labels=("only",), manager=people.manager)
    make_items(project, ["one"])
    assert len(next_tasks(people.manager, project)) == 1


def test_rest_may_create_a_project_without_labels(people, api):
    body = {"name": "Later", "kind": "classification", "modality": "text"}
    made = api(people.superuser).post("/api/v1/projects/", body, format="json")
    assert (made.status_code, made.json()["labels"]) == (201, [])


def test_the_labeling_page_is_told_why(project, people, browser_of):
    state = browser_of(people.annotator).get("/p/sms/annotate/state/").json()
    assert state["project"]["can_answer"] is True
    project.labels.all().delete()
    state = browser_of(people.annotator).get("/p/sms/annotate/state/").json()
    assert state["project"]["can_answer"] is False
