"""Starting an import or a snapshot twice with one key makes one."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import ImportBatch, Snapshot
from labeling.services.exports import snapshots
from labeling.services.imports import run_import
from tests.factories import make_items, make_project

pytestmark = pytest.mark.django_db

BASE = "/api/v1/projects/sms/"
KEY = "0b94b3f4-4a39-4e11-9b2b-6a1d1b9a1c11"


def send_rows(client, key=KEY, rows=("a", "b"), base=BASE, **more):
    body = {"rows": [{"text": text} for text in rows], **more}
    return client.post(f"{base}imports/", body, format="json", headers={"Idempotency-Key": key})


def send_file(client, key=KEY, content=b"text\na\nb\n", name="texts.csv", **more):
    file = SimpleUploadedFile(name, content)
    return client.post(f"{BASE}imports/", {"file": file, **more}, format="multipart", headers={"Idempotency-Key": key})


def send_snapshot(client, key=KEY, **body):
    return client.post(f"{BASE}snapshots/", body, format="json", headers={"Idempotency-Key": key})


@pytest.mark.parametrize("send", [send_rows, send_file, send_snapshot])
def test_one_is_made_its_id_is_the_key_and_the_answer_is_the_same(send, api, people, project):
    make_items(project, ["there"])
    first, again = send(api(people.manager)), send(api(people.manager))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.json()["id"] == KEY
    assert ImportBatch.objects.count() + Snapshot.objects.count() == 1
    assert send(api(people.manager), key=str(uuid.uuid4())).json()["id"] != KEY


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (send_rows, lambda client: send_rows(client, rows=["a"])),
        (send_rows, send_file),
        (send_file, lambda client: send_file(client, content=b"text\nother\n")),
        (send_file, lambda client: send_file(client, content=b"text\na\nc\n")),  # of the same name and size
        (send_rows, lambda client: send_rows(client, rows=["a", "c"])),
        (send_snapshot, lambda client: send_snapshot(client, format="csv")),
        (send_rows, lambda client: send_rows(client, labels="add")),
        (send_rows, lambda client: send_rows(client, columns={"note": None})),
        (lambda client: send_rows(client, columns={"text": "text"}), send_rows),
        (
            lambda client: send_rows(client, columns={"text": "text"}),
            lambda client: send_rows(client, columns={"text": None}),
        ),
        (send_rows, lambda client: send_rows(client, labels="subtract")),
        (send_file, lambda client: send_file(client, labels="add")),
        (send_file, lambda client: send_file(client, columns='{"text": "text", "b": null}')),
        (send_file, lambda client: send_file(client, folder_is_label=True)),
        (send_file, lambda client: send_file(client, name="others.csv")),
    ],
)
def test_a_key_of_another_request_is_refused(first, then, api, people, project):
    assert first(api(people.manager)).status_code == 202
    refused = then(api(people.manager))
    assert (refused.status_code, refused.json()["detail"][:20]) == (409, "This Idempotency-Key")
    assert ImportBatch.objects.count() + Snapshot.objects.count() == 1


@pytest.mark.parametrize("send", [send_rows, send_file])
def test_the_same_request_is_the_same_also_once_it_was_imported(send, api, people, project):
    """An import keeps more with its options than it was told."""
    more = {"columns": '{"text": "text"}' if send is send_file else {"text": "text"}, "labels": "add"}
    first = send(api(people.manager), **more)
    assert run_import(ImportBatch.objects.get().pk)["outcome"] == "done"
    again = send(api(people.manager), **more)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, first.json()["id"], "done")


def test_a_key_of_somebody_else_or_of_another_project_tells_nothing(api, people, project):
    other = make_project(slug="other", manager=people.stranger)
    assert send_rows(api(people.stranger), base="/api/v1/projects/other/").status_code == 202
    assert send_rows(api(people.manager)).status_code == 409
    assert list(ImportBatch.objects.values_list("project", flat=True)) == [other.pk]


@pytest.mark.parametrize("key", ["", "1", KEY.replace("-", ""), f"{{{KEY}}}", f"urn:uuid:{KEY}"])
def test_a_key_that_is_no_uuid_is_refused_by_name(key, api, people, project):
    refused = send_rows(api(people.manager), key=key)
    assert (refused.status_code, list(refused.json())) == (400, ["Idempotency-Key"])


def test_two_that_arrive_at_once_make_one(api, people, project, monkeypatch):
    """The other request makes its snapshot after this one has looked for it."""
    make = snapshots.start_snapshot

    def overtaken(*args, **given):
        make(*args, **given)
        return make(*args, **given)

    monkeypatch.setattr("labeling.api.data_sets.start_snapshot", overtaken)
    assert send_snapshot(api(people.manager)).json()["id"] == KEY
    assert Snapshot.objects.count() == 1
