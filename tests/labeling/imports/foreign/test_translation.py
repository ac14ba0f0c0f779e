"""What holds for the files of all tools: told by content, resumed anywhere, looked at as imported, columns chosen."""

import io
import json

import pytest
from django.core.files.base import ContentFile

from labeling.kinds import kind_of
from labeling.models import Annotation, Item
from labeling.services.imports import ImportRefused, run_import, start_import
from labeling.services.imports.foreign import AS_IT_STANDS, TOOLS
from labeling.services.imports.look import columns_in, look_at
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import READ_AS, reader_of
from labeling.services.imports.sniff import format_of
from tests.factories import make_project
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, reasons, said, zip_of
from tests.labeling.imports.foreign.reading import MADE_BY, project_of, reading
from tests.labeling.imports.foreign.test_preference import ROWS
from tests.labeling.imports.foreign.test_prodigy import choice, lines

TRL = "\n".join(json.dumps({"prompt": f"p{n % 3}", "chosen": f"x{n}", "rejected": "no"}) for n in range(7)).encode()
#: content, name, kind, modality
FILES = {
    **{
        name: ((MADE_BY / name).read_bytes(), name.rpartition("/")[2], kind, "text")
        for name, kind in {
            "label_studio/choices.json": "classification",
            "label_studio/choices.min.json": "classification",
            "label_studio/multiple.csv": "multilabel",
            "label_studio/pairwise.json": "pairwise",
            "doccano/classification-by-person.jsonl.zip": "classification",
            "argilla/label.parquet": "classification",
            "huggingface/class-label.parquet": "classification",
        }.items()
    },
    "prodigy": (lines(*(choice(text, ["sport"]) for text in "abca")), "a.jsonl", "classification", "text"),
    "trl": (TRL, "a.jsonl", "pairwise", "text"),
    "pictures": ((MADE_BY / "huggingface/images.parquet").read_bytes(), "a.parquet", "classification", "image"),
}
EACH = pytest.mark.parametrize("name", FILES)


@EACH
def test_whatever_stands_before_the_rest_of_a_file_is_the_same(name):
    content, file_name, kind, modality = FILES[name]
    whole = reading(content, file_name, kind=kind, modality=modality)
    for start in range(1, len(whole.rows) + 1):
        assert reading(content, file_name, kind=kind, modality=modality, start=start).rows == whole.rows[start:]


def reader_for(name: str, tool: str):
    content, file_name, kind, modality = FILES[name]
    project = project_of(kind, modality)
    format_ = format_of(content, file_name, modality, None, kind_of(project))
    return reader_of(io.BytesIO(content), project, format_, file_name, {READ_AS: tool})


@pytest.mark.parametrize("name", ["label_studio/choices.json", "argilla/label.parquet", "trl"])
def test_an_attempt_that_goes_on_counts_on_and_not_again(name):
    """The notes of row after row, each read by a reader of its own, are those of one reading."""
    content, file_name, kind, modality = FILES[name]
    whole = reading(content, file_name, kind=kind, modality=modality)
    found: dict[str, int] = {}
    for start in range(len(whole.rows)):
        reader = reader_for(name, whole.tool)
        next(reader.records(start))
        for note in reader.notes.as_stored():
            found[note["many"]] = found.get(note["many"], 0) + note["count"]
    at_once = reader_for(name, whole.tool)
    list(at_once.records(0))
    assert found == {note["many"]: note["count"] for note in at_once.notes.as_stored()}


def test_a_file_that_is_nobodys_is_read_as_it_stands():
    for content in (b"text,label\na,b\n", b'{"text": "a", "label": "b"}\n', b'[{"text": "a", "label": "b"}]'):
        found = reading(content, "rows.csv" if content[:1] == b"t" else "rows.json")
        assert (found.tool, found.rows, found.notes) == ("", [{"text": "a", "label": "b"}], [])


def test_it_can_be_said_whose_file_it_is_and_that_it_is_nobodys():
    file = b'{"id": 1, "text": "a", "label": ["x"], "Comments": []}'
    assert reading(file, "a.jsonl", kind="multilabel", tool=AS_IT_STANDS).rows == [json.loads(file)]
    old = b'{"text": "a", "label": ["x"]}'
    assert reading(old, "a.jsonl", tool="doccano").column("label") == ["x"]


def test_every_tool_has_a_name_a_title_and_a_page_of_the_guide():
    guide = (MADE_BY.parents[4] / "docs/guide/importing.md").read_text()
    for name, tool in TOOLS.items():
        assert tool.title.startswith(("an export of", "a file of"))
        assert f"`{name}`" in guide, f"{name} is missing in docs/guide/importing.md"


@pytest.mark.django_db
@EACH
def test_a_look_shows_what_the_import_then_does(name, bring_in):
    content, file_name, kind, modality = FILES[name]
    labels = {"rating": ("1", "2", "3", "4", "5"), "pairwise": ()}.get(kind, ("positive", "negative"))
    project = make_project(kind=kind, modality=modality, labels=labels, purpose="Which is better?")
    format_ = format_of(content, file_name, modality, None, kind_of(project))
    adds = {"labels": "add"} if kind_of(project).has_labels else {}
    look = look_at(io.BytesIO(content), project, format_, file_name, adds)
    options = adds | ({"columns": look.mapping} if look.columns else {})
    batch = bring_in(project, content, file_name, options=options)
    assert look.refused == ""
    assert (batch.state, batch.rejected, batch.accepted + batch.duplicates) == ("done", look.rejected, look.good)
    assert set(look.notes.sentences()) <= set(said_of(batch))
    assert columns_in(io.BytesIO(content), project, format_, file_name, {}) == [each.name for each in look.columns]
    assert_counts_true(project)


def said_of(batch):
    return said(ImportNotes(batch.notes))


@pytest.mark.django_db
def test_answers_become_imported_labels_and_people_are_still_asked(people, bring_in):
    project = make_project(labels=("positive", "negative", "C#"))
    batch = bring_in(project, (MADE_BY / "label_studio/choices.json").read_bytes(), "project-1.json")
    assert (counts(batch), reasons(batch)) == (("done", 7, 0, 0), {})
    answers = dict(Annotation.objects.filter(project=project).values_list("item__external_id", "source"))
    assert answers == dict.fromkeys(["1", "2", "3", "7"], "import")
    assert Item.objects.get(project=project, external_id="1").data["predictions"][0]["model"] == "m1"
    assert "The file was read as an export of Label Studio." in said_of(batch)
    assert counts(bring_in(project, (MADE_BY / "label_studio/choices.json").read_bytes(), "again.json"))[1:3] == (0, 7)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ROWS)
def test_preferences_become_items_pairs_and_judgments(bring_in, form):
    project = make_project(kind="pairwise", labels=(), purpose="Which is better?")
    batch = bring_in(project, json.dumps(ROWS[form]).encode(), "a.jsonl")
    assert (counts(batch), reasons(batch)) == (("done", 3, 0, 0), {})
    judgment = Annotation.objects.get(project=project)
    won = judgment.left if judgment.answer["winner"] == "left" else judgment.pair.other(judgment.left_id)
    assert won.text == "4"
    assert judgment.source == "import"


@pytest.mark.django_db
def test_pictures_of_a_zip_go_in_with_the_answers_that_a_file_in_it_gives(pictures, bring_in):
    files = {
        "project-8.json": (MADE_BY / "label_studio/images.json").read_bytes(), "pictures/dog.png": picture(1),
        "pictures/abcd1234-cat one.png": picture(2), "pictures/other.png": picture(3),
    }  # fmt: skip
    batch = bring_in(pictures, zip_of(files), "p.zip")
    assert (counts(batch), reasons(batch)) == (("done", 2, 0, 0), {})
    labels = Annotation.objects.filter(project=pictures).values_list("item__data__image", "answer__label")
    assert set(labels) == {("pictures/abcd1234-cat one.png", "cat"), ("pictures/dog.png", "dog")}
    assert any("1 file of the zip is named by no row" in note for note in said_of(batch))


@pytest.mark.django_db
def test_over_rest_and_only_by_who_may(people, project, api):
    content = (MADE_BY / "label_studio/choices.csv").read_bytes()

    def sent(client, **more):
        file = io.BytesIO(content)
        file.name = "project-1.csv"
        return client.post(f"/api/v1/projects/{project.slug}/imports/", {"file": file, **more}, format="multipart")

    assert sent(api(people.stranger)).status_code == 404
    assert sent(api(people.viewer)).status_code == 403
    answer = sent(api(people.manager), labels="add")
    assert answer.status_code == 202, answer.content
    assert sent(api(people.manager), tool="excel").status_code == 400


@pytest.mark.django_db
def test_a_file_of_the_wrong_tool_is_refused_before_anything_is_stored(people, project):
    content = (MADE_BY / "label_studio/boxes.json").read_bytes()
    with pytest.raises(ImportRefused, match="boxes are not supported yet"):
        start_import(people.manager, project, file=ContentFile(content), file_name="boxes.json")
    assert not project.imports.exists()
    assert run_import(0) == {"import": 0, "outcome": "nothing to do"}
