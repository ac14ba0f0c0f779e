"""Looking at a file over REST, and importing it under other names."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import Annotation, ImportBatch, Item
from labeling.services.imports import run_import
from tests.factories import make_project
from tests.labeling.imports.conftest import picture, zip_of

ROWS = (
    '{"sentence": "please book me a flight", "intent": "travel", "n": 1}\n'
    '{"sentence": "win a prize now", "intent": "spam"}\n'
)
MAPPING = {"sentence": "text", "intent": "label"}


def sent(content=ROWS, name="rows.jsonl", **fields):
    return {"file": SimpleUploadedFile(name, content.encode()), **fields}


@pytest.fixture
def address(project):
    return f"/api/v1/projects/{project.slug}/imports/"


def test_a_preview_guesses_columns_and_stores_nothing(api, people, address):
    found = api(people.manager).post(f"{address}preview/", sent(), format="multipart").json()
    assert found["mapping"] == MAPPING
    assert (found["rows"], found["accepted"], found["rejected"], found["labeled"]) == (2, 1, 1, 1)
    assert found["unknown"] == {"rows": 1, "labels": {"travel": 1}}
    assert [each["name"] for each in found["columns"]] == ["sentence", "intent", "n"]
    assert found["pool"] + found["eval"] == 1
    assert not ImportBatch.objects.exists()
    assert not Item.objects.exists()


def test_what_a_preview_says_an_import_takes(api, people, address):
    client = api(people.manager)
    mapping = client.post(f"{address}preview/", sent(), format="multipart").json()["mapping"]
    response = client.post(address, sent(columns=json.dumps({**mapping, "n": None}), labels="add"), format="multipart")
    assert response.status_code == 202
    run_import(ImportBatch.objects.get().pk)
    assert {item.text: item.data for item in Item.objects.all()} == {
        "please book me a flight": {},
        "win a prize now": {},
    }
    assert {each.answer["label"] for each in Annotation.objects.all()} == {"travel", "spam"}


def test_rows_of_a_request_can_be_renamed_too(api, people, address):
    body = {"rows": [json.loads(line) for line in ROWS.splitlines()], "columns": MAPPING, "labels": "add"}
    assert api(people.manager).post(address, body, format="json").status_code == 202
    run_import(ImportBatch.objects.get().pk)
    assert Item.objects.filter(text="win a prize now", data={}).exists()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"columns": '{"sentense": "text"}'}, "There is no column 'sentense'"),
        ({"columns": '{"sentence": "text", "intent": "text"}'}, "Two columns for text"),
        ({"columns": '{"sentence": "words"}'}, "cannot be for 'words'"),
        ({"columns": '["sentence"]'}, "an object"),
        ({"columns": "{"}, "JSON"),
        ({"labels": "drop"}, "drop"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_before_anything_is_stored(api, people, address, fields, why):
    response = api(people.manager).post(address, sent(**fields), format="multipart")
    assert response.status_code == 400
    assert why in response.content.decode()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("table", "columns", "why"),
    [
        ("photo,kind\na.png,cat\n", {"foto": "image"}, "There is no column 'foto'; the file has photo, kind."),
        ("photo,kind\na.png,cat\n", {"photo": "image", "kind": "image"}, "Two columns for image"),
        ("image,kind\na.png,cat\n", {"kind": "image"}, "Two columns for image"),
        ("", {"kind": "label"}, "the zip holds no table"),
    ],
)
def test_a_mapping_of_a_zip_is_refused_at_once_too(api, people, table, columns, why):
    make_project(slug="photos", modality="image", labels=("cat", "dog"), manager=people.manager)
    content = zip_of({"a.png": picture(1)} | ({"items.csv": table.encode()} if table else {}))
    file = SimpleUploadedFile("photos.zip", content)
    body = {"file": file, "columns": json.dumps(columns)}
    response = api(people.manager).post("/api/v1/projects/photos/imports/", body, format="multipart")
    assert (response.status_code, why in response.content.decode()) == (400, True)
    assert not ImportBatch.objects.exists()


def test_a_preview_of_a_zip_tells_columns_and_folders(api, people):
    make_project(slug="photos", modality="image", labels=("cat", "dog"), manager=people.manager)
    files = {"items.csv": b"photo,kind\nx/a.png,cat\n"} | {
        path: picture(n) for n, path in enumerate(["x/a.png", "x/b.png", "c.png"])
    }
    body = {"file": SimpleUploadedFile("photos.zip", zip_of(files))}
    found = api(people.manager).post("/api/v1/projects/photos/imports/preview/", body, format="multipart").json()
    assert (found["mapping"], found["folders"]) == ({"photo": "image", "kind": "label"}, {"x": 2})
    assert (found["rows"], found["accepted"], found["labeled"]) == (3, 3, 1)


def test_labels_beyond_the_limit_cost_their_rows_and_no_other(api, people, project, address, monkeypatch):
    monkeypatch.setattr("labeling.services.imports.new_labels.MAX_LABELS", 4)  # two are there
    rows = "".join(json.dumps({"id": n, "text": f"text {n}", "label": f"label {n % 4}"}) + "\n" for n in range(8))
    looked = api(people.manager).post(f"{address}preview/", sent(rows, labels="add"), format="multipart").json()
    assert (looked["accepted"], looked["rejected"]) == (4, 4)
    assert {row["reason"] for row in looked["rejections"]} == {"A project has at most 4 labels."}
    api(people.manager).post(address, sent(rows, labels="add"), format="multipart")
    batch = ImportBatch.objects.get()
    run_import(batch.pk)
    assert list(Item.objects.order_by("ordinal").values_list("external_id", flat=True)) == ["0", "1", "4", "5"]
    found = batch.rejections.order_by("row").values_list("name", "reason")
    assert list(found) == [(name, "A project has at most 4 labels.") for name in "2367"]


def test_only_who_may_import_may_look(api, people, address):
    for who, status in (("annotator", 403), ("viewer", 403), ("stranger", 404)):
        assert api(getattr(people, who)).post(f"{address}preview/", sent(), format="multipart").status_code == status


def test_a_preview_of_no_columns_says_what_is_missing(api, people, address):
    found = api(people.manager).post(f"{address}preview/", sent('{"n": 1}\n'), format="multipart").json()
    assert found["accepted"] == 0
    assert found["rejections"][0]["field"] == "text"
