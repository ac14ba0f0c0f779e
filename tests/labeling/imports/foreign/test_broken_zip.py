"""A zip of tables of which a part is broken ends with words, whichever library of the unpacking says so."""

import io
import zipfile

import pytest
from django.core.files.base import ContentFile

from labeling.services.imports import ImportRefused, run_import, start_import

pytestmark = pytest.mark.django_db
ROWS = "".join(f'{{"id": {n}, "text": "text number {n}", "label": ["ham"]}}\n' for n in range(2_000)).encode()


def zip_with_a_broken_table() -> bytes:
    """The bytes in the middle of the deflated table are others; the directory at the end is whole."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("all.jsonl", ROWS)
    content = bytearray(packed.getvalue())
    start = len(content) // 3
    content[start : start + 64] = bytes(64 * [0xFF])
    return bytes(content)


def test_a_table_whose_packed_bytes_are_broken_is_refused_in_words(project, people):
    try:
        batch = start_import(
            people.manager, project, file=ContentFile(zip_with_a_broken_table()), file_name="export.zip"
        )
    except ImportRefused as refused:
        said = refused.reason
    else:
        run_import(batch.pk)
        batch.refresh_from_db()
        said = batch.error
        assert batch.state == "failed"
    assert "cannot be read" in said or "broken" in said
