"""What every data set as a folder must do, whatever its format."""

import io
import zipfile

import pytest

from labeling.models import Project
from labeling.selectors.export import Filters
from labeling.services.exports import FOLDERS, check_folder, export_file
from labeling.services.exports.snapshots import names_people, run_snapshot, start_snapshot
from labeling.services.validation.errors import Invalid
from tests.labeling.exports.awkward import awkward_project, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(FOLDERS))
def form(request) -> str:
    return request.param


@pytest.fixture
def made(form, people, built_once):
    """A project that the format holds, and rows of it."""
    modality = "image" if form == "imagefolder" else "text"
    built_once(lambda: build(people, modality), modality)
    project = Project.objects.get()
    return project, next(rows for rows in ("annotations", "items") if not FOLDERS[form].refuse(project, rows))


def build(people, modality: str) -> None:
    project = awkward_project([people.annotator, people.reviewer], modality=modality)
    if modality == "image":
        for number, item in enumerate(project.items.all()):
            item.asset = picture(project, number)
            item.save()


def test_the_bytes_are_the_same_every_time_whatever_the_chunks(form, made, monkeypatch):
    whole = b"".join(export_file(made[0], form, made[1], Filters()))
    monkeypatch.setattr("labeling.selectors.export.CHUNK_ANNOTATIONS", 7)
    monkeypatch.setattr("labeling.selectors.export.CHUNK_ORDINALS", 7)
    assert b"".join(export_file(made[0], form, made[1], Filters())) == whole


def test_no_piece_is_empty(form, made):
    """An empty one would be the end of the answer over HTTP."""
    assert all(export_file(made[0], form, made[1], Filters()))


def test_an_export_that_nobody_reads_to_its_end_can_be_let_go(form, made):
    pieces = export_file(made[0], form, made[1], Filters())
    next(pieces)
    pieces.close()


def test_names_are_in_no_file_where_pseudonyms_are_asked_for(form, made, people):
    content = b"".join(export_file(made[0], form, made[1], Filters(pseudonyms=True)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("datasheet.md").decode()
    assert "answers by `person-" in sheet
    assert f"`{people.reviewer.username}`" not in sheet


def test_a_snapshot_names_people_in_its_datasheet_unless_it_has_pseudonyms(form, made, people):
    project, rows = made
    for pseudonyms in (False, True):
        snapshot = start_snapshot(people.manager, project, export_format=form, rows=rows, pseudonyms=pseudonyms)
        assert names_people(snapshot) is not pseudonyms
        assert run_snapshot(snapshot.pk)["state"] == "done"
        snapshot.refresh_from_db()
        assert snapshot.row_count > 0


def test_what_it_refuses_it_refuses_before_the_first_byte(form, people):
    project = awkward_project([people.annotator], modality="tabular", kind="classification")
    if reason := FOLDERS[form].refuse(project, "annotations"):
        with pytest.raises(Invalid, match=reason.rstrip(".")):
            check_folder(project, form, "annotations")
