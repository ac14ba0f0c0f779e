"""Export, snapshots, metrics and files over REST."""

import csv
import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.models import Annotation, Asset, Snapshot
from labeling.services.exports.snapshots import run_snapshot
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db

BASE = "/api/v1/projects/sms/"


@pytest.fixture
def answered(project, people):
    items = make_items(project, ["=a", "b", "c"], data={"n": 1})
    return [make_answer(item, people.annotator, {"label": "ham"}) for item in items]


def bytes_of(response):
    assert response.status_code in (200, 206), response.content
    return b"".join(response.streaming_content)


def test_the_export_streams_each_format(api, people, answered):
    client = api(people.viewer)
    lines = bytes_of(client.get(f"{BASE}export/")).splitlines()
    assert [json.loads(line)["answer"] for line in lines] == [{"label": "ham"}] * 3
    response = client.get(f"{BASE}export/?format=csv&rows=items", HTTP_ACCEPT="text/csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="sms-items.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert [row["text"] for row in csv.DictReader(io.StringIO(bytes_of(response).decode()))] == ["'=a", "b", "c"]
    table = pq.read_table(io.BytesIO(bytes_of(client.get(f"{BASE}export/?format=parquet"))))
    assert table["text"].to_pylist() == ["=a", "b", "c"]


@pytest.mark.parametrize("wrong", ["format=xml", "rows=people", "split=test", "source=x", "only=best"])
def test_a_wrong_parameter_is_named(api, people, project, wrong):
    response = api(people.viewer).get(f"{BASE}export/?{wrong}")
    assert response.status_code == 400
    assert list(response.json()) == [wrong.partition("=")[0]]


def test_a_snapshot_is_the_same_bytes_for_ever(api, people, project, answered, django_capture_on_commit_callbacks):
    client = api(people.manager)
    for format_ in ("jsonl", "csv", "parquet"):
        made = client.post(f"{BASE}snapshots/", {"format": format_, "rows": "annotations", "filters": {}}).json()
        assert (made["state"], made["file"]) == ("queued", None)
        address = f"/api/v1/snapshots/{made['id']}/"
        assert client.get(f"{address}file/").status_code == 409
        snapshot = Snapshot.objects.get(public_id=made["id"])
        # what comes after its creation is not in it: an answer, a revision, an item with another column
        (late,) = make_items(project, [f"late {format_}"], data={f"new {format_}": 1})
        make_answer(late, people.annotator, {"label": "spam"})
        revised = answered[0]
        Annotation.objects.filter(task=revised.task, is_current=True).update(is_current=False)
        last = Annotation.objects.filter(task=revised.task).count()
        Annotation.objects.create(
            project=project, item=revised.item, task=revised.task, annotator=people.annotator, answer=None,
            revision=last + 1,
        )  # fmt: skip
        assert run_snapshot(snapshot.pk)["state"] == "done"
        done = client.get(address).json()
        body = bytes_of(client.get(done["file"]))
        assert hashlib.sha256(body).hexdigest() == done["sha256"]
        assert (len(body), done["state"]) == (done["size_bytes"], "done")
        assert f"new {format_}".encode() not in body
        # an attempt that was lost writes the same file again
        Snapshot.objects.filter(pk=snapshot.pk).update(state="queued")
        assert run_snapshot(snapshot.pk)["sha256"] == done["sha256"]
        Annotation.objects.filter(task=revised.task, revision__gt=1).delete()
        Annotation.objects.filter(task=revised.task).update(is_current=True)


def test_a_failed_snapshot_says_why_and_one_fenced_off_stores_nothing(people, project, answered, monkeypatch):
    from labeling.services.exports import snapshots

    made = snapshots.start_snapshot(people.manager, project)
    monkeypatch.setattr(snapshots, "export_file", lambda *_: iter([b"half", 1 / 0]))
    with pytest.raises(ZeroDivisionError):
        run_snapshot(made.pk)
    made.refresh_from_db()
    assert (made.state, made.error, made.path) == ("failed", "ZeroDivisionError: division by zero", "")

    other = snapshots.start_snapshot(people.manager, project)

    def stolen(*_):
        Snapshot.objects.filter(pk=other.pk).update(attempt=99)
        yield b"late"

    monkeypatch.setattr(snapshots, "export_file", stolen)
    assert run_snapshot(other.pk)["state"] == "running"
    other.refresh_from_db()
    assert (other.state, other.path) == ("running", "")


def test_snapshot_filters_are_checked_and_shown(api, people, project, answered):
    client = api(people.reviewer)
    wrong = client.post(f"{BASE}snapshots/", {"filters": {"split": "test"}})
    assert (wrong.status_code, list(wrong.json()["filters"])) == (400, ["split"])
    assert client.post(f"{BASE}snapshots/", {"filters": {"colour": "red"}}).status_code == 400
    made = client.post(f"{BASE}snapshots/", {"rows": "items", "filters": {"only": "iid"}}).json()
    assert made["filters"] == {"only": "iid"}
    assert [row["id"] for row in client.get(f"{BASE}snapshots/").json()["results"]] == [made["id"]]


@pytest.fixture
def picture(project):
    content = bytes(range(200))
    path = default_storage.save("originals/picture", ContentFile(content))
    asset = Asset.objects.create(
        project=project, sha256="ab" * 32, path=path, size_bytes=len(content), format="PNG", media_type="image/png",
        mode="L", width=1, height=1,
    )  # fmt: skip
    (item,) = make_items(project, [""], asset=asset)
    return item, content


def test_the_original_comes_byte_for_byte_and_never_as_a_page(api, people, picture):
    item, content = picture
    response = api(people.viewer).get(f"/api/v1/items/{item.pk}/original/", HTTP_ACCEPT="image/webp")
    assert bytes_of(response) == content
    assert response["ETag"] == f'"{"ab" * 32}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Length"] == "200"


@pytest.mark.parametrize(
    ("header", "status", "span"),
    [
        ("bytes=0-9", 206, (0, 10)),
        ("bytes=190-", 206, (190, 200)),
        ("bytes=-5", 206, (195, 200)),
        ("bytes=-500", 200, (0, 200)),
        ("bytes=0-9999", 200, (0, 200)),
        ("bytes=200-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-3", 200, (0, 200)),
        ("bytes=0-1,4-5", 200, (0, 200)),
        ("lines=1-2", 200, (0, 200)),
        (f"bytes={'9' * 5000}-", 200, (0, 200)),
    ],
)
def test_ranges(api, people, picture, header, status, span):
    item, content = picture
    response = api(people.viewer).get(f"/api/v1/items/{item.pk}/original/", HTTP_RANGE=header)
    assert response.status_code == status
    if span:
        assert bytes_of(response) == content[slice(*span)]
    if status == 206:
        assert response["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/200"
    if status == 416:
        assert response["Content-Range"] == "bytes */200"


def test_etags_and_if_range(api, people, picture):
    item, _ = picture
    client, address = api(people.viewer), f"/api/v1/items/{item.pk}/original/"
    etag = client.get(address)["ETag"]
    assert client.get(address, HTTP_IF_NONE_MATCH=etag).status_code == 304
    assert client.get(address, HTTP_IF_NONE_MATCH='"other"').status_code == 200
    assert client.get(address, HTTP_RANGE="bytes=0-9", HTTP_IF_RANGE=etag).status_code == 206
    assert client.get(address, HTTP_RANGE="bytes=0-9", HTTP_IF_RANGE='"other"').status_code == 200
    assert client.head(address)["Content-Length"] == "200"


def test_an_annotator_sees_only_the_previews_of_pictures_they_were_asked_about(api, people, project):
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(file, "PNG")
    path = default_storage.save("originals/red", ContentFile(file.getvalue()))
    asset = Asset.objects.create(
        project=project, sha256="cd" * 32, path=path, size_bytes=1, format="PNG", media_type="image/png", mode="RGB",
        width=8, height=6,
    )  # fmt: skip
    (item,) = make_items(project, ["x"], asset=asset)
    address = f"/api/v1/items/{item.pk}/preview/"
    assert api(people.annotator).get(address).status_code == 403
    make_answer(item, people.annotator, {"label": "ham"})
    response = api(people.annotator).get(f"{address}?size=320")
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert "immutable" in response["Cache-Control"]
    assert response["Cache-Control"].startswith("private")
    again = api(people.annotator).get(f"{address}?size=320", HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 304
    pixels = api(people.annotator).get(f"{address}?full=true&low=.2")  # of 8 bits there are no parts
    assert Image.open(io.BytesIO(pixels.content)).convert("RGB").getcolors() == [(48, (255, 0, 0))]
    for no_part in ("low=1", "low=0&high=5e-324", "low=.3&high=.30000000000000004"):
        assert api(people.annotator).get(f"{address}?{no_part}").json() == {
            "high": ["Must be above `low`, by a millionth of the range at least."]
        }
    Asset.objects.filter(pk=asset.pk).update(width=2000, height=1000)
    assert api(people.annotator).get(f"{address}?full=true")["Content-Type"] == "image/jpeg"
    wrong = api(people.viewer).get(f"{address}?size=31")
    assert (wrong.status_code, list(wrong.json())) == (400, ["size"])
    assert api(people.viewer).get(f"{address}?size=x").status_code == 400
    assert api(people.annotator).get(f"/api/v1/items/{item.pk}/original/").status_code == 403


def test_metrics(api, people, project, answered):
    got = api(people.viewer).get(f"{BASE}metrics/").json()
    assert got["progress"]["annotations"] == 3
    assert got["progress"]["share_done"] == 1
    assert {row["name"]: row["answers"] for row in got["labels"]} == {"ham": 3, "spam": 0}
    assert got["throughput"]["today"] == 3
    assert got["throughput"]["median_ms"] == 1200
    assert got["agreement"] == {"items": 0, "answers": 0, "percent": None, "alpha": None}
    assert isinstance(got["learning_curve"], list)


def test_a_data_set_is_streamed_and_kept_as_a_snapshot(api, people, project, answered):
    client = api(people.manager)
    response = client.get(f"{BASE}export/?format=huggingface&rows=items")
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "application/zip", 'attachment; filename="sms-items-huggingface.zip"',
    )  # fmt: skip
    content = bytes_of(response)
    made = client.post(f"{BASE}snapshots/", {"format": "huggingface", "rows": "items"}).json()
    run_snapshot(Snapshot.objects.get(public_id=made["id"]).pk)
    assert bytes_of(client.get(f"/api/v1/snapshots/{made['id']}/file/")) == content
    assert api(people.viewer).get(f"/api/v1/snapshots/{made['id']}/file/").status_code == 403
    refused = client.get(f"{BASE}export/?format=imagefolder")
    assert (refused.status_code, list(refused.json())) == (400, ["format"])


def test_a_snapshot_of_a_table_has_a_datasheet_by_its_own_moment(api, people, project, answered):
    client = api(people.manager)
    made = client.post(f"{BASE}snapshots/", {"format": "csv", "rows": "annotations"}).json()
    run_snapshot(Snapshot.objects.get(public_id=made["id"]).pk)
    (late,) = make_items(project, ["late"])
    make_answer(late, people.reviewer, {"label": "spam"})
    sheet = client.get(f"/api/v1/snapshots/{made['id']}/datasheet/")
    assert sheet["Content-Type"].startswith("text/markdown")
    text = sheet.content.decode()
    assert "- rows: 3" in text
    assert "- 3 answers by `annotator`" in text
    assert "reviewer" not in text
    assert "Every cell is a text" in text
    seen_by_viewer = api(people.viewer).get(f"/api/v1/snapshots/{made['id']}/datasheet/").content.decode()
    assert "`annotator`" not in seen_by_viewer
    assert api(people.stranger).get(f"/api/v1/snapshots/{made['id']}/datasheet/").status_code == 404


def test_a_table_says_what_its_columns_are_live_and_by_the_moment_of_a_snapshot(api, people, project, answered):
    client = api(people.viewer)
    told = client.get(f"{BASE}export/?schema=1&columns=n,answer")
    assert told["Content-Type"] == "application/json"
    assert [field["name"] for field in told.json()["fields"]] == ["n", "answer"]
    made = api(people.manager).post(f"{BASE}snapshots/", {"format": "jsonl", "rows": "items"}).json()
    (late,) = make_items(project, ["late"], data={"late": "column"})
    make_answer(late, people.reviewer, {"label": "spam"})
    kept = client.get(f"/api/v1/snapshots/{made['id']}/schema/").json()
    live = client.get(f"{BASE}export/?rows=items&schema=1").json()
    names = [[field["name"] for field in schema["fields"]] for schema in (kept, live)]
    assert names[0] == [name for name in names[1] if name != "late"]
    assert "late" in names[1]
    assert kept["fields"][0] == {
        "name": "item_id", "type": "integer", "description": "Number of the item.", "constraints": {"required": True},
        "duckdb": "BIGINT", "datasets": {"dtype": "int64", "_type": "Value"},
    }  # fmt: skip
    assert api(people.stranger).get(f"/api/v1/snapshots/{made['id']}/schema/").status_code == 404
    assert api(people.stranger).get(f"{BASE}export/?schema=1").status_code == 404


def test_a_data_set_has_no_such_twin(api, people, project, answered):
    client = api(people.manager)
    refused = client.get(f"{BASE}export/?format=huggingface&schema=1")
    assert (refused.status_code, list(refused.json())) == (400, ["schema"])
    made = client.post(f"{BASE}snapshots/", {"format": "huggingface"}).json()
    refused = client.get(f"/api/v1/snapshots/{made['id']}/schema/")
    assert (refused.status_code, list(refused.json())) == (400, ["schema"])
