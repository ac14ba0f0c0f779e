"""A JSON array is read an object at a time, whatever its size."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS
from labeling.services.imports import ImportRefused
from labeling.services.imports.readers.base import AS_IT_IS
from labeling.services.imports.readers.json import JsonReader
from labeling.services.imports.records.rows import Rejection
from tests.labeling.imports.foreign.reading import reading


def read(content, start=0):
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    return JsonReader(file, modality="text", kind=KINDS["classification"], options={AS_IT_IS: True}).records(start)


@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"indent": 2},
        {"separators": (",", ":")},
        {"indent": "\t", "separators": (" ,", " : ")},
        {"ensure_ascii": False},
    ],
)
@pytest.mark.parametrize("block", [1, 2, 3, 7, 256 * 1024])
def test_objects_are_found_wherever_blocks_end(monkeypatch, layout, block):
    monkeypatch.setattr("labeling.services.imports.readers.lines.BLOCK_BYTES", block)
    rows = [{"text": 'a "quoted" ] } \\ ü 🦊', "n": [1, {"x": None}]}, {}, {"text": "b", "n": 2**70}, {"n": 1.5}]
    assert [record for _, record in read(json.dumps(rows, **layout).encode())] == rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers() | st.none(), max_size=3)))
def test_it_is_what_json_says(rows):
    assert [record for _, record in read(json.dumps(rows).encode())] == rows


def test_what_is_no_object_is_rejected_and_the_rest_is_read():
    found = list(read(b'[1, "a", {"text": "x"}, null, {"text": NaN}, {"text": "\\ud800"}, [2]]'))
    assert [number for number, record in found if isinstance(record, Rejection)] == [1, 2, 4, 7]
    assert found[2] == (3, {"text": "x"})
    assert found[4] == (5, {"text": None})


@pytest.mark.parametrize(
    ("content", "n", "reason"),
    [
        (b'[{"a": 1}, {"a": 2', 1, "broken or cut off after 1 objects"),
        (b'[{"a": 1}', 1, "broken or cut off after 1 objects"),
        (b'[{"a": 1} {"a": 2}]', 1, "after 1 objects: , is missing"),
        (b'[{"a": 1}, oops, {"a": 2}]', 1, "broken or cut off after 1 objects"),
        (b"[", 0, "broken or cut off after 0 objects"),
    ],
)
def test_a_broken_array_says_where_and_what_came_before_is_read(content, n, reason):
    with pytest.raises(ImportRefused, match=reason):
        list(read(content))
    records = read(content)
    assert [next(records)[0] for _ in range(n)] == list(range(1, n + 1))


def test_after_the_end_nothing_is_read_and_numbers_go_on():
    assert list(read(b'[{"a": 1}]\n')) == [(1, {"a": 1})]
    assert list(read(b"[]")) == []
    assert list(read(b'[{"a": 1}, {"a": 2}]', start=1)) == [(2, {"a": 2})]


def test_an_array_of_our_own_rows_is_a_file_like_lines_of_them():
    rows = [{"text": "a", "label": "x"}, {"Text": "b"}]
    found = reading(json.dumps(rows).encode(), "rows.json")
    assert (found.tool, found.rows) == ("", [{"text": "a", "label": "x"}, {"text": "b"}])


class Endless(io.RawIOBase):
    """An array of as many rows, made while it is read."""

    def __init__(self, rows: int) -> None:
        self.rows, self.sent = rows, 0

    def read(self, size: int = -1) -> bytes:
        if self.sent > self.rows:
            return b""
        piece = [b"[" if not self.sent else b""]
        while self.sent <= self.rows and sum(map(len, piece)) < size:
            self.sent += 1
            piece.append(b'{"text": "%s"}%s' % (b"x" * 500, b"]" if self.sent > self.rows else b","))
        return b"".join(piece)

    def seek(self, place: int, whence: int = 0) -> int:
        self.sent = 0
        return 0


def test_memory_does_not_grow_with_the_array():
    rows = 12_000  # 6 MB
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(Endless(rows))) == rows + 1
        assert tracemalloc.get_traced_memory()[1] < 3 * 1024**2
    finally:
        tracemalloc.stop()
