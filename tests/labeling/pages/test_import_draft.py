"""Looking at an upload before it goes in."""

import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from labeling.models import Annotation, ImportBatch, ImportDraft, Item, Project
from labeling.services.housekeeping.rows import drop_old_rows
from labeling.services.imports import run_import
from tests.factories import make_project
from tests.labeling.imports.conftest import picture, zip_of

ROWS = "".join(f"{n},please book flight number {n},intent {n % 3}\n" for n in range(30))


@pytest.fixture
def page(project, people, browser_of):
    client = browser_of(people.manager)
    client.address = f"/p/{project.slug}/imports/"
    return client


def look_at(page, content="row,sentence,intent\n" + ROWS, name="intents.csv"):
    """The address of the draft."""
    file = SimpleUploadedFile(name, content.encode())
    return page.post(page.address, {"file": file, "look": "1"}).headers["Location"]


def chosen(page, address, **query):
    """By column what it is taken for."""
    html = page.get(address, query).content.decode()
    return {
        name: re.search(r'<option value="(\w+)" selected', select).group(1)
        for name, select in re.findall(r"<code>(.*?)</code></label></th>(.*?)</select>", html, re.S)
    }


def test_a_file_of_other_names_is_guessed_shown_and_imported_as_chosen(page):
    address = look_at(page)
    assert not ImportBatch.objects.exists()
    assert chosen(page, address) == {"row": "keep", "sentence": "text", "intent": "label"}
    html = page.get(address).content.decode()
    assert "30 rows name" in html
    assert "3 labels that the project lacks" in re.sub(r"\s+", " ", html)
    response = page.post(address, {"c0": "out", "c1": "text", "c2": "label", "labels": "add"})
    batch = ImportBatch.objects.get()
    assert response.headers["Location"] == f"{page.address}{batch.public_id}/"
    assert not ImportDraft.objects.exists()
    run_import(batch.pk)
    assert Item.objects.count() == 30
    item = Item.objects.order_by("ordinal").first()
    assert (item.text, item.data) == ("please book flight number 0", {})
    assert Annotation.objects.get(item=item).answer == {"label": "intent 0"}
    assert {"ham", "spam", "intent 0", "intent 1", "intent 2"} == set(item.project.labels.names())


def test_without_adding_the_rows_of_unknown_labels_are_counted_as_rejected(page):
    address = look_at(page, "text,label\nwin,spam\nhi,ham\nbook,travel\n")
    html = re.sub(r"\s+", " ", page.get(address).content.decode())
    assert "<dt>Would go in</dt><dd>2<br> <small>3 with the new labels</small></dd>" in html
    assert "<dt>Would be rejected</dt><dd>0</dd>" in html
    assert "Add 1 label and import 3 rows</button>" in html
    assert "Import only 2 rows</button>" in html
    html = re.sub(r"\s+", " ", page.get(address, {"labels": "add"}).content.decode())
    assert "<dt>Would go in</dt><dd>3</dd>" in html
    page.post(address, {"c0": "text", "c1": "label"})
    batch = ImportBatch.objects.get()
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.accepted, batch.rejected) == (2, 1)


def test_a_choice_is_seen_before_anything_is_stored(page):
    address = look_at(page)
    part = page.get(
        address, {"c0": "keep", "c1": "text", "c2": "text"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in part
    assert "Two columns for text" in part
    assert page.post(address, {"c0": "keep", "c1": "text", "c2": "text"}).status_code == 400
    assert ImportDraft.objects.exists()
    assert not Item.objects.exists()


def test_rows_that_would_be_rejected_are_told_with_the_reason(page):
    address = look_at(page, "text,split\na,pool\nb,train\n")
    html = page.get(address, {"c0": "text", "c1": "split"}).content.decode()
    assert "is not a split" in html


def test_the_choice_is_remembered_for_the_next_file_of_the_same_columns(page):
    address = look_at(page, "row,sentence,intent,words\n1,a,ham,one two three four\n")
    page.post(address, {"c0": "out", "c1": "group", "c2": "label", "c3": "text"})
    run_import(ImportBatch.objects.get().pk)
    again = look_at(page, "row,sentence,intent,words\n2,b,ham,five six seven eight\n")
    assert chosen(page, again) == {"row": "out", "sentence": "group", "intent": "label", "words": "text"}
    assert "as last time" in page.get(again).content.decode()
    other = look_at(page, "row,message\n2,hello\n")
    assert chosen(page, other) == {"row": "keep", "message": "text"}


def test_a_draft_that_is_discarded_leaves_nothing(page):
    address = look_at(page)
    path = ImportDraft.objects.get().path
    assert page.post(address, {"discard": "1"}).headers["Location"] == page.address
    assert not default_storage.exists(path)
    assert page.get(address).status_code == 404
    assert page.post(address, {}).headers["Location"] == page.address


def test_two_clicks_are_one_import(page):
    address = look_at(page)
    for _ in range(2):
        page.post(address, {"c0": "out", "c1": "text", "c2": "keep"})
    assert ImportBatch.objects.count() == 1


def test_a_draft_nobody_comes_back_to_is_let_go(page):
    look_at(page)
    look_at(page)
    ImportDraft.objects.filter(pk=ImportDraft.objects.first().pk).update(created_at=timezone.now() - timedelta(days=2))
    freed = {each.kind: each.rows for each in drop_old_rows(lambda **_: None)}
    assert freed["drafts of imports"] == 1
    assert ImportDraft.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("annotator", 403), ("viewer", 403), ("stranger", 404), ("manager", 200)])
def test_who_may_look(page, people, browser_of, who, status):
    assert browser_of(getattr(people, who)).get(look_at(page)).status_code == status


def test_pasted_rows_can_be_looked_at(page):
    response = page.post(
        page.address, {"pasted": "sentence,intent\nhello you there,ham", "pasted_as": "csv", "look": "1"}
    )
    assert chosen(page, response.headers["Location"]) == {"sentence": "text", "intent": "label"}
    response = page.post(page.address, {"pasted": "hello\nyou", "pasted_as": "lines", "look": "1"})
    assert "<dt>Would go in</dt><dd>2</dd>" in page.get(response.headers["Location"]).content.decode()


def test_what_is_no_file_of_the_project_is_refused_at_once(page):
    response = page.post(page.address, {"file": SimpleUploadedFile("a.zip", b"PK\x03\x04xx"), "look": "1"})
    assert response.status_code == 400
    assert not ImportDraft.objects.exists()


def test_several_files_without_the_script_are_an_error_and_not_the_last_one(page):
    Project.objects.update(modality="image")
    files = [SimpleUploadedFile(f"{n}.png", b"\x89PNG\r\n\x1a\n") for n in range(2)]
    assert "One file at a time" in page.post(page.address, {"file": files}).content.decode()
    assert not ImportBatch.objects.exists()


def test_of_a_large_file_only_the_beginning_is_read(page, monkeypatch):
    """Readers go over a whole file before its first row; a request must not."""
    monkeypatch.setattr("labeling.services.imports.look.MAX_BYTES", 400)
    address = look_at(page, "text,label\n" + "".join(f"message {n},ham\n" for n in range(5_000)))
    html = re.sub(r"\s+", " ", page.get(address).content.decode())
    rows = re.search(r"<dt>Rows looked at</dt><dd>(\d+)</dd>", html)
    assert rows, html
    assert 15 < int(rows[1]) < 40
    assert "<dt>Would be rejected</dt><dd>0</dd>" in html
    page.post(address, {"c0": "text", "c1": "label"})
    run_import(ImportBatch.objects.get().pk)
    assert Item.objects.count() == 5_000


def test_a_draft_whose_file_is_imported_meanwhile_leads_back(page):
    address = look_at(page)
    default_storage.delete(ImportDraft.objects.get().path)
    assert page.get(address).headers["Location"] == page.address
    assert page.post(address, {}).headers["Location"] == page.address


def test_only_what_has_no_answer_is_asked_about_where_the_box_says_so(page, project):
    content = "text,label,split\nwin,spam,pool\nhi,,pool\nhello,ham,eval\n"
    address = look_at(page, content)
    html = re.sub(r"\s+", " ", page.get(address).content.decode())
    assert "The 1 row that comes with an answer then counts as done. The 1 held out with one is asked about" in html
    columns = {"c0": "text", "c1": "label", "c2": "split", "may_ask": "1"}
    assert b'id="ask-about" checked' in page.get(address, {**columns, "ask_about": "unlabeled"}).content
    assert b'id="ask-about" checked' not in page.get(address, columns).content
    project.refresh_from_db()
    assert project.ask_about == "all"  # looking changes nothing
    page.post(address, {**columns, "ask_about": "unlabeled"})
    run_import(ImportBatch.objects.get().pk)
    assert set(Item.objects.filter(is_open=True).values_list("text", flat=True)) == {"hi", "hello"}
    again = look_at(page, "text,label\nmore,ham\n")
    assert b'id="ask-about" checked' in page.get(again).content  # as the project does now
    page.post(again, {"c0": "text", "c1": "label", "may_ask": "1"})
    assert set(Item.objects.filter(is_open=True).values_list("text", flat=True)) == {"win", "hi", "hello"}


def test_a_file_without_answers_leaves_the_choice_alone(page, project):
    Project.objects.update(ask_about="unlabeled")
    address = look_at(page, "text\nhi\n")
    assert b"ask-about" not in page.get(address).content
    page.post(address, {"c0": "text"})
    project.refresh_from_db()
    assert project.ask_about == "unlabeled"


MANIFEST = "photo,kind,who\na/1.png,cat,ann\nb/2.png,dog,bob\nb/3.png,,bob\n"


@pytest.fixture
def photos(people, browser_of):
    make_project(slug="photos", modality="image", labels=("cat", "dog"), manager=people.manager)
    client = browser_of(people.manager)
    client.address = "/p/photos/imports/"
    return client


def zipped(page, table=MANIFEST, name="items.csv"):
    """The address of the draft of three pictures in two folders."""
    files = {name: table.encode()} if table else {}
    content = zip_of(files | {path: picture(n) for n, path in enumerate(("a/1.png", "b/2.png", "b/3.png"))})
    upload = SimpleUploadedFile("photos.zip", content)
    return page.post(page.address, {"file": upload, "look": "1"}).headers["Location"]


@pytest.mark.parametrize("name", ["items.csv", "metadata.csv"])
def test_the_columns_of_a_table_in_a_zip_are_chosen_as_those_of_a_file(photos, name):
    table = MANIFEST if name == "items.csv" else MANIFEST.replace("photo", "file_name")
    address = zipped(photos, table, name)
    first = "photo" if name == "items.csv" else "file_name"
    assert chosen(photos, address) == {
        first: "image",
        "kind": "label",
        "who": "keep",
    }
    columns = {"c0": "image", "c1": "label", "c2": "group"}
    assert b"<dt>Would go in</dt><dd>3</dd>" in photos.get(address, columns).content
    assert photos.post(address, columns).status_code == 302
    run_import(ImportBatch.objects.get().pk)
    found = {item.data["image"]: (item.group, answer_of(item)) for item in Item.objects.all()}
    assert found == {"a/1.png": ("ann", "cat"), "b/2.png": ("bob", "dog"), "b/3.png": ("bob", None)}
    project = Project.objects.get(slug="photos")
    assert project.import_columns == {first: "image", "kind": "label", "who": "group"}
    assert chosen(photos, zipped(photos, table, name)) == {first: "image", "kind": "label", "who": "group"}


def answer_of(item):
    return next(iter(item.annotations.values_list("answer__label", flat=True)), None)


def test_folders_are_shown_with_their_pictures_and_are_labels_where_the_box_says_so(photos):
    address = zipped(photos, "")
    html = re.sub(r"\s+", " ", photos.get(address).content.decode())
    assert "2 folders" in html
    assert 'b <span class="quiet number">2</span>' in html
    assert "What each column is for" not in html
    on = {"may_fold": "1", "folder_is_label": "1"}
    html = re.sub(r"\s+", " ", photos.get(address, on).content.decode())
    assert "3 rows name 2 labels that the project lacks" in html
    photos.post(address, {**on, "labels": "add"})
    run_import(ImportBatch.objects.get().pk)
    assert sorted(map(answer_of, Item.objects.all())) == ["a", "b", "b"]


def test_a_box_that_was_ticked_on_the_first_page_can_be_unticked_on_the_second(photos):
    upload = SimpleUploadedFile("photos.zip", zip_of({"a/1.png": picture(1)}))
    sent = {"file": upload, "look": "1", "folder_is_label": "on"}
    address = photos.post(photos.address, sent).headers["Location"]
    assert b'id="folders-are-labels" checked' in photos.get(address).content
    photos.post(address, {"may_fold": "1"})
    run_import(ImportBatch.objects.get().pk)
    assert answer_of(Item.objects.get()) is None


def test_a_refused_choice_of_columns_forgets_no_box(photos):
    address = zipped(photos)
    boxes = {"may_fold": "1", "folder_is_label": "1", "may_ask": "1", "ask_about": "unlabeled"}
    html = photos.get(address, {"c0": "image", "c1": "image", "c2": "keep", **boxes}).content.decode()
    assert "Two columns for image" in html
    for name, value in boxes.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in html


def test_a_file_that_is_refused_for_its_columns_is_looked_at_instead(page):
    upload = SimpleUploadedFile("intents.csv", f"row,sentence,intent\n{ROWS}".encode())
    address = page.post(page.address, {"file": upload}).headers["Location"]
    assert "/drafts/" in address
    html = page.get(address).content.decode()
    assert "Nothing is imported yet" in html
    assert chosen(page, address) == {"row": "keep", "sentence": "text", "intent": "label"}
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01 binary \x00", b"", b"\x89PNG\r\n\x1a\n"])
def test_what_has_no_columns_to_choose_is_refused_as_before_and_leaves_nothing(page, content):
    response = page.post(page.address, {"file": SimpleUploadedFile("a.csv", content)})
    assert response.status_code == 400
    assert not ImportDraft.objects.exists()
    assert not [name for name in default_storage.listdir("")[0] if name == "uploads" and any(_files("uploads"))]


def _files(folder):
    folders, files = default_storage.listdir(folder)
    yield from files
    for inner in folders:
        yield from _files(f"{folder}/{inner}")


def test_rows_that_would_be_rejected_for_one_reason_are_one_line(photos):
    table = "image,label\n" + "".join(f"{n}.png,cat\n" for n in range(10_000))
    html = re.sub(r"\s+", " ", photos.get(zipped(photos, table)).content.decode())
    assert html.count("The zip holds no file of this name.") == 1
    assert "10,000 rows alike" in html


@pytest.mark.parametrize(
    ("content", "words"), [("text,label\n", "only the names of its columns"), ("a,b\n1,2\n", "Say below")]
)
def test_a_look_that_comes_to_nothing_says_why(page, content, words):
    assert words in re.sub(r"\s+", " ", page.get(look_at(page, content)).content.decode())
