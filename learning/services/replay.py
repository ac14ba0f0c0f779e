"""A labeled file becomes arrays for the offline simulation: the same encoders, no project, no database."""

import csv
import gzip
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
from PIL import Image, ImageOps, UnidentifiedImageError

from labeling.models import Modality
from learning.core import cycle
from learning.core.encoders import make_encoder
from learning.core.learners import one_hot
from learning.core.simulation import Bench

NOT_FEATURES = {"id", "group", "split", "origin"}


class Unusable(ValueError):
    """The file cannot be replayed; the text says why."""


@dataclass(frozen=True)
class Labeled:
    contents: Sequence[Any]
    labels: list[str]


def read(path: Path, modality: str, label: str, text: str) -> Labeled:
    """Rows with a label. Raises Unusable."""
    if modality == Modality.IMAGE:
        return _read_zip(path)
    rows = [row for row in _rows(path) if str(row.get(label) or "").strip()]
    if not rows:
        raise Unusable(f"No row of {path.name} has a value in a column {label!r}.")
    labels = [str(row[label]).strip() for row in rows]
    if modality == Modality.TABULAR:
        ignored = NOT_FEATURES | {label}
        return Labeled([{k: v for k, v in row.items() if k not in ignored} for row in rows], labels)
    if text not in rows[0]:
        raise Unusable(f"{path.name} has no column {text!r}; it has {', '.join(map(str, rows[0]))}.")
    return Labeled([str(row.get(text) or "") for row in rows], labels)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    name = path.name.removesuffix(".gz")
    with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else nullcontext(raw) as data:
        file = io.TextIOWrapper(cast(io.BufferedReader, data), encoding="utf-8-sig", newline="")
        if name.endswith((".jsonl", ".ndjson")):
            yield from (json.loads(line) for line in file if line.strip())
        elif name.endswith((".csv", ".tsv")):
            yield from csv.DictReader(file, delimiter="\t" if name.endswith(".tsv") else ",")
        else:
            raise Unusable(f"{path.name}: expected .csv, .tsv, .jsonl or, for images, .zip.")


class _ZippedPictures(Sequence[NDArray[np.uint8]]):
    def __init__(self, archive: zipfile.ZipFile, names: list[str]) -> None:
        self._archive, self._names = archive, names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: Any) -> Any:
        with Image.open(io.BytesIO(self._archive.read(self._names[index]))) as picture:
            picture.draft("RGB", (320, 320))
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), dtype=np.uint8)


def _read_zip(path: Path) -> Labeled:
    """Pictures of a zip whose folders are the labels."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise Unusable(f"{path.name} is not a zip: {error}") from error
    pictures = _ZippedPictures(archive, [name for name in archive.namelist() if not name.endswith("/")])
    names = []
    for number, name in enumerate(pictures._names):
        try:
            pictures[number]
        except (UnidentifiedImageError, OSError):
            continue
        if PurePosixPath(name).parent.name:
            names.append(name)
    if not names:
        raise Unusable(f"{path.name} holds no pictures in folders named by their label.")
    return Labeled(_ZippedPictures(archive, names), [PurePosixPath(name).parent.name for name in names])


def make_bench(data: Labeled, modality: str, encoder: str, metric: str, eval_share: float, seed: int) -> Bench:
    """Encodes everything once and draws the eval split at random. Raises Unusable."""
    names = sorted(set(data.labels))
    if len(names) < 2:
        raise Unusable("There is one label only: nothing to learn.")
    rng = cycle.step_rng(seed, "split")
    order = rng.permutation(len(data.labels))
    n_eval = max(round(eval_share * len(order)), 1)
    held, pool = np.sort(order[:n_eval]), np.sort(order[n_eval:])
    made = make_encoder(encoder, modality).fit([data.contents[row] for row in pool], cycle.step_rng(seed, "encode"))
    features = made.transform(data.contents)
    targets = one_hot([names.index(label) for label in data.labels], len(names))
    return Bench(features[pool], targets[pool], features[held], targets[held], metric)
