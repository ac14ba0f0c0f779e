"""A project whose kind left the registry: it says so plainly wherever it is opened, and keeps nobody else waiting."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client

from labeling.kinds import KINDS
from labeling.models import Annotation, ImportBatch, JobState, Project, Task, TaskState
from labeling.models.clock import database_now
from labeling.services.housekeeping.run import run_housekeeping, start_housekeeping
from labeling.services.housekeeping.sweep import sweep_labeling
from labeling.services.imports import run_import, start_import
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from learning.models import Run, Trigger
from learning.services.runs.decide import decide
from learning.services.runs.sweep import due_projects, unranked_projects
from tests.contracts.test_permissions import ROLES
from tests.factories import make_items, make_project
from tests.labeling.kinds.conftest import API
from tests.labeling.kinds.test_contract import PAGES, addresses_of, learned

pytestmark = pytest.mark.django_db

WORDS = "kind of question, “guess”, is not installed"
#: What asks nothing of the kind goes on.
STILL_THERE = {"pages:members", "pages:project-audit", "pages:imports", "learning-pages:runs"}


@pytest.fixture(params=["guess"])
def kind(request):
    return request.getfixturevalue("guess")


@pytest.fixture
def left(desk, monkeypatch):
    """A project with questions, answers and a run, whose kind is gone."""
    desk.bring_in()
    desk.answer_all(12)
    learned(desk)
    desk.next(3)
    desk.waiting = start_import(desk.people.manager, desk.project, rows=[{"text": "one more"}])
    monkeypatch.delitem(KINDS, "guess")
    return desk


def test_every_page_and_address_answers_plainly_to_every_role(left):
    refused, seen = set(), set()
    for role in ROLES:
        browser = Client()
        if role != "anonymous":
            browser.force_login(getattr(left.people, role))
        for name, path, allowed in addresses_of(left):
            response = browser.get(path)
            if role not in allowed:
                assert response.status_code in (302, 401, 403, 404), (name, role)
            elif response.status_code == 409:
                is_json = response["Content-Type"] == "application/json"
                said = response.json()["detail"] if is_json else response.content.decode()
                if name == "api:import-certificate":
                    assert "the import is queued" in said  # it waits for its kind, and has no certificate till then
                    continue
                assert WORDS in said, (name, role)
                refused.add(name)
            else:
                assert response.status_code in ((200, 404) if name == "learning-pages:ranking" else (200,)), (
                    name,
                    role,
                )
                seen.add(name)
    assert refused & seen == {"pages:annotate-state"}  # of who is not asked it tells only the name
    assert refused >= PAGES - STILL_THERE
    assert seen >= STILL_THERE


def test_lists_show_the_project_and_open_the_others(left):
    make_project(slug="other", name="Other", manager=left.people.manager)
    for role in ("manager", "annotator", "viewer", "superuser"):
        browser = Client()
        browser.force_login(getattr(left.people, role))
        page = browser.get("/").content.decode()
        assert "guess (not installed)" in page
        assert "/p/sample/annotate/" not in page
        listed = browser.get("/api/v1/projects/").json()["results"]
        assert "sample" in {project["slug"] for project in listed}
    assert Client().get("/").status_code == 302


def test_what_is_sent_is_refused_and_the_rows_stay(left):
    answers, task = Annotation.objects.count(), Task.objects.filter(state=TaskState.OPEN).first()
    client = left.client()
    response = client.post(f"{API}/tasks/next/", {"count": 1}, format="json")
    assert (response.status_code, WORDS in response.json()["detail"]) == (409, True)
    response = client.put(f"/api/v1/tasks/{task.pk}/answer/", {"answer": {"number": 7}}, format="json")
    assert (response.status_code, WORDS in response.json()["detail"]) == (409, True)
    response = left.client("manager").post(f"{API}/imports/", {"rows": [{"text": "x"}]}, format="json")
    assert response.status_code == 409
    assert Annotation.objects.count() == answers
    assert left.client("manager").delete(f"{API}/").status_code == 204  # and it can be given up


def test_it_works_again_when_the_kind_is_back(left, monkeypatch):
    monkeypatch.setitem(KINDS, "guess", left.kind)
    (task, *_) = left.next()
    assert left.answer(task, left.sample.truth(task)).status_code == 201


def test_jobs_end_with_the_reason(left):
    assert run_import(left.waiting.pk)["outcome"] == "failed"
    assert WORDS in ImportBatch.objects.get(pk=left.waiting.pk).error
    run = decide(left.project.pk, Trigger.MANUAL, left.people.manager)
    assert (run.state, run.reason) == (JobState.SKIPPED, "its kind of question, “guess”, is not installed")
    runs = Run.objects.count()
    assert decide(left.project.pk) is None
    assert Run.objects.count() == runs


def test_sweeps_go_on_for_everybody_else(left, people):
    other = make_project(slug="other", manager=people.manager)
    make_items(other, ["a"])
    (theirs,) = next_tasks(people.manager, other, 1)
    Task.objects.filter(state=TaskState.OPEN).update(lease_expires_at=database_now() - timedelta(days=1))
    expire_overdue()
    theirs.refresh_from_db()
    assert theirs.state == TaskState.EXPIRED
    assert Task.objects.filter(project=left.project, state=TaskState.OPEN).count() == 3
    assert left.project.pk not in [*due_projects(), *unranked_projects()]
    sweep_labeling()
    tidied = start_housekeeping()
    run_housekeeping(tidied.pk)
    tidied.refresh_from_db()
    assert tidied.state == JobState.DONE, tidied.error


def test_the_check_of_the_database_names_project_and_kind(left, capsys):
    call_command("check")
    with pytest.raises(SystemCheckError, match="Project 'sample' asks questions of the kind 'guess', which is not"):
        call_command("check", databases=["default"])
    Project.objects.filter(pk=left.project.pk).update(kind="classification")
    call_command("check", databases=["default"])


def test_counts_of_the_others_are_still_proven(left, capsys):
    make_project(slug="other")
    call_command("recount", check=True)
    assert "sample: left out, its kind 'guess' is not installed" in capsys.readouterr().err
