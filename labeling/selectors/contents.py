"""What items show, by their ids: for exports that carry it beside an answer about two of them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from labeling.db.raw_rows import fetch

#: By what was decoded, never by a name that came with it.
_ENDINGS = {
    "JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp", "TIFF": "tiff",
    "PPM": "ppm", "JPEG2000": "jp2", "AVIF": "avif",
}  # fmt: skip


class Content(NamedTuple):
    """``data`` is the item's own columns as JSON, ``sha256`` that of its picture."""

    text: str
    data: str
    sha256: str | None


class StoredPicture(NamedTuple):
    """``number`` is the asset's, ``path`` in the file storage; ``format`` as it was decoded."""

    number: int
    sha256: str
    path: str
    size_bytes: int
    format: str

    @property
    def file_name(self) -> str:
        """Made of the hash: one picture of many rows is one file."""
        return f"{self.sha256}.{_ENDINGS[self.format]}"


#: Under this, and the prefix of its columns behind it, a row holds its picture: no column of an item is called so.
PICTURE = "\0"
#: What a picture is read by last in a record, of the asset ``s``.
PICTURE_SQL = "s.id, s.sha256, s.path, s.size_bytes, s.format"
_N_PICTURE = len(StoredPicture._fields)


def picture_in(record: tuple[Any, ...]) -> StoredPicture | None:
    """The picture that ends a record; None where the item has none."""
    fields = record[-_N_PICTURE:]
    return None if fields[0] is None else StoredPicture._make(fields)


def contents_of(item_ids: Iterable[int]) -> dict[int, Content]:
    """By item."""
    ids = sorted(set(item_ids))
    sql = f"""SELECT i.id, i.text, i.data, s.sha256 FROM labeling_item i LEFT JOIN labeling_asset s ON s.id = i.asset_id
        WHERE i.id IN ({", ".join(["%s"] * len(ids))})"""
    return {item_id: Content(*shown) for item_id, *shown in fetch(sql, list(ids))} if ids else {}


def pictures_of(item_ids: Iterable[int | None]) -> dict[int, StoredPicture]:
    """Of those that have one, by item: a third of the time it takes to look for the hashes."""
    ids = sorted({item_id for item_id in item_ids if item_id})
    sql = f"""SELECT i.id, {PICTURE_SQL}
        FROM labeling_item i JOIN labeling_asset s ON s.id = i.asset_id
        WHERE i.id IN ({", ".join(["%s"] * len(ids))})"""
    return {found[0]: StoredPicture._make(found[1:]) for found in fetch(sql, ids)} if ids else {}
