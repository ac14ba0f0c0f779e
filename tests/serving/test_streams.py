"""A stream of rows may go on in another thread than the one that began it: the server parks it while nobody reads."""

import threading
from typing import Any

import pytest

from benchmarks.export_rows import fill
from labeling.models import ImportBatch, ImportRejection, Project
from labeling.pages import imports
from labeling.selectors import export
from labeling.services.exports import FORMATS, export_file
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)


def pieces_by_threads(stream: Any) -> list[bytes]:
    """Every piece taken by a thread that was not there before and whose database connection ends with it."""
    from django.db import connections

    taken: list[Any] = []

    def take() -> None:
        try:
            taken.append(next(iterator, None))
        finally:
            connections.close_all()

    iterator = iter(stream)
    while True:
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        if taken[-1] is None:
            return taken[:-1]


@pytest.mark.parametrize("rows", ["annotations", "items"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_export(monkeypatch, name, rows):
    fill(100)
    monkeypatch.setattr(export, "CHUNK_ANNOTATIONS", 30)
    monkeypatch.setattr(export, "CHUNK_ORDINALS", 30)
    project = Project.objects.get()
    whole = b"".join(export_file(project, name, rows, export.Filters()))
    assert b"".join(pieces_by_threads(export_file(project, name, rows, export.Filters()))) == whole


def test_the_rejections_of_an_import(monkeypatch):
    batch = ImportBatch.objects.create(project=make_project(), format="csv", path="x")
    ImportRejection.objects.bulk_create(ImportRejection(batch=batch, row=n, reason=f"no {n}") for n in (5, 1, 4, 2, 3))
    monkeypatch.setattr(imports, "CHUNK_REJECTIONS", 2)
    lines = pieces_by_threads(imports._csv_lines(batch))
    assert lines == ["row,name,field,reason\r\n", *(f"{n},,,no {n}\r\n" for n in range(1, 6))]
