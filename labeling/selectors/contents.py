"""What items show, by their ids: for exports that carry it beside an answer about two of them."""

from collections.abc import Iterable
from typing import NamedTuple

from labeling.db.raw_rows import fetch
from labeling.models import Project


class Content(NamedTuple):
    """``data`` is the item's own columns as JSON, ``sha256`` that of its picture."""

    text: str
    data: str
    sha256: str | None


class StoredPicture(NamedTuple):
    """``path`` in the file storage; ``format`` as it was decoded."""

    path: str
    format: str


def contents_of(item_ids: Iterable[int]) -> dict[int, Content]:
    """By item."""
    ids = sorted(set(item_ids))
    sql = f"""SELECT i.id, i.text, i.data, s.sha256 FROM labeling_item i LEFT JOIN labeling_asset s ON s.id = i.asset_id
        WHERE i.id IN ({", ".join(["%s"] * len(ids))})"""
    return {item_id: Content(*shown) for item_id, *shown in fetch(sql, list(ids))} if ids else {}


def pictures_by_hash(project: Project, hashes: Iterable[str | None]) -> dict[str, StoredPicture]:
    """By the SHA-256 of the original."""
    known = sorted({sha256 for sha256 in hashes if sha256})
    sql = f"""SELECT sha256, path, format FROM labeling_asset
        WHERE project_id = %s AND sha256 IN ({", ".join(["%s"] * len(known))})"""
    return {sha256: StoredPicture(*found) for sha256, *found in fetch(sql, [project.pk, *known])} if known else {}
