"""Questions and answers over REST: what comes back, and what is refused with which status."""

import json
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from labeling.models import Annotation, ApiToken, Asset, Item, Label, Member, Project, Task, TaskState
from labeling.services.answers.record import record_answer
from labeling.services.serving.leases import expire_overdue
from tests.concurrency.together import together
from tests.factories import make_items, make_project

pytestmark = pytest.mark.django_db

NEXT = "/api/v1/projects/sms/tasks/next/"
BLIND = {"id", "kind", "modality", "lease_expires_at", "item"}
BLIND_ITEM = {"id", "text", "context", "fields", "image"}


def answer_url(task):
    return f"/api/v1/tasks/{task}/answer/"


def skip_url(task):
    return f"/api/v1/tasks/{task}/skip/"


@pytest.fixture
def task(project, people, api):
    """One open question of the annotator."""
    make_items(project, ["win a prize"], context="inbox")
    return api(people.annotator).post(NEXT, {"count": 1}).json()[0]


def test_next_is_blind(task):
    assert set(task) == BLIND
    assert set(task["item"]) == BLIND_ITEM
    assert (task["kind"], task["modality"]) == ("classification", "text")
    assert (task["item"]["text"], task["item"]["context"]) == ("win a prize", "inbox")
    assert task["lease_expires_at"].endswith("Z")


def test_next_of_a_picture_shows_the_preview_only(people, api):
    project = make_project(slug="photos", modality="image", manager=people.manager)
    asset = Asset.objects.create(
        project=project, sha256="0" * 64, path="a/secret-name.jpg", size_bytes=1, format="JPEG",
        media_type="image/jpeg", mode="RGB", width=640, height=480,
    )  # fmt: skip
    (item,) = make_items(project, ["secret-name.jpg"])
    Item.objects.filter(pk=item.pk).update(asset=asset, data={"file": "secret-name.jpg"})
    response = api(people.manager).post("/api/v1/projects/photos/tasks/next/", {"count": 1})
    image = {"src": f"/api/v1/items/{item.pk}/preview/?size=1600", "width": 640, "height": 480}
    assert response.json()[0]["item"] == {"id": item.pk, "text": "", "context": "", "fields": [], "image": image}
    assert "secret" not in response.content.decode()


def test_next_of_a_table_row_shows_its_columns(people, api):
    project = make_project(slug="table", modality="tabular", manager=people.manager)
    Project.objects.filter(pk=project.pk).update(columns=["job", "gone", "age", "ok"])
    make_items(project, [""], data={"age": 41, "job": "cook", "ok": True, "note": None})
    item = api(people.manager).post("/api/v1/projects/table/tasks/next/").json()[0]["item"]
    assert item["fields"] == [["job", "cook"], ["age", 41], ["ok", True], ["note", None]]


@pytest.mark.parametrize(
    ("body", "status"), [("", 200), ("{}", 200), ('{"count": 3}', 200), ('{"count": 0}', 400), ('{"count": "x"}', 400),
        ('{"count": 51}', 400), ("[1]", 400), ("{", 400), ('"x"', 400), ('{"count": NaN}', 400), ("\xff", 400)]
)  # fmt: skip
def test_the_body_of_next_is_checked(project, people, api, body, status):
    response = api(people.annotator).generic("POST", NEXT, body.encode("latin-1"), content_type="application/json")
    assert response.status_code == status
    if status == 400 and body.startswith('{"count": 0'):
        assert response.json() == {"count": ["A whole number from 1 to 50."]}


@pytest.mark.parametrize(
    ("who", "status"),
    [("manager", 200), ("reviewer", 200), ("annotator", 200), ("viewer", 403), ("stranger", 404), ("superuser", 403)],
)
def test_who_may_ask(project, people, api, who, status):
    assert api(getattr(people, who)).post(NEXT).status_code == status


def test_nobody_signed_in_is_told_to(project, api, task):
    assert api().post(NEXT).status_code == 401
    assert api().put(answer_url(task["id"]), {"answer": {"label": "ham"}}).status_code == 401


@pytest.mark.parametrize("who", ["manager", "reviewer", "viewer", "stranger", "superuser"])
def test_a_task_belongs_to_its_annotator(task, people, api, who):
    client = api(getattr(people, who))
    assert client.put(answer_url(task["id"]), {"answer": {"label": "ham"}}).status_code == 404
    assert client.delete(answer_url(task["id"])).status_code == 404
    assert client.post(skip_url(task["id"]), {"reason": "unclear"}).status_code == 404
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("pk", [0, 999_999, 2**63, 2**70])
def test_a_task_that_is_not_there(project, people, api, pk):
    assert api(people.annotator).put(answer_url(pk), {"answer": {"label": "ham"}}).status_code == 404


def test_somebody_who_may_no_longer_label(task, people, api, project):
    Member.objects.filter(user=people.annotator).update(role="viewer")
    assert api(people.annotator).put(answer_url(task["id"]), {"answer": {"label": "ham"}}).status_code == 403
    Member.objects.filter(user=people.annotator).delete()
    assert api(people.annotator).put(answer_url(task["id"]), {"answer": {"label": "ham"}}).status_code == 404


def test_new_same_and_revised(task, people, api):
    client, url = api(people.annotator), answer_url(task["id"])
    first = client.put(url, {"answer": {"label": "spam"}, "elapsed_ms": 1200})
    again = client.put(url, {"answer": {"label": "spam"}, "elapsed_ms": 9999})
    revised = client.put(url, {"answer": {"label": "ham"}})
    assert (first.status_code, again.status_code, revised.status_code) == (201, 200, 200)
    assert first.json() == again.json()
    beside = {"doubt", "comment"}
    assert set(first.json()) == {"task", "state", "revision", "answer", "elapsed_ms", "created_at", *beside}
    assert (first.json()["revision"], first.json()["elapsed_ms"]) == (1, 1200)
    assert (revised.json()["revision"], revised.json()["answer"]) == (2, {"label": "ham"})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": {"label": "egg"}}, "label"),
        ({"answer": {"label": "archived"}}, "label"),
        ({"answer": {"label": None}}, "label"),
        ({"answer": {"label": "ham", "extra": 1}}, "answer"),
        ({"answer": None}, "answer"),
        ({}, "answer"),
        ({"answer": {"label": "ham"}, "elapsed_ms": -1}, "elapsed_ms"),
        ({"answer": {"label": "ham"}, "elapsed_ms": 2**31}, "elapsed_ms"),
        ({"answer": {"label": "ham"}, "elapsed_ms": 1.5}, "elapsed_ms"),
        ({"answer": {"label": "ham"}, "elapsed_ms": True}, "elapsed_ms"),
        ({"answer": {"label": "ham"}, "elapsed_ms": "12"}, "elapsed_ms"),
    ],
)
def test_a_bad_answer_names_its_field(task, people, api, project, body, field):
    Label.objects.create(project=project, name="archived", archived=True)
    response = api(people.annotator).put(answer_url(task["id"]), body)
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("elapsed_ms", [0, 2**31 - 1, None])
def test_the_bounds_of_elapsed_ms_are_inside(task, people, api, elapsed_ms):
    body = {"answer": {"label": "ham"}, "elapsed_ms": elapsed_ms}
    response = api(people.annotator).put(answer_url(task["id"]), body)
    assert (response.status_code, response.json()["elapsed_ms"]) == (201, elapsed_ms)


def test_a_body_over_the_limit_is_413(task, people, api):
    body = json.dumps({"answer": {"label": "x" * (1024 * 1024)}})
    response = api(people.annotator).generic("PUT", answer_url(task["id"]), body, content_type="application/json")
    assert response.status_code == 413


def test_take_back_reopens_and_is_idempotent(task, people, api):
    client, url = api(people.annotator), answer_url(task["id"])
    client.put(url, {"answer": {"label": "spam"}})
    first, second = client.delete(url), client.delete(url)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["item"] == task["item"]
    assert [shown["id"] for shown in client.post(NEXT, {"count": 5}).json()] == [task["id"]]
    assert client.put(url, {"answer": {"label": "ham"}}).status_code == 200
    assert list(Annotation.objects.order_by("pk").values_list("revision", "answer", "is_current")) == [
        (1, {"label": "spam"}, False),
        (2, None, False),
        (3, {"label": "ham"}, True),
    ]


def test_skip_and_its_reasons(task, people, api):
    client, url = api(people.annotator), skip_url(task["id"])
    assert client.post(url, {"reason": "boring"}).json() == {
        "reason": ["One of unclear, broken, out_of_scope, unknown."]
    }
    assert client.post(url, {}).status_code == 400
    assert client.post(url, {"reason": ["unclear"]}).status_code == 400
    done = {"task": task["id"], "state": "skipped", "reason": "unclear"}
    assert client.post(url, {"reason": "unclear"}).json() == done
    assert client.post(url, {"reason": "unclear"}).json() == done
    assert client.post(NEXT).json() == []


def lose(task, to, api):
    Task.objects.filter(pk=task["id"]).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_overdue() == 1
    return api(to).post(NEXT).json()[0]


def test_an_expired_lease_is_retaken_unless_somebody_else_has_it(task, people, api):
    theirs = lose(task, people.reviewer, api)
    client = api(people.annotator)
    lost = client.put(answer_url(task["id"]), {"answer": {"label": "ham"}})
    assert (lost.status_code, lost.json()["code"]) == (409, "lease_lost")
    assert client.delete(answer_url(task["id"])).status_code == 409
    api(people.reviewer).post(skip_url(theirs["id"]), {"reason": "unclear"})
    assert client.put(answer_url(task["id"]), {"answer": {"label": "ham"}}).status_code == 201


def test_a_token_answers_in_few_statements(project, people, client, django_assert_max_num_queries):
    make_items(project, [f"text {n}" for n in range(10)])
    _, key = ApiToken.issue(people.annotator, "script")
    headers = {"Authorization": f"Token {key}"}
    client.post(NEXT, {"count": 1}, content_type="application/json", headers=headers)
    # two more than in production: a test runs inside a transaction, so there are savepoints
    with django_assert_max_num_queries(14 + 2):
        tasks = client.post(NEXT, {"count": 6}, content_type="application/json", headers=headers).json()
    with django_assert_max_num_queries(9 + 2):
        body = {"answer": {"label": "ham"}, "elapsed_ms": 5}
        client.put(answer_url(tasks[0]["id"]), body, content_type="application/json", headers=headers)
    assert Annotation.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_puts_make_one_row_and_equal_bodies(project, people, api):
    make_items(project, ["hello"])
    task = api(people.annotator).post(NEXT).json()[0]

    def put():
        response = api(people.annotator).put(answer_url(task["id"]), {"answer": {"label": "ham"}, "elapsed_ms": 700})
        return response.status_code, response.content

    answers = together([put] * 20)
    assert sorted(status for status, _ in answers) == [200] * 19 + [201]
    assert len({body for _, body in answers}) == 1
    assert Annotation.objects.count() == 1
    assert Task.objects.get().state == TaskState.ANSWERED
    assert connection.vendor in {"sqlite", "postgresql"}
    assert Project.objects.get(pk=project.pk).progress.annotations == 1


def test_several_answers_each_stand_for_themselves(project, people, api):
    make_items(project, ["a", "b", "c"])
    client = api(people.annotator)
    first, second, third = (task["id"] for task in client.post(NEXT, {"count": 3}).json())
    not_mine = Task.objects.get(pk=third)
    Task.objects.filter(pk=third).update(annotator=people.manager)
    ham, spam, none = ({"label": name} for name in ("ham", "spam", "none"))
    given = [
        {"task": first, "answer": ham, "elapsed_ms": 7, "comment": "sure"}, {"task": second, "answer": none},
        {"task": not_mine.pk, "answer": ham}, {"task": first, "answer": spam}, {"task": first, "answer": spam},
        {"task": True, "answer": ham}, {"answer": ham}, "ham", {"task": 2**63, "answer": ham},
        {"task": second, "answer": ham, "elapsed_ms": -1}, {"task": second, "answer": ham},
    ]  # fmt: skip
    told = client.put("/api/v1/tasks/answers/", {"answers": given}, format="json").json()["results"]
    assert [one["status"] for one in told] == [201, 400, 404, 200, 200, 400, 400, 400, 404, 400, 201]
    assert [one["task"] for one in told[:4]] == [first, second, not_mine.pk, first]
    alone = client.put(answer_url(first), {"answer": spam}, format="json").json()
    assert [told[3]["body"], told[4]["body"]] == [alone, alone]
    assert (alone["revision"], told[0]["body"]["comment"]) == (2, "sure")
    assert told[1]["body"] == client.put(answer_url(second), {"answer": none}, format="json").json()
    for refused in (None, [], "ham", [given[0]] * 101):
        assert client.put("/api/v1/tasks/answers/", {"answers": refused}, format="json").status_code == 400


@pytest.mark.parametrize("error", [OperationalError("disk I/O error"), RuntimeError("broken")])
def test_of_several_answers_those_before_trouble_stay(project, people, api, error):
    make_items(project, ["a", "b"])
    client = api(people.annotator)
    client.raise_request_exception = False
    given = [{"task": task["id"], "answer": {"label": "ham"}} for task in client.post(NEXT, {"count": 2}).json()]
    recorded = [mock.DEFAULT, error]
    with mock.patch("labeling.api.tasks.record_answer", wraps=record_answer, side_effect=recorded):
        response = client.put("/api/v1/tasks/answers/", {"answers": given}, format="json")
    assert Annotation.objects.count() == 1
    if isinstance(error, RuntimeError):
        assert response.status_code == 500
    else:
        done, busy = response.json()["results"]
        assert (done["status"], busy["status"], busy["body"]["code"]) == (201, 503, "busy")
        assert busy["retry_after_s"] > 0
    again = client.put("/api/v1/tasks/answers/", {"answers": given}, format="json").json()["results"]
    assert [one["status"] for one in again] == [200, 201]
