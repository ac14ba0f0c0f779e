"""What an import says of itself: once, counted over all attempts, on its page and in REST."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from labeling.models import ImportBatch
from labeling.selectors.importing import notes_of
from labeling.services.imports import run_import
from labeling.services.imports.notes import MAX_CHARACTERS, MAX_NOTES, ImportNotes
from labeling.services.imports.readers import READERS
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.start import start_import
from tests.labeling.imports.conftest import counts, said

ONE, MANY = "1 cell of {x} was blank.", "{count} cells of {x} were blank."


def test_a_note_is_said_once_and_a_counted_one_tells_how_often():
    notes = ImportNotes()
    for _ in range(3):
        notes.say("The columns are separated by |.")
    notes.count(ONE, MANY)
    assert said(notes) == ["The columns are separated by |.", "1 cell of {x} was blank."]
    notes.count(ONE, MANY, 1_233)
    assert said(notes)[1] == "1,234 cells of {x} were blank."


def test_notes_go_on_from_what_was_stored_and_know_what_is_new():
    notes = ImportNotes()
    notes.count(ONE, MANY, 2)
    again = ImportNotes(notes.as_stored())
    assert again.changed() == {}
    again.count(ONE, MANY)
    assert again.changed() == {"notes": again.as_stored()}
    assert said(again) == ["3 cells of {x} were blank."]
    again.kept()
    assert again.changed() == {}


def test_no_file_can_make_the_list_or_a_sentence_endless():
    notes = ImportNotes()
    for number in range(1_000):
        notes.say(f"{number} {'x' * 2_000}")
    assert len(said(notes)) == MAX_NOTES
    assert max(map(len, said(notes))) == MAX_CHARACTERS


class CountingReader(CsvReader):
    """Says something of every row, and breaks at a row once."""

    chunk_rows = 2
    breaks_at = 0

    def records(self, start):
        for number, record in super().records(start):
            if number == CountingReader.breaks_at:
                CountingReader.breaks_at = 0
                raise SystemExit  # as when the worker is told to stop
            self.notes.count("1 row was seen.", "{count} rows were seen.")
            yield number, record


@pytest.mark.django_db
def test_an_attempt_that_goes_on_counts_every_row_once(project, people, monkeypatch, client):
    monkeypatch.setitem(READERS, "csv", CountingReader)
    monkeypatch.setattr(CountingReader, "breaks_at", 4)
    batch = bring_in_two_attempts(project, people)
    assert counts(batch) == ("done", 5, 0, 0)
    assert notes_of(batch) == ["5 rows were seen."]
    address = f"/api/v1/projects/{project.slug}/imports/{batch.public_id}/"
    client.force_login(people.manager)
    assert client.get(address).json()["notes"] == ["5 rows were seen."]
    page = client.get(reverse("pages:import", args=(project.slug, batch.public_id))).content.decode()
    assert "5 rows were seen." in page
    client.force_login(people.stranger)
    assert client.get(address).status_code == 404


def bring_in_two_attempts(project, people) -> ImportBatch:
    batch = start_import(people.manager, project, file=ContentFile(b"text\na\nb\nc\nd\ne\n"), file_name="items.csv")
    with pytest.raises(SystemExit):
        run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.cursor, notes_of(batch)) == (2, ["2 rows were seen."])
    ImportBatch.objects.filter(pk=batch.pk).update(state="queued")
    run_import(batch.pk)
    batch.refresh_from_db()
    return batch
