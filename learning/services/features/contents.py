"""Items as what encoders read: texts, table rows, decoded pictures."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.core.files.storage import default_storage
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from labeling.models import Item, Modality, Project

logger = logging.getLogger(__name__)

ITEMS_PER_BLOCK = 2_048
_DRAFT_SIDE = 320
_COLUMNS = {
    Modality.TEXT: ("text",),
    Modality.TABULAR: ("data",),
    Modality.IMAGE: ("asset__path",),
}


class Pictures(Sequence[NDArray[np.uint8]]):
    """Decodes on access, small and upright. A picture that cannot be read any more is one black pixel."""

    def __init__(self, paths: Sequence[str | None]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        return decode(self._paths[index])


def decode(path: str | None) -> NDArray[np.uint8]:
    """RGB pixels of the picture under a storage name, reduced while decoding where the format allows it."""
    try:
        if not path:
            raise FileNotFoundError("no asset")
        with default_storage.open(path) as file, Image.open(file) as picture:
            picture.draft("RGB", (_DRAFT_SIDE, _DRAFT_SIDE))
            return np.asarray(_upright_rgb(picture), dtype=np.uint8)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        logger.warning("features: picture %s is unreadable: %s", path, error)
        return np.zeros((1, 1, 3), dtype=np.uint8)


def _upright_rgb(picture: Image.Image) -> Image.Image:
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        values = np.asarray(picture, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(((values - low) * (255.0 / max(high - low, 1.0))).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        flat = Image.new("RGBA", picture.size, "white")
        flat.alpha_composite(picture.convert("RGBA"))
        return flat.convert("RGB")
    return picture.convert("RGB")


def contents_of(project: Project, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
    """What the project's encoder reads, for rows of ``columns_of(project)``."""
    values = [row[0] for row in rows]
    return Pictures(values) if project.modality == Modality.IMAGE else values


def columns_of(project: Project) -> tuple[str, ...]:
    return _COLUMNS[Modality(project.modality)]


def blocks(project: Project, start: int, stop: int) -> Iterator[tuple[NDArray[np.int64], Sequence[Any]]]:
    """(ordinals, contents) of the items from ordinal ``start`` up to ``stop``, a block at a time: memory stays flat."""
    columns = columns_of(project)
    for first in range(start, stop, ITEMS_PER_BLOCK):
        rows = list(
            Item.objects.filter(project=project, ordinal__gte=first, ordinal__lt=min(first + ITEMS_PER_BLOCK, stop))
            .order_by("ordinal")
            .values_list(*columns, "ordinal")
        )
        if rows:
            yield np.array([row[-1] for row in rows], dtype=np.int64), contents_of(project, rows)


def contents_at(project: Project, ordinals: Sequence[int]) -> tuple[list[int], Sequence[Any]]:
    """(ordinals found, contents) of the given items, by rising ordinal."""
    found: list[tuple[Any, ...]] = []
    columns = columns_of(project)
    wanted = sorted({int(ordinal) for ordinal in ordinals})
    for first in range(0, len(wanted), ITEMS_PER_BLOCK):
        part = wanted[first : first + ITEMS_PER_BLOCK]
        items = Item.objects.filter(project=project, ordinal__in=part).order_by("ordinal")
        found.extend(items.values_list(*columns, "ordinal"))
    return [row[-1] for row in found], contents_of(project, found)
