"""``bring_in`` uploads and imports in one call; makers of small pictures and zips."""

import io
import zipfile

import numpy as np
import pytest
from django.core.files.base import ContentFile
from hypothesis.internal.conjecture.engine import ConjectureRunner
from PIL import Image

from labeling.kinds import KINDS
from labeling.models import ImportBatch, Item, Progress
from labeling.selectors.importing import notes_of
from labeling.services.imports import run_import, start_import
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import csv as csv_reader
from labeling.services.imports.readers import lines
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.records.rows import Rejection
from tests.factories import make_project


@pytest.fixture
def bring_in(people):
    def run(project, content, file_name="items.csv", **more) -> ImportBatch:
        source = (
            {"rows": content} if isinstance(content, list) else {"file": ContentFile(content), "file_name": file_name}
        )
        batch = start_import(people.manager, project, **source, **more)
        run_import(batch.pk)
        batch.refresh_from_db()
        return batch

    return run


@pytest.fixture
def pictures(people):
    return make_project(slug="photos", modality="image", labels=("cat", "dog"), manager=people.manager)


@pytest.fixture
def table(people):
    return make_project(slug="table", modality="tabular", labels=("yes", "no"), manager=people.manager)


@pytest.fixture
def every_case_anew(monkeypatch):
    """Hypothesis runs what it has drawn five more times with one part copied over another: of 200 cases forty were
    drawn and the others almost the same, which costs where a case is a whole export and import."""
    monkeypatch.setattr(ConjectureRunner, "generate_mutations_from", lambda *_: None)


def picture(seed: int, size=(96, 64), kind="PNG", **save) -> bytes:
    """A picture of soft blobs: like a photo it survives scaling and recompression, and no two seeds look alike."""
    noise = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(target, kind, **save)
    return target.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def small_blocks(monkeypatch) -> None:
    """A small file is of many blocks then, as a large one is of the blocks that there are."""
    for module in (csv_reader, lines):
        monkeypatch.setattr(module, "BLOCK_BYTES", 16 * 1024)


def counts(batch: ImportBatch) -> tuple[str, int, int, int]:
    return batch.state, batch.accepted, batch.duplicates, batch.rejected


def read(content: bytes | str, modality="text", start=0, file_name="items.csv", kind="classification"):
    """What the csv reader makes of a file: good records and reasons, both by number, and what it says."""
    raw = content.encode() if isinstance(content, str) else content
    reader = CsvReader(io.BytesIO(raw), modality=modality, kind=KINDS[kind], options={}, file_name=file_name)
    good, bad = {}, {}
    for number, record in reader.records(start):
        if isinstance(record, Rejection):
            bad[number] = record.reason
        else:
            good[number] = {name: value for name, value in record.items() if not name.startswith("\0")}
    return good, bad, said(reader.notes)


def said(notes: ImportNotes) -> list[str]:
    return notes_of(ImportBatch(notes=notes.as_stored()))


def reasons(batch: ImportBatch) -> dict[int, str]:
    return dict(batch.rejections.values_list("row", "reason"))


def assert_counts_true(project) -> None:
    """Progress and the ordinals say what the items say."""
    progress = Progress.objects.get(project=project)
    items = Item.objects.filter(project=project)
    assert list(items.order_by("ordinal").values_list("ordinal", flat=True)) == list(range(progress.next_ordinal))
    for split in ("pool", "eval"):
        assert getattr(progress, f"{split}_items") == items.filter(split=split).count()
        assert getattr(progress, f"{split}_open") == items.filter(split=split, is_open=True).count()
    assert progress.imported_annotations == project.annotations.filter(source="import").count()
