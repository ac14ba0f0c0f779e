"""A worker that is faster than the request: the project is gone when the answer is made."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from labeling.api.base import ProjectView
from labeling.models import ImportBatch, Project, ProjectDeletion
from labeling.pages import decorators
from labeling.services.imports import start
from labeling.services.projects import deletion
from labeling.services.projects import manage as projects
from tests.factories import make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SMS = "/api/v1/projects/sms/"


def a_worker_takes_it_at_once(monkeypatch):
    """Announced jobs are done before ``delete_project`` goes on."""
    monkeypatch.setattr(deletion, "AT_ONCE_ROWS", 0)
    monkeypatch.setattr(deletion, "enqueue_on_commit", lambda job, pk: deletion.run_deletion(pk))


def test_deleting_a_project_that_a_worker_removes_at_once(project, people, api, monkeypatch):
    make_items(project, ["a", "b"])
    a_worker_takes_it_at_once(monkeypatch)
    assert api(people.manager).delete(SMS).status_code == 204
    assert not Project.objects.exists()
    assert ProjectDeletion.objects.get().state == "done"


def test_a_sweep_that_takes_the_deletion_before_the_request_has_stopped_what_runs(project, people, api, monkeypatch):
    make_items(project, ["a", "b"])
    monkeypatch.setattr(deletion, "AT_ONCE_ROWS", 0)
    stop, swept = deletion._stop, []

    def late(project_id):
        if not swept:
            swept.append(deletion.run_deletion(ProjectDeletion.objects.get().pk))
        stop(project_id)

    monkeypatch.setattr(deletion, "_stop", late)
    assert api(people.manager).delete(SMS).status_code == 204
    assert swept
    assert not Project.objects.exists()


def test_a_small_project_whose_rows_cannot_be_removed_now_is_deleted_all_the_same(project, people, api, monkeypatch):
    def broken(*args):
        raise RuntimeError("planted")

    monkeypatch.setattr(deletion, "_delete_project", broken)
    assert api(people.manager).delete(SMS).status_code == 204
    assert api(people.manager).get(SMS).status_code == 404


def gone(project, people):
    deletion.run_deletion(deletion.delete_project(people.manager, project).pk)


@pytest.mark.parametrize("change", [{"name": "new"}, {"settings": {"overlap": 2}}, {"labels": [{"name": "eggs"}]}])
def test_a_change_of_a_project_that_goes_meanwhile_is_404(project, people, api, monkeypatch, change):
    checked = projects._settings
    monkeypatch.setattr(projects, "_settings", lambda given: (gone(project, people), checked(given))[1])
    assert api(people.manager).patch(SMS, change).status_code == 404


def test_an_import_into_a_project_that_goes_meanwhile_is_404_and_leaves_no_file(project, people, api, monkeypatch):
    look = start._look
    monkeypatch.setattr(start, "_look", lambda *args, **more: (gone(project, people), look(*args, **more))[1])
    assert api(people.manager).post(f"{SMS}imports/", {"rows": [{"text": "a"}]}).status_code == 404
    assert not ImportBatch.objects.exists()
    assert (
        not default_storage.exists(f"uploads/{project.pk}") or default_storage.listdir(f"uploads/{project.pk}")[1] == []
    )


CALLS = [
    ("get", "", None),
    ("patch", "", {"name": "new"}),
    ("patch", "", {"instructions": "new"}),
    ("delete", "", None),
    ("post", "members/", {"username": "stranger", "role": "viewer"}),
    ("delete", "members/viewer/", None),
    ("post", "imports/", {"rows": [{"text": "a"}]}),
    ("post", "snapshots/", {"format": "csv", "rows": "items"}),
    ("get", "export/?format=jsonl", None),
    ("get", "metrics/", None),
    ("get", "queue/", None),
    ("post", "runs/", None),
    ("post", "rollback/", {"reason": "worse"}),
    ("post", "quarantines/", {"annotator": "annotator", "reason": "guesses"}),
]


@pytest.mark.parametrize(("method", "path", "given"), CALLS)
def test_whatever_is_asked_of_a_project_that_goes_meanwhile_is_no_error_of_ours(
    project, people, api, monkeypatch, method, path, given
):
    make_items(project, ["a"])
    admitted = ProjectView.initial

    def then_it_goes(view, request, *args, **kwargs):
        admitted(view, request, *args, **kwargs)
        gone(project, people)

    monkeypatch.setattr(ProjectView, "initial", then_it_goes)
    answer = getattr(api(people.manager), method)(SMS + path, given)
    assert answer.status_code < 500, answer.content
    if method != "get" and (method, path) != ("delete", ""):
        assert answer.status_code >= 400, answer.content


@pytest.mark.parametrize(
    ("address", "given"),
    [("settings/", {"form": "general", "name": "new"}), ("members/", {"username": "stranger", "role": "viewer"}),
     ("imports/", {"pasted": "a", "pasted_as": "lines"}), ("export/", {"format": "csv", "rows": "items"})],
)  # fmt: skip
def test_the_same_on_pages(project, people, monkeypatch, address, given):
    client = Client(raise_request_exception=False)
    client.force_login(people.manager)
    admitted = decorators.project_and_member

    def then_it_goes(*args):
        found = admitted(*args)
        gone(project, people)
        return found

    monkeypatch.setattr(decorators, "project_and_member", then_it_goes)
    assert client.post(f"/p/sms/{address}", given).status_code < 500
