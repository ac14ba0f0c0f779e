"""Looking at a file over REST, and importing it under other names."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import Annotation, ImportBatch, Item
from labeling.services.imports import run_import

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


def test_only_who_may_import_may_look(api, people, address):
    for who, status in (("annotator", 403), ("viewer", 403), ("stranger", 404)):
        assert api(getattr(people, who)).post(f"{address}preview/", sent(), format="multipart").status_code == status


def test_a_preview_of_no_columns_says_what_is_missing(api, people, address):
    found = api(people.manager).post(f"{address}preview/", sent('{"n": 1}\n'), format="multipart").json()
    assert found["accepted"] == 0
    assert found["rejections"][0]["field"] == "text"
