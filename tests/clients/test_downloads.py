"""The Python client: files that come in pieces are whole in the end, or not there."""

import hashlib

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querent_client import ConnectionLost, DownloadDamaged, InvalidRequest
from tests.clients.scripted import Script, told

CONTENT = bytes(range(256)) * 40


class FileServer:
    """Serves ``content`` as the server does (ETag, If-Range, one range), and breaks off after so many bytes."""

    def __init__(self, content: bytes = CONTENT, breaks: tuple[int, ...] = (), *, ranges: bool = True) -> None:
        self.content, self.breaks, self.ranges = content, list(breaks), ranges
        self.etag = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
        self.asked: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        span = request.headers.get("Range")
        self.asked.append(span)
        start = 0
        if span and self.ranges:
            assert request.headers["If-Range"] == self.etag
            start = int(span.removeprefix("bytes=").rstrip("-"))
        if start and start >= len(self.content):
            return httpx.Response(416, headers={"ETag": self.etag})
        headers = {"ETag": self.etag}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        return httpx.Response(206 if start else 200, headers=headers, content=self._pieces(self.content[start:]))

    def _pieces(self, content: bytes):
        until = self.breaks.pop(0) if self.breaks else len(content)
        for at in range(0, min(until, len(content)), 1000):
            yield content[at : min(at + 1000, until)]
        if until < len(content):
            raise httpx.ReadError("reset")


SNAPSHOT = {
    "id": "5", "state": "done", "sha256": hashlib.sha256(CONTENT).hexdigest(), "size_bytes": len(CONTENT)
}  # fmt: skip


def downloaded(server, path):
    script = Script(told(202, SNAPSHOT), server)
    script.project.export.download(path)
    return script


def test_a_file_comes_whole_and_nothing_lies_beside_it(tmp_path):
    downloaded(FileServer(), tmp_path / "rows.jsonl")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("rows.jsonl", CONTENT)]


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(breaks=st.lists(st.integers(min_value=1, max_value=4000), max_size=12))
def test_however_often_it_breaks_off_it_goes_on_where_it_stopped(breaks, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "rows.jsonl"
    server = FileServer(breaks=tuple(breaks))
    downloaded(server, path)
    assert path.read_bytes() == CONTENT
    starts = [int(span.removeprefix("bytes=").rstrip("-")) if span else 0 for span in server.asked]
    sums = [sum(breaks[:n]) for n in range(len(breaks) + 1)]
    assert starts == [at for at in sums if at < len(CONTENT)][: len(starts)]


def test_attempts_are_counted_only_while_nothing_comes(tmp_path):
    downloaded(FileServer(breaks=(100,) * 30), tmp_path / "rows.jsonl")
    with pytest.raises(ConnectionLost, match="broke off at byte 100 of 10,240"):
        downloaded(FileServer(breaks=(100, *[0] * 30)), tmp_path / "others.jsonl")
    assert not (tmp_path / "others.jsonl").exists()


def test_a_later_call_goes_on_from_what_has_come(tmp_path):
    path = tmp_path / "rows.jsonl"
    with pytest.raises(ConnectionLost):
        downloaded(FileServer(breaks=(3000, *[0] * 30)), path)
    server = FileServer()
    downloaded(server, path)
    assert server.asked == ["bytes=3000-"]
    assert path.read_bytes() == CONTENT


def test_a_file_that_is_there_already_is_not_fetched_again(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(CONTENT)
    assert len(downloaded(FileServer(), path).requests) == 1
    path.write_bytes(CONTENT[:-1] + b"?")
    downloaded(FileServer(), path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("before", [b"?" * 3000, b"?" * len(CONTENT), b"?" * 20_000])
def test_a_part_that_is_not_what_it_seemed_is_begun_anew(before, tmp_path):
    path = tmp_path / "rows.jsonl"
    (tmp_path / f".rows.jsonl.{SNAPSHOT['sha256'][:16]}.part").write_bytes(before)
    downloaded(FileServer(), path)
    assert path.read_bytes() == CONTENT
    assert len(list(tmp_path.iterdir())) == 1


def test_a_server_without_ranges_is_read_from_the_beginning(tmp_path):
    server = FileServer(breaks=(3000,), ranges=False)
    downloaded(server, tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").read_bytes() == CONTENT


def test_damaged_bytes_are_no_file(tmp_path):
    with pytest.raises(DownloadDamaged, match="sha256"):
        downloaded(FileServer(CONTENT[:-1] + b"?"), tmp_path / "rows.jsonl")
    other = FileServer()
    other.etag = '"other"'
    with pytest.raises(DownloadDamaged, match="another file"):
        downloaded(other, tmp_path / "rows.jsonl")
    assert not (tmp_path / "rows.jsonl").exists()


def test_a_range_that_was_not_asked_for_is_noticed(tmp_path):
    wrong = httpx.Response(206, headers={"Content-Range": "bytes 5-9/10240"}, content=b"x")
    with pytest.raises(DownloadDamaged, match="asked from byte 0"):
        downloaded(wrong, tmp_path / "rows.jsonl")


def test_an_empty_file_is_a_file(tmp_path):
    nothing = {**SNAPSHOT, "sha256": hashlib.sha256(b"").hexdigest(), "size_bytes": 0}
    Script(told(202, nothing)).project.export.download(tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").read_bytes() == b""


def test_what_is_asked_for_is_sent_and_a_refusal_is_told(tmp_path):
    script = Script(told(202, SNAPSHOT), FileServer())
    script.project.export.download(
        tmp_path / "x", format="csv", rows="items", split="eval", only="iid", names="pseudonyms"
    )
    assert script.requests[0].content == (
        b'{"format":"csv","rows":"items","filters":{"split":"eval","only":"iid"},"names":"pseudonyms"}'
    )
    with pytest.raises(InvalidRequest) as raised:
        Script(told(400, {"rows": ["No such rows."]})).project.export.download(tmp_path / "y")
    assert raised.value.field == "rows"


# streams


def test_a_stream_that_breaks_off_begins_anew_and_is_whole_in_the_end(tmp_path):
    server = FileServer(breaks=(3000, 10))
    script = Script(server)
    script.project.export.stream(tmp_path / "rows.jsonl", columns=["item_id", "text"])
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("rows.jsonl", CONTENT)]
    assert server.asked == [None] * 3
    assert script.requests[0].url.params["columns"] == "item_id,text"


def test_a_stream_that_never_ends_well_leaves_no_file(tmp_path):
    with pytest.raises(ConnectionLost, match="broke off 4 times"):
        Script(FileServer(breaks=(10,) * 9)).project.export.stream(tmp_path / "rows.jsonl")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="comma"):
        Script(FileServer()).project.export.stream(tmp_path / "rows.jsonl", columns=["a,b"])
