"""The certificate of a snapshot: what was written, what its format lost of which rows, what its file says of itself."""

import json
from itertools import product

import pytest

from labeling.models import Snapshot
from labeling.services.exports import format_named
from labeling.services.exports.certificate import certificate_of
from labeling.services.exports.counting import ConversionCount, SeenNumbers
from labeling.services.exports.snapshots import run_snapshot, start_snapshot
from labeling.services.exports.snapshots import storage as snapshot_storage
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import OWN, awkward_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def certified(people):
    def certify(project, format_: str, rows: str = "annotations", **more):
        snapshot = start_snapshot(people.manager, project, export_format=format_, rows=rows, **more)
        assert run_snapshot(snapshot.pk)["state"] == "done"
        told = certificate_of(Snapshot.objects.get(pk=snapshot.pk))
        assert told["sha256"] == Snapshot.objects.get(pk=snapshot.pk).sha256
        return told

    return certify


def lost(told) -> dict[str, int]:
    return {loss["column"]: loss["rows"] for loss in told["losses"]}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        *product(("jsonl", "csv", "parquet", "huggingface", "label-studio"), ("annotations", "items")),
        ("doccano", "items"),  # which has no other rows
    ],
)
def test_rows_items_and_answers_are_counted_and_the_file_says_the_same(certified, people, name, rows):
    project = awkward_project([people.annotator])
    told = certified(project, name, rows)
    skipped = 1 if name == "doccano" else 0  # the item without a text
    assert told["rows"] == {"read": 61, "written": 61 - skipped, "skipped": skipped}
    assert (told["items"], told["answers"]) == (61, 61)
    checks = {check["what"]: check["ok"] for check in told["checks"]}
    assert all(checks.values())
    assert len(checks) == 2 + (rows == "items") + (name != "label-studio")
    assert {"name": "item_id", "type": "integer"} in told["columns"]


def test_jsonl_loses_nothing(certified, people):
    told = certified(awkward_project([people.annotator]), "jsonl")
    assert told["losses"] == []
    assert "No value of a row was lost." in told["summary"]


def test_csv_says_which_columns_become_texts_and_in_how_many_rows(certified, people):
    project = make_project()
    items = make_items(project, ["plain", "=1+1", "-3", "'=x"])
    own = [{"n": 1, "t": "", "b": None}, {"n": None, "t": "=a"}, {"t": "x", "b": True}, {"l": ["a"], "t": None}]
    for item, data in zip(items, own, strict=True):
        item.data = data
        item.save()
        make_answer(item, people.annotator, {"label": "ham"})
    told = certified(project, "csv")
    by_sentence: dict[str, dict[str, int]] = {}
    for loss in told["losses"]:
        by_sentence.setdefault(loss["what"].split()[0], {})[loss["column"]] = loss["rows"]
    assert by_sentence == {"Every": {"n": 1, "b": 1, "l": 1}, "An": {"t": 1}, "A": {"text": 2, "t": 1}}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("parquet", {"beyond", "long_or_fraction", "mixed", "words", "numbers", "nested", "item.annotator"}),
        ("huggingface", {"beyond", "long_or_fraction", "mixed", "nested"}),
    ],
)
def test_a_typed_format_says_which_columns_are_json_texts(certified, people, name, columns):
    found = lost(certified(awkward_project([people.annotator]), name))
    assert found.keys() <= columns
    assert found.keys() >= {"mixed", "nested"}
    assert found["nested"] == 31
    assert found["mixed"] == sum(OWN["mixed"][n % 4] is not None for n in range(61))


def test_label_studio_says_how_many_rows_lose_why_they_were_asked(certified, people):
    project = make_project()
    for number, item in enumerate(make_items(project, ["a", "b", "c"])):
        make_answer(item, people.annotator, {"label": "ham"}, propensity=0.5 if number else None)
    found = lost(certified(project, "label-studio"))
    assert (found["reason"], found["propensity"]) == (3, 2)
    assert "annotator" not in found


def test_columns_choose_what_a_snapshot_holds(certified, people, api):
    project = make_project(manager=people.manager)
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"})
    told = certified(project, "jsonl", columns=["text", "answer", "text"])
    assert [column["name"] for column in told["columns"]] == ["text", "answer"]
    snapshot = Snapshot.objects.get()
    client = api(people.manager)
    body = b"".join(client.get(f"/api/v1/snapshots/{snapshot.public_id}/file/").streaming_content)
    assert list(json.loads(body)) == ["text", "answer"]
    assert client.get(f"/api/v1/snapshots/{snapshot.public_id}/").json()["columns"] == ["text", "answer"]
    address = f"/api/v1/projects/{project.slug}/snapshots/"
    refused = client.post(address, {"columns": ["nonsense"]}, format="json")
    assert (refused.status_code, list(refused.json())) == (400, ["columns"])
    refused = client.post(address, {"format": "huggingface", "columns": ["text"]}, format="json")
    assert (refused.status_code, list(refused.json())) == (400, ["columns"])


def test_a_stored_file_that_is_not_what_was_written_is_told(certified, people, monkeypatch):
    project = make_project()
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"})
    other = certified(project, "csv")
    path = Snapshot.objects.get(sha256=other["sha256"]).path

    def damaged(name, file, put=snapshot_storage.put_file):
        with snapshot_storage.default_storage.open(path, "rb") as stored:
            return put(name, stored)

    monkeypatch.setattr(snapshot_storage, "put_file", damaged)
    told = certified(project, "jsonl")
    assert [check["ok"] for check in told["checks"]] == [False, False, True]
    assert told["summary"][-1].startswith("A check fails: sha256")


def test_it_is_told_over_rest_once_the_file_is_written(people, api, browser_of, project):
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"})
    snapshot = start_snapshot(people.manager, project, export_format="csv")
    address = f"/api/v1/snapshots/{snapshot.public_id}/certificate/"
    assert api(people.manager).get(address).status_code == 409
    run_snapshot(snapshot.pk)
    told = api(people.viewer).get(address).json()
    assert (told["conversion"], told["rows"]["written"], told["sha256"]) == ("export", 1, certificate_of(
        Snapshot.objects.get()
    )["sha256"])  # fmt: skip
    assert api(people.stranger).get(address).status_code == 404
    page = browser_of(people.viewer).get(f"/p/{project.slug}/export/").content.decode()
    assert "data-certificate" in page
    assert "1 row written, of 1 item and 1 answer." in page
    Snapshot.objects.update(certificate={})  # as a release before made it
    assert api(people.manager).get(address).status_code == 409
    assert "data-certificate" not in browser_of(people.viewer).get(f"/p/{project.slug}/export/").content.decode()


def test_numbers_are_counted_once_wherever_they_lie():
    seen = SeenNumbers()
    seen.update([0, 1, 1, None, 65535, 65536, 2**40, 2**40, 7])
    assert len(seen) == 6


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_losses_are_the_same_whatever_the_chunks(certified, people, monkeypatch, chunk):
    project = awkward_project([people.annotator])
    monkeypatch.setattr("labeling.services.exports.counting.ROWS_AT_ONCE", 7)
    first = certified(project, "csv")["losses"]
    monkeypatch.setattr("labeling.services.exports.counting.ROWS_AT_ONCE", chunk)
    assert certified(project, "csv")["losses"] == first
    assert ConversionCount(format_named("csv")).items is None
