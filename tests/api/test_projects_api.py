"""Projects, members, imports, items, annotations and tokens over REST."""

import io
import json

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from labeling.models import ApiToken, Instructions, Item
from labeling.services.accounts.tokens import issue_token, revoke_token
from labeling.services.projects import manage as projects
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle_left_over():
    cache.clear()


NEW = {
    "name": "Photos",
    "kind": "classification",
    "modality": "image",
    "labels": [{"name": "cat"}, {"name": "dog", "hotkey": "d"}],
    "settings": {"overlap": 2},
}


def test_a_project_is_made_read_changed_and_deleted(api, people):
    client = api(people.superuser)
    made = client.post("/api/v1/projects/", NEW)
    assert made.status_code == 201
    body = made.json()
    assert body["slug"] == "photos"
    assert [(label["name"], label["hotkey"]) for label in body["labels"]] == [("cat", "1"), ("dog", "d")]
    assert body["settings"] == {
        "overlap": 2, "eval_share": 0.1, "eval_double_share": 0.2, "random_share": 0.1, "strategy": "auto",
        "encoder": "auto", "learner": "auto", "retrain_every": 20, "lease_s": 900, "repeat_share": 0.05,
        "gold_share": 0.0, "pairs": "any", "min_gain": 0.01, "fall_back": "auto", "ask_about": "all",
        "answers_a_minute": 0,
        "second_opinions": "off", "second_share": 0.3, "most_answers": 3,
        "gold_feedback": "never", "practice_questions": 0, "practice_pass": 0.8, "practice_tries": 3,
        "suggestions_from": "off", "suggestions_version": "newest", "suggestions_withheld": 0.2,
        "signal_from": "off", "machine_votes": "off",
        "consensus_by": "majority", "weight_human": 1.0, "weight_review": 1.0, "weight_import": 1.0,
        "production_a_day": 0, "production_outliers": 0.3, "production_share": 0.2, "reviews_a_day": 0,
        "predictions_a_minute": 0, "predictions_a_day": 0, "prediction_limit_ms": 0.0, "prediction_limit_cpu_ms": 0.0,
        "production_mode": "off",
    }  # fmt: skip
    assert client.get("/api/v1/projects/photos/").json() == body
    changed = client.patch("/api/v1/projects/photos/", {"settings": {"lease_s": 60}, "instructions": "Look."})
    assert (changed.json()["settings"]["lease_s"], changed.json()["settings"]["overlap"]) == (60, 2)
    assert (changed.json()["instructions"], changed.json()["instructions_version"]) == ("Look.", 1)
    assert client.delete("/api/v1/projects/photos/").status_code == 204
    assert client.get("/api/v1/projects/photos/").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**NEW, "name": ""}, "name"),
        ({**NEW, "name": ["x"]}, "name"),
        ({**NEW, "kind": "poem"}, "kind"),
        ({**NEW, "labels": "cat"}, "labels"),
        ({**NEW, "labels": [{"name": "a"}, {"name": "a"}]}, "labels"),
        ({**NEW, "labels": [{"nam": "a"}]}, "labels"),
        ({**NEW, "settings": {"overlap": 0}}, "settings"),
        ({**NEW, "settings": {"overlp": 1}}, "settings"),
        ({**NEW, "settings": 5}, "settings"),
        ({**NEW, "colour": "red"}, "colour"),
        ({"name": "x"}, "kind"),
        ([1, 2], "non_field_errors"),
        ("x", "non_field_errors"),
    ],
)
def test_what_does_not_fit_is_400_and_names_the_field(api, people, body, field):
    response = api(people.superuser).post("/api/v1/projects/", body)
    assert response.status_code == 400
    assert field in response.json()


@pytest.mark.parametrize("raw", [b"{", b"\xff", b'{"name": NaN}', b"[" * 100_000, b'{"a":' * 20_000, b""])
def test_a_body_that_is_not_json_is_400(api, people, raw):
    response = api(people.superuser).post("/api/v1/projects/", raw, content_type="application/json")
    assert response.status_code == 400
    assert response.json()


def test_a_json_body_over_the_limit_is_413(api, people, project, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"rows": [{"text": "x" * 2000}]})
    response = api(people.manager).post("/api/v1/projects/sms/imports/", body, content_type="application/json")
    assert response.status_code == 413
    assert response.json()["detail"]


def test_a_file_over_the_limit_is_413_before_it_is_read(api, people, project, settings):
    settings.IMPORT_MAX_BYTES = 100
    response = api(people.manager).post(
        "/api/v1/projects/sms/imports/", {"file": io.BytesIO(b"text\n" + b"x" * 200_000)}, format="multipart"
    )
    assert response.status_code == 413
    assert api(people.annotator).post("/api/v1/projects/sms/imports/", {}, format="multipart").status_code == 403


def test_an_upload_is_202_and_its_state_can_be_read(api, people, project):
    client = api(people.manager)
    file = io.BytesIO(b"text,label\nhello,ham\n")
    file.name = "messages.csv"
    made = client.post("/api/v1/projects/sms/imports/", {"file": file}, format="multipart")
    assert made.status_code == 202, made.json()
    body = made.json()
    assert (body["state"], body["format"], body["file_name"]) == ("queued", "csv", "messages.csv")
    assert client.get(f"/api/v1/projects/sms/imports/{body['id']}/").json()["id"] == body["id"]
    assert client.get(f"/api/v1/projects/sms/imports/{body['id']}/rejections/").json()["results"] == []
    assert [row["id"] for row in client.get("/api/v1/projects/sms/imports/").json()["results"]] == [body["id"]]


@pytest.mark.parametrize("body", [{}, {"rows": 3}, {"rows": {}}, [1], {"rows": [], "x": 1}, {"rows": []}])
def test_rows_that_are_none_are_400(api, people, project, body):
    assert api(people.manager).post("/api/v1/projects/sms/imports/", body).status_code == 400


def test_members_are_added_changed_and_removed_but_never_the_last_manager(api, people, project):
    client, address = api(people.manager), "/api/v1/projects/sms/members/"
    assert client.post(address, {"username": "stranger", "role": "viewer"}).status_code == 201
    assert client.post(address, {"username": "stranger", "role": "reviewer"}).status_code == 200
    assert client.post(address, {"username": "nobody", "role": "viewer"}).json() == {
        "username": ["There is no such person."]
    }
    assert list(client.post(address, {"username": "manager", "role": "viewer"}).json()) == ["role"]
    assert client.delete(f"{address}manager/").status_code == 400
    assert client.delete(f"{address}stranger/").status_code == 204
    assert {row["username"] for row in client.get(address).json()["results"]} == {
        "manager", "reviewer", "annotator", "viewer",
    }  # fmt: skip


def test_items_are_paged_in_the_order_of_import_and_filtered(api, people, project):
    items = make_items(project, [f"text {n}" for n in range(5)])
    make_items(project, ["measured"], split="eval")
    make_answer(items[1], people.annotator, {"label": "spam"})
    client, address = api(people.viewer), "/api/v1/projects/sms/items/"
    seen, page = [], client.get(f"{address}?limit=2").json()
    while True:
        seen += [row["text"] for row in page["results"]]
        if not page["next"]:
            break
        page = client.get(page["next"]).json()
    assert seen == [*(f"text {n}" for n in range(5)), "measured"]
    texts = lambda query: [row["text"] for row in client.get(f"{address}?{query}").json()["results"]]  # noqa: E731
    assert texts("split=eval") == ["measured"]
    assert texts("answered=true") == ["text 1"]
    assert texts("label=spam") == ["text 1"]
    assert texts("label=spa") == texts("label=label") == []
    assert texts("q=TEXT 3") == ["text 3"]
    assert list(client.get(f"{address}?split=test").json()) == ["split"]
    for cursor in ("x", "cD1h", "cD0xZTk5", "cj0xJnA9eA=="):
        assert client.get(f"{address}?cursor={cursor}").status_code in (200, 404)


def test_labels_are_found_whatever_their_spelling(api, people, project):
    names = ["naïve", 'say "hi"', "日本", "a\\b", "labels"]
    items = make_items(project, names)
    for item, name in zip(items, names, strict=True):
        make_answer(item, people.annotator, {"label": name})
    client = api(people.viewer)
    for name in names:
        found = client.get("/api/v1/projects/sms/items/", {"label": name}).json()["results"]
        assert [row["text"] for row in found] == [name]


def test_raw_annotations_are_listed_newest_last_with_filters(api, people, project):
    items = make_items(project, ["a", "b"])
    first = make_answer(items[0], people.annotator, {"label": "ham"})
    make_answer(items[1], people.reviewer, {"label": "spam"})
    client, address = api(people.manager), "/api/v1/projects/sms/annotations/"
    rows = client.get(address).json()["results"]
    assert [(row["item"], row["answer"], row["annotator"]) for row in rows] == [
        (items[0].pk, {"label": "ham"}, "annotator"), (items[1].pk, {"label": "spam"}, "reviewer"),
    ]  # fmt: skip
    count = lambda **query: len(client.get(address, query).json()["results"])  # noqa: E731
    assert count(annotator="reviewer") == 1
    assert count(source="import") == 0
    assert count(since=first.created_at.isoformat()) == 2
    assert count(since="2999-01-01T00:00:00Z") == 0
    assert client.get(address, {"since": "yesterday"}).status_code == 400


def test_a_project_list_shows_only_ones_own(api, people, project):
    assert [row["slug"] for row in api(people.viewer).get("/api/v1/projects/").json()["results"]] == ["sms"]
    assert api(people.stranger).get("/api/v1/projects/").json()["results"] == []


def test_the_list_of_projects_costs_the_same_however_many(api, people, project, django_assert_num_queries):
    client = api(people.viewer)
    with django_assert_num_queries(3):
        client.get("/api/v1/projects/")


def test_signing_in_gives_a_token_that_works(client, people, django_assert_num_queries):
    people.viewer.set_password("correct horse battery")
    people.viewer.save()
    given = {"username": "viewer", "password": "correct horse battery"}
    key = client.post("/api/v1/auth/token/", given, content_type="application/json").json()["token"]
    assert not ApiToken.objects.filter(key_hash=key).exists()
    header = {"HTTP_AUTHORIZATION": f"Token {key}"}
    assert client.get("/api/v1/projects/", **header).status_code == 200
    with django_assert_num_queries(2):  # the token with its user, the projects; the use was noted a moment ago
        client.get("/api/v1/projects/", **header)


@pytest.mark.parametrize("header", ["Token", "Token x y", "Token wrong", "Token ü", "Bearer x", "Token \x00"])
def test_a_wrong_token_is_401(client, db, header):
    assert client.get("/api/v1/projects/", HTTP_AUTHORIZATION=header).status_code == 401


def test_a_revoked_token_and_one_of_an_inactive_person_is_401(client, people):
    token, key = issue_token(people.viewer, "script")
    header = {"HTTP_AUTHORIZATION": f"Token {key}"}
    assert client.get("/api/v1/projects/", **header).status_code == 200
    people.viewer.is_active = False
    people.viewer.save()
    assert client.get("/api/v1/projects/", **header).status_code == 401
    people.viewer.is_active = True
    people.viewer.save()
    revoke_token(people.viewer, token.pk)
    assert client.get("/api/v1/projects/", **header).status_code == 401


def test_guessing_is_slowed_down_and_locked_out(client, people, settings):
    wrong = {"username": "viewer", "password": "guess"}
    codes = [client.post("/api/v1/auth/token/", wrong, content_type="application/json").status_code for _ in range(12)]
    assert codes[:5] == [400] * 5
    assert codes[-1] == 429
    cache.clear()
    people.viewer.set_password("correct horse battery")
    people.viewer.save()
    right = {"username": "viewer", "password": "correct horse battery"}
    response = client.post("/api/v1/auth/token/", right, content_type="application/json")
    assert response.status_code == 429
    assert "detail" in response.json()


def test_a_session_needs_the_csrf_token(people, project):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(people.manager)
    response = client.patch("/api/v1/projects/sms/", {"purpose": "x"}, content_type="application/json")
    assert response.status_code == 403
    assert client.get("/api/v1/projects/sms/").status_code == 200


def test_another_projects_things_are_404(api, people, project):
    from tests.factories import make_project

    other = make_project(manager=people.stranger)
    (item,) = make_items(other, ["theirs"])
    assert api(people.manager).get(f"/api/v1/items/{item.pk}/original/").status_code == 404
    assert api(people.manager).get(f"/api/v1/projects/{other.slug}/items/").status_code == 404
    assert Item.objects.filter(pk=item.pk).exists()


def test_old_instructions_are_not_read_for_the_newest(project, people, api):
    for text in ("first", "second", "third"):
        projects.set_instructions(people.manager, project, text)
    loaded = []

    def count(sender, instance, **_):
        loaded.append(instance.number)

    post_init.connect(count, sender=Instructions)
    try:
        one = api(people.manager).get("/api/v1/projects/sms/").json()
        listed = api(people.manager).get("/api/v1/projects/").json()["results"]
    finally:
        post_init.disconnect(count, sender=Instructions)
    assert one["instructions"] == listed[0]["instructions"] == "third"
    assert loaded == [3, 3]


def test_a_thousand_labels_take_few_statements_over_rest(people, api):
    client = api(people.superuser)
    labels = [{"name": f"label {n:04}"} for n in range(1000)]
    with CaptureQueriesContext(connection) as made:
        created = client.post("/api/v1/projects/", {**NEW, "slug": "many", "labels": labels}, format="json")
    assert (created.status_code, len(created.json()["labels"])) == (201, 1000)
    with CaptureQueriesContext(connection) as changed:
        answer = client.patch("/api/v1/projects/many/", {"labels": [*labels[1:], {"name": "other"}]}, format="json")
    assert (answer.status_code, len(answer.json()["labels"])) == (200, 1000)
    assert max(len(made), len(changed)) <= 42  # twelve of them insert the labels, 83 at a time on SQLite
