"""The import page: what is sent, what is refused, what came of it."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import ImportBatch, ImportRejection, Item, Project
from labeling.services.imports import run_import


@pytest.fixture
def page(project, people, browser_of):
    client = browser_of(people.manager)
    client.address = f"/p/{project.slug}/imports/"
    return client


def csv_file(content="text\nfree prize\nsee you\n", name="sms.csv"):
    return SimpleUploadedFile(name, content.encode(), content_type="application/x-anything")


def test_a_file_becomes_an_import_with_live_progress(page):
    response = page.post(page.address, {"file": csv_file()})
    batch = ImportBatch.objects.get()
    assert response.headers["Location"] == f"{page.address}{batch.public_id}/"
    waiting = page.get(f"{page.address}{batch.public_id}/?progress", headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "<html" not in waiting
    run_import(batch.pk)
    done = page.get(f"{page.address}{batch.public_id}/?progress", headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in done
    assert "2 rows read." in done
    assert Item.objects.count() == 2
    assert "sms.csv" in page.get(page.address).content.decode()


@pytest.mark.parametrize(
    ("pasted_as", "pasted"),
    [
        ("lines", "free prize\n\n see you \n"),
        ("csv", "text\nfree prize\nsee you"),
        ("jsonl", '{"text": "free prize"}\n{"text": "see you"}'),
        ("", "free prize\nsee you"),
    ],
)
def test_pasted_rows(page, pasted_as, pasted):
    page.post(page.address, {"pasted": pasted, "pasted_as": pasted_as})
    run_import(ImportBatch.objects.get().pk)
    assert set(Item.objects.values_list("text", flat=True)) == {"free prize", "see you"}


def test_folders_are_labels_when_asked(page):
    Project.objects.update(modality="image")
    from PIL import Image

    picture, archive = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(picture, "PNG")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("ham/one.png", picture.getvalue())
    page.post(page.address, {"file": SimpleUploadedFile("a.zip", archive.getvalue()), "folder_is_label": "on"})
    batch = ImportBatch.objects.get()
    assert batch.options == {"folder_is_label": True}
    run_import(batch.pk)
    assert Item.objects.get().annotations.get().answer == {"label": "ham"}


@pytest.mark.parametrize(
    ("data", "beside", "says"),
    [
        ({}, "file", "Choose a file or paste rows."),
        ({"pasted": "x", "file": csv_file()}, "pasted", "not both"),
        ({"file": SimpleUploadedFile("empty.csv", b"")}, "file", "empty"),
        ({"pasted": "{not json", "pasted_as": "jsonl"}, "pasted", ""),
    ],
)
def test_a_refusal_stands_beside_what_was_sent(page, data, beside, says):
    response = page.post(page.address, data)
    if response.status_code == 302:  # looked fine from outside; the job says what is wrong
        batch = ImportBatch.objects.get()
        run_import(batch.pk)
        batch.refresh_from_db()
        assert batch.accepted == 0
        return
    assert response.status_code == 400
    assert says in " ".join(response.context["form"].errors[beside])
    assert not ImportBatch.objects.exists()


def test_too_large_is_413_and_says_the_limit(page, settings):
    settings.IMPORT_MAX_BYTES = 10
    response = page.post(page.address, {"file": csv_file()})
    assert response.status_code == 413
    assert "at most 10" in response.content.decode()


def test_rejections_as_table_and_as_harmless_csv(page, project):
    batch = ImportBatch.objects.create(project=project, format="csv", path="", state="done", rejected=60)
    ImportRejection.objects.bulk_create(
        ImportRejection(batch=batch, row=row, name="=HYPERLINK(1)", field="label", reason=f"unknown label {row // 2}")
        for row in range(1, 120)
    )
    address = f"{page.address}{batch.public_id}/"
    first, second = (page.get(f"{address}?page={number}").content.decode() for number in (1, 2))
    assert (first.count("unknown label"), second.count("unknown label")) == (50, 10)
    assert (first.count("2 rows alike"), second.count("2 rows alike")) == (49, 10)  # row 1 is alone
    response = page.get(f"{address}rejections.csv")
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[:2] == ["row,name,field,reason", "1,'=HYPERLINK(1),label,unknown label 0"]
    assert len(lines) == 120
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_failed_import_says_why(page, project):
    batch = ImportBatch.objects.create(project=project, format="csv", path="", state="failed", error="No <header>.")
    assert "No &lt;header&gt;." in page.get(f"{page.address}{batch.public_id}/").content.decode()
