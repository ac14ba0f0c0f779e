"""A labeled file becomes arrays for the offline simulation: the same encoders, no project, no database."""

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.cells import NoSpelling, is_missing, spelled
from labeling.models import Modality
from labeling.services.items.decoding import PictureRejected
from learning.core import cycle
from learning.core.encoders import auto_encoder, encoder_names, make_encoder
from learning.core.evaluation.objectives import make_objective
from learning.core.learners import one_hot
from learning.core.simulation import Bench
from learning.services.features.contents import pixels_of

NOT_FEATURES = {"id", "group", "split", "origin"}
MIN_ROWS = 20
AUTO = "auto"


class Unusable(ValueError):
    """The file cannot be replayed; the text says why."""


@dataclass(frozen=True)
class LabeledFile:
    """Distinct contents with their labels. ``groups``: rows of one name stay on one side; "" is a group of its own."""

    modality: str
    contents: Sequence[Any]
    labels: list[str]
    groups: list[str]
    duplicates: int = 0

    def __len__(self) -> int:
        return len(self.labels)


def read(path: Path, modality: str, label: str, text: str) -> LabeledFile:
    """Rows with a label, each content once. ``modality`` may be "auto": by the kind of file. Raises Unusable."""
    if not path.is_file():
        raise Unusable(f"{path} is not a file.")
    is_zip = path.suffix.lower() == ".zip"
    if modality == Modality.IMAGE or (modality == AUTO and is_zip):
        return _read_zip(path)
    if is_zip:
        raise Unusable(f"{path.name} is a zip: that is for pictures (--modality image).")
    rows = list(_rows(path))
    if not rows:
        raise Unusable(f"{path.name} has no rows.")
    columns = ", ".join(map(str, rows[0]))
    if not any(label in row for row in rows):
        raise Unusable(f"{path.name} has no column {label!r} (--label); it has {columns}.")
    rows = [row for row in rows if _text_of(row, label, path).strip()]
    if not rows:
        raise Unusable(f"No row of {path.name} has a value in the column {label!r}.")
    if modality == AUTO:
        modality = Modality.TEXT if text in rows[0] else Modality.TABULAR
    if modality == Modality.TEXT and text not in rows[0]:
        raise Unusable(f"{path.name} has no column {text!r} (--text); it has {columns}.")
    ignored = NOT_FEATURES | {label}
    contents: list[Any] = (
        [_text_of(row, text, path) for row in rows]
        if modality == Modality.TEXT
        else [{name: value for name, value in row.items() if name not in ignored} for row in rows]
    )
    if modality == Modality.TABULAR and not contents[0]:
        raise Unusable(f"{path.name} has no column besides {label!r} to learn from.")
    keys = [json.dumps(content, sort_keys=True, default=str) for content in contents]
    kept = _first_of_each(keys)
    return LabeledFile(
        modality,
        [contents[row] for row in kept],
        [_text_of(rows[row], label, path).strip() for row in kept],
        [_text_of(rows[row], "group", path).strip() for row in kept],
        len(rows) - len(kept),
    )


def _text_of(row: dict[str, Any], name: str, path: Path) -> str:
    """The text an import would make of a cell: 1.0 is 1, NaN is missing. Raises Unusable."""
    value = row.get(name)
    try:
        return "" if is_missing(value) else spelled(value)
    except NoSpelling as error:
        raise Unusable(f"{path.name}, column {name!r}: {error}") from error


def _first_of_each(keys: Sequence[Any]) -> list[int]:
    return list({key: number for number, key in reversed(list(enumerate(keys)))}.values())[::-1]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    name = path.name.removesuffix(".gz").lower()
    try:
        with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else nullcontext(raw) as data:
            file = io.TextIOWrapper(cast(io.BufferedReader, data), encoding="utf-8-sig", newline="")
            if name.endswith((".jsonl", ".ndjson")):
                yield from _json_lines(file, path.name)
            elif name.endswith((".csv", ".tsv")):
                yield from csv.DictReader(file, delimiter="\t" if name.endswith(".tsv") else ",")
            else:
                raise Unusable(f"{path.name}: expected .csv, .tsv, .jsonl or, for pictures, .zip.")
    except UnicodeDecodeError as error:
        raise Unusable(f"{path.name} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except (csv.Error, gzip.BadGzipFile, EOFError) as error:
        raise Unusable(f"{path.name} cannot be read: {error}.") from error


def _json_lines(file: io.TextIOWrapper, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise Unusable(f"{name}, line {number}: not JSON ({error.msg}).") from error
        if not isinstance(row, dict):
            raise Unusable(f"{name}, line {number}: expected an object.")
        yield row


class _ZippedPictures(Sequence[NDArray[np.uint8]]):
    def __init__(self, archive: zipfile.ZipFile, names: list[str]) -> None:
        self._archive, self._names = archive, names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: Any) -> Any:
        return pixels_of(self._archive.read(self._names[index]))


class _Some(Sequence[Any]):
    """Some of the contents, read when they are asked for."""

    def __init__(self, contents: Sequence[Any], rows: NDArray[np.int64]) -> None:
        self._contents, self._rows = contents, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._contents[int(row)] for row in self._rows[index]]
        return self._contents[int(self._rows[index])]


def _read_zip(path: Path) -> LabeledFile:
    """Pictures of a zip whose folders are the labels."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise Unusable(f"{path.name} is not a zip: {error}") from error
    names: list[str] = []
    hashes: list[str] = []
    for name in sorted(archive.namelist()):
        if name.endswith("/") or name.startswith("__MACOSX/") or not PurePosixPath(name).parent.name:
            continue
        try:
            _ZippedPictures(archive, [name])[0]
        except PictureRejected:
            continue
        names.append(name)
        hashes.append(hashlib.sha256(archive.read(name)).hexdigest())
    if not names:
        raise Unusable(f"{path.name} holds no pictures in folders named by their label.")
    kept = _first_of_each(hashes)
    distinct = [names[row] for row in kept]
    labels = [PurePosixPath(name).parent.name for name in distinct]
    return LabeledFile(
        Modality.IMAGE, _ZippedPictures(archive, distinct), labels, [""] * len(labels), len(names) - len(kept)
    )


@dataclass(frozen=True)
class Cut:
    """Which rows are the pool and which only measure; ``held`` may be rows of another file."""

    pool: LabeledFile
    pool_rows: NDArray[np.int64]
    held: LabeledFile
    held_rows: NDArray[np.int64]


def cut(data: LabeledFile, holdout: LabeledFile | None, share: float, seed: int) -> Cut:
    """The eval split drawn at random by group, or the whole of another file. Raises Unusable."""
    every = np.arange(len(data))
    if holdout is not None:
        if holdout.modality != data.modality:
            raise Unusable(f"The holdout file holds {holdout.modality}, the other one {data.modality}.")
        parts = Cut(data, every, holdout, np.arange(len(holdout)))
    else:
        names = [group or f"\0{row}" for row, group in enumerate(data.groups)]
        _, group_of = np.unique(names, return_inverse=True)
        shuffled = cycle.step_rng(seed, "split").permutation(group_of.max() + 1)
        held = np.cumsum(np.bincount(group_of)[shuffled]) <= max(round(share * len(data)), 1)
        is_held = np.isin(group_of, shuffled[held])
        parts = Cut(data, every[~is_held], data, every[is_held])
    if len(parts.pool_rows) < MIN_ROWS or not len(parts.held_rows):
        raise Unusable(
            f"{len(parts.pool_rows)} rows to ask about and {len(parts.held_rows)} to measure by are too few: at least"
            f" {MIN_ROWS} and 1."
        )
    if len({data.labels[row] for row in parts.pool_rows}) < 2:
        raise Unusable("There is one label only: nothing to learn.")
    return parts


def encoder_for(name: str, modality: str) -> str:
    """The encoder's own name; "auto" is the best for the modality. Raises Unusable for one of another modality."""
    names = encoder_names(modality)
    if name != AUTO and name not in names:
        raise Unusable(f"The encoder {name} is not for {modality}; there is {', '.join(names)}.")
    return auto_encoder(modality) if name == AUTO else name


def make_bench(parts: Cut, encoder: str, metric: str, seed: int, kind: str = "classification") -> Bench:
    """Fits the encoder on the pool and encodes both sides. Raises Unusable for labels the kind cannot have."""
    modality = parts.pool.modality
    try:
        names = make_objective(kind).order(list(set(parts.pool.labels) | set(parts.held.labels)))
    except ValueError as error:
        raise Unusable(f"These labels are not {kind}: {error}.") from error
    position = {name: number for number, name in enumerate(names)}
    pool, held = _Some(parts.pool.contents, parts.pool_rows), _Some(parts.held.contents, parts.held_rows)
    made = make_encoder(encoder, modality).fit(pool, cycle.step_rng(seed, "encode"))
    pool_targets, held_targets = (
        one_hot([position[side.labels[row]] for row in rows], len(names))
        for side, rows in ((parts.pool, parts.pool_rows), (parts.held, parts.held_rows))
    )
    return Bench(made.transform(pool), pool_targets, made.transform(held), held_targets, metric)
