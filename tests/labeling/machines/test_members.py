"""A machine is a member of its own sort: added and ended by managers, with a token that opens two doors."""

import re
import uuid

import pytest
from rest_framework.test import APIClient

from labeling.models import ApiToken, AuditEvent, Machine, Member, Prediction, User
from labeling.services.machines.manage import add_machine, end_machine
from labeling.services.projects.deletion import delete_project
from tests.api.everything import endpoints
from tests.factories import make_items, make_project

pytestmark = pytest.mark.django_db


def by(key) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def test_a_manager_adds_a_machine_changes_and_ends_it(project, people, api):
    manager = api(people.manager)
    at = "/api/v1/projects/sms/machines/"
    made = manager.post(at, {"name": "judge", "version": "2026-11", "description": "an LLM"})
    assert made.status_code == 201
    one = made.json()
    assert (one["owner"], one["ended_at"], [row["name"] for row in one["versions"]]) == ("manager", None, ["2026-11"])
    machine = by(one["token"])
    assert machine.get("/api/v1/projects/sms/predictions/items/").status_code == 200
    changed = manager.patch(f"{at}{one['id']}/", {"version": "2026-12", "owner": "reviewer", "description": ""}).json()
    assert [row["name"] for row in changed["versions"]] == ["2026-11", "2026-12"]
    assert (changed["owner"], changed["description"]) == ("reviewer", "")
    again = manager.post(f"{at}{one['id']}/token/").json()["token"]
    assert machine.get("/api/v1/projects/sms/predictions/items/").status_code == 401, "the old key is revoked"
    assert by(again).get("/api/v1/projects/sms/predictions/items/").status_code == 200
    ended = manager.post(f"{at}{one['id']}/end/").json()
    assert ended["ended_at"]
    assert by(again).get("/api/v1/projects/sms/predictions/items/").status_code == 401
    assert manager.post(f"{at}{one['id']}/token/").status_code == 400
    assert [row["name"] for row in manager.get(at).json()["results"]] == ["judge"]
    noted = list(AuditEvent.objects.filter(action__startswith="machine").values_list("action", flat=True))
    assert sorted(noted) == ["machine.added", "machine.changed", "machine.ended"]
    assert again not in str(list(AuditEvent.objects.values("before", "after", "subject")))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "", "version": "1"}, "name"), ({"name": "x", "version": " "}, "version"),
        ({"name": "taken", "version": "1"}, "name"), ({"name": "x", "version": "1", "owner": "stranger"}, "owner"),
        ({"name": "a\0", "version": "1"}, "name"), ({"name": "x", "version": "1", "password": "y"}, "password"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_a_machine_is_refused_by_its_field(project, people, api, wrong, field):
    add_machine(people.manager, project, name="taken", version="1")
    answer = api(people.manager).post("/api/v1/projects/sms/machines/", wrong)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert Machine.objects.count() == 1


def test_a_machine_is_no_user_and_no_member_so_no_list_of_people_meets_it(project, people, api):
    users, members = User.objects.count(), Member.objects.count()
    add_machine(people.manager, project, name="judge", version="1")
    assert (User.objects.count(), Member.objects.count()) == (users, members)
    listed = api(people.manager).get("/api/v1/projects/sms/people/").json()["results"]
    assert "judge" not in {row["name"] for row in listed}


OPEN_TO_MACHINES = {
    "GET /api/v1/projects/{slug}/predictions/items/",
    "POST /api/v1/projects/{slug}/predictions/import/",
    "GET /api/v1/items/{pk}/preview/",
}
CLOSED = [one for one in endpoints() if "auth/token" not in one.path and not one.path.endswith(("schema/", "docs/"))]


def test_the_key_of_a_machine_opens_two_doors_and_the_pictures_behind_them(project, people):
    """Every address there is, also those that will be added: it is refused before anything is looked for."""
    _, key = add_machine(people.manager, project, name="rule", version="1")
    (item,) = make_items(project, ["a"])
    client, opened = by(key), set()
    for endpoint in CLOSED:
        path = endpoint.path.replace("{slug}", project.slug).replace("{public_id}", str(uuid.uuid4()))
        path = re.sub(r"{\w+}", str(item.pk), path)
        answer = client.generic(endpoint.method, path, b'{"rows": []}', content_type="application/json")
        if answer.status_code not in (401, 403):
            opened.add(str(endpoint))
    assert opened == OPEN_TO_MACHINES
    assert client.post("/api/v1/projects/sms/tasks/next/", {"count": 1}).status_code == 403


def test_a_machine_of_one_project_finds_no_other(project, people):
    other = make_project(slug="other", manager=people.manager)
    (item,) = make_items(other, ["a"])
    _, key = add_machine(people.manager, project, name="judge", version="1")
    client = by(key)
    assert client.get("/api/v1/projects/other/predictions/items/").status_code == 404
    assert client.post("/api/v1/projects/other/predictions/import/", {"rows": []}).status_code == 404
    assert client.get(f"/api/v1/items/{item.pk}/preview/").status_code == 404
    said = client.post("/api/v1/projects/sms/predictions/import/", {"rows": [{"item": item.pk, "label": "ham"}]})
    assert [row["row"] for row in said.json()["rejections"]] == [1]


def test_a_machine_is_gone_with_its_project(project, people, django_capture_on_commit_callbacks):
    _, key = add_machine(people.manager, project, name="judge", version="1")
    (item,) = make_items(project, ["a"])
    by(key).post("/api/v1/projects/sms/predictions/import/", {"rows": [{"item": item.pk, "label": "ham"}]})
    assert Prediction.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        delete_project(people.manager, project)
    assert not any(model.objects.exists() for model in (Machine, Prediction, ApiToken))


def test_an_ended_machine_keeps_what_it_predicted_and_predicts_no_more(project, people, api):
    machine, key = add_machine(people.manager, project, name="judge", version="1")
    (item,) = make_items(project, ["a"])
    rows = {"rows": [{"item": item.pk, "label": "ham"}]}
    by(key).post("/api/v1/projects/sms/predictions/import/", rows)
    end_machine(people.manager, machine)
    assert Prediction.objects.count() == 1
    refused = api(people.manager).post("/api/v1/projects/sms/predictions/import/?machine=judge", rows)
    assert (refused.status_code, list(refused.json())) == (400, ["machine"])
