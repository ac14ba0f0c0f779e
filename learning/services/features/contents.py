"""Items as what encoders read: texts, table rows, decoded pictures."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from labeling.models import Item, Modality, Project
from labeling.services.files import storage
from labeling.services.items.decoding import VERSION, PictureRejected, is_as_before, shown

logger = logging.getLogger(__name__)

ITEMS_PER_BLOCK = 2_048
_DRAFT_SIDE = 320
#: Files on their way at the same time, of a storage elsewhere; boto keeps ten connections.
READ_AHEAD = 8
_COLUMNS = {
    Modality.TEXT: ("text",),
    Modality.TABULAR: ("data",),
    Modality.IMAGE: ("asset__path",),
}


class Pictures(Sequence[NDArray[np.uint8]]):
    """Decodes on access, small and upright. A picture that cannot be read any more is one black pixel.

    From a storage elsewhere the next ones are on their way while one is decoded.
    """

    def __init__(self, paths: Sequence[str | None], ahead: "Ahead | None" = None) -> None:
        self._paths = paths
        self._ahead = ahead or Ahead([path for path in paths if path])

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Pictures(self._paths[index], self._ahead)
        return decode(self._paths[index], self._ahead.read)

    def decoded_otherwise(self) -> list[int]:
        """The places of those of which an earlier decoder made other pixels."""
        return [place for place, path in enumerate(self._paths) if not _is_as_before(path, self._ahead.read)]

    def some(self, places: Sequence[int]) -> "Pictures":
        return Pictures([self._paths[place] for place in places])


class Ahead:
    """Reads files of the storage, up to ``READ_AHEAD`` of those that come next at the same time where it is no folder
    of this machine."""

    def __init__(self, names: Sequence[str]) -> None:
        self._is_local = storage.local_path("") is not None
        self._names = [] if self._is_local else list(dict.fromkeys(names))
        self._places = {name: place for place, name in enumerate(self._names)}
        self._coming: dict[str, Future[bytes | None]] = {}
        self._asked = 0

    def read(self, name: str | None) -> bytes:
        """Raises OSError."""
        if not name:
            raise FileNotFoundError("no asset")
        if self._is_local:
            with default_storage.open(name) as file:
                return bytes(file.read())
        place = self._places.get(name)
        if place is None or place < self._asked - READ_AHEAD:  # in no order: there is nothing to be ahead of
            content = storage.get(name)
        else:
            self._ask(max(self._asked, place), place + READ_AHEAD)
            coming = self._coming.pop(name, None)
            content = coming.result() if coming else storage.get(name)
        if content is None:
            raise FileNotFoundError(name)
        return content

    def _ask(self, first: int, end: int) -> None:
        for passed in [name for name in self._coming if self._places[name] < first - READ_AHEAD]:
            self._coming.pop(passed).cancel()
        fetch = storage.fetcher()
        for name in self._names[first:end]:
            self._coming[name] = _readers().submit(fetch, name)
        self._asked = max(self._asked, min(end, len(self._names)))


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READ_AHEAD, thread_name_prefix="read-ahead")


def decode(path: str | None, read: "Callable[[str | None], bytes] | None" = None) -> NDArray[np.uint8]:
    """RGB pixels of the picture under a storage name, reduced while decoding where the format allows it."""
    try:
        return pixels_of((read or _read)(path))
    except (OSError, PictureRejected) as error:
        logger.warning("features: picture %s is unreadable: %s", path, error)
        return np.zeros((1, 1, 3), dtype=np.uint8)


def pixels_of(content: bytes) -> NDArray[np.uint8]:
    """What an encoder sees of a picture: what a person sees. Raises PictureRejected."""
    return np.asarray(shown(content, _DRAFT_SIDE).convert("RGB"), dtype=np.uint8)


def _is_as_before(path: str | None, read: Callable[[str | None], bytes]) -> bool:
    try:
        return is_as_before(read(path))
    except (OSError, PictureRejected):
        return True  # unreadable then as now: one black pixel


def _read(path: str | None) -> bytes:
    return Ahead([]).read(path)


def unreadable(project: Project, ordinals: Sequence[int]) -> set[int]:
    """Those of the items whose picture cannot be read any more: it is a black pixel, whatever it was before."""
    if project.modality != Modality.IMAGE:
        return set()
    lost = set()
    for ordinal, path in Item.objects.filter(project=project, ordinal__in=ordinals).values_list(
        "ordinal", "asset__path"
    ):
        try:
            pixels_of(_read(path))
        except (OSError, PictureRejected):
            lost.add(ordinal)
    return lost


def decoder_of(project: Project) -> str:
    """What turns the items into what an encoder reads; "" where that is what is stored."""
    return f"pictures:{VERSION}" if project.modality == Modality.IMAGE else ""


def contents_of(project: Project, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
    """What the project's encoder reads, for rows of ``columns_of(project)``."""
    values = [row[0] for row in rows]
    return Pictures(values) if project.modality == Modality.IMAGE else values


def columns_of(project: Project) -> tuple[str, ...]:
    return _COLUMNS[Modality(project.modality)]


def blocks(project: Project, start: int, stop: int) -> Iterator[tuple[NDArray[np.int64], Sequence[Any]]]:
    """(ordinals, contents) of the items from ordinal ``start`` up to ``stop``, a block at a time: memory stays flat."""
    columns = columns_of(project)
    for first, end in cuts(start, stop):
        rows = list(
            Item.objects.filter(project=project, ordinal__gte=first, ordinal__lt=end)
            .order_by("ordinal")
            .values_list(*columns, "ordinal")
        )
        if rows:
            yield np.array([row[-1] for row in rows], dtype=np.int64), contents_of(project, rows)


def cuts(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Blocks of ordinals, cut where every walk cuts: a matrix product's last bits depend on how many rows it has."""
    while start < stop:
        end = min((start // ITEMS_PER_BLOCK + 1) * ITEMS_PER_BLOCK, stop)
        yield start, end
        start = end


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
