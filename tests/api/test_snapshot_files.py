"""The file of a snapshot over REST: kept compressed, served byte for byte, whole or in part, old ones too."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.models import Snapshot
from labeling.selectors.export import Filters
from labeling.services.exports import export_file
from labeling.services.exports.snapshots import run_snapshot, start_snapshot
from labeling.services.files.block_gzip import BLOCK_BYTES
from tests.factories import make_answer, make_items


@pytest.fixture
def snapshot(project, people) -> Snapshot:
    """Of more than two blocks."""
    for item in make_items(project, [f"{number} " + "long text " * 9_000 for number in range(30)]):
        make_answer(item, people.annotator, {"label": "ham"})
    made = start_snapshot(people.manager, project)
    assert run_snapshot(made.pk)["state"] == "done"
    made.refresh_from_db()
    assert made.size_bytes > 2 * BLOCK_BYTES
    return made


def read(response) -> bytes:
    assert response.status_code in (200, 206), response.content
    return b"".join(response.streaming_content)


def test_it_takes_less_room_than_it_serves_and_serves_the_export(snapshot, api, people):
    assert default_storage.size(snapshot.path) < snapshot.size_bytes / 4
    response = api(people.manager).get(f"/api/v1/snapshots/{snapshot.public_id}/file/")
    body = read(response)
    assert body == b"".join(export_file(snapshot.project, "jsonl", "annotations", Filters()))
    assert response["Content-Length"] == str(len(body)) == str(snapshot.size_bytes)
    assert response["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"' == f'"{snapshot.sha256}"'
    assert "Content-Encoding" not in response


@pytest.mark.parametrize(
    "span", [(0, 9), (BLOCK_BYTES - 5, BLOCK_BYTES + 5), (2 * BLOCK_BYTES, 2 * BLOCK_BYTES + 400_000)]
)
def test_a_range_is_of_the_served_bytes(snapshot, api, people, span):
    address = f"/api/v1/snapshots/{snapshot.public_id}/file/"
    whole = read(api(people.manager).get(address))
    first, last = span
    response = api(people.manager).get(address, HTTP_RANGE=f"bytes={first}-{last}")
    assert response.status_code == 206
    expected = whole[first : last + 1]
    assert read(response) == expected
    assert response["Content-Range"] == f"bytes {first}-{first + len(expected) - 1}/{len(whole)}"


def test_one_of_before_compression_goes_on_working(snapshot, api, people):
    address = f"/api/v1/snapshots/{snapshot.public_id}/file/"
    whole = read(api(people.manager).get(address))
    old = default_storage.save(snapshot.path.removesuffix(".gz"), ContentFile(whole))
    Snapshot.objects.filter(pk=snapshot.pk).update(path=old)
    assert read(api(people.manager).get(address)) == whole
    assert read(api(people.manager).get(address, HTTP_RANGE="bytes=-7")) == whole[-7:]


def test_a_stranger_gets_nothing(snapshot, api, people):
    assert api(people.stranger).get(f"/api/v1/snapshots/{snapshot.public_id}/file/").status_code == 404
