"""What lies in ``samples/<name>``: the project, its items, their true labels, and who labels the first part of them."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from labeling.models import ImportBatch, JobState, Project

FOLDER = Path(settings.BASE_DIR) / "samples"
SLUG_PREFIX = "sample-"


@dataclass(frozen=True)
class SimulatedPerson:
    """``wrong`` is the chance of a wrong answer, ``seconds`` the shortest and the longest time an answer takes."""

    name: str
    wrong: float
    seconds: tuple[float, float]


@dataclass(frozen=True)
class Sample:
    """``truth``: the label of an item by its external id, or by the name of its picture. ``mistaken_for``: what people
    take a label for, if they err. ``answers``: how many they give at the first start; 0 where the sample begins empty.
    """

    name: str
    sha256: str
    truth: Mapping[str, str]
    people: Sequence[SimulatedPerson]
    mistaken_for: Mapping[str, Sequence[str]]
    answers: int

    def given_by(self, person: SimulatedPerson, item: str) -> tuple[str, int]:
        """The label that the person gives, always the same one to the same item, and the milliseconds it took."""
        truth = self.truth[item]
        chance, which, pace = _draws(person.name, item)
        shortest, longest = person.seconds
        others = self.mistaken_for.get(truth, ())
        label = others[int(which * len(others))] if others and chance < person.wrong else truth
        return label, round(1000 * (shortest + pace * (longest - shortest)))


def _draws(*of: str) -> tuple[float, float, float]:
    """Three numbers in [0, 1) that are always the same ones."""
    digest = hashlib.sha256("\0".join(of).encode()).digest()
    one, two, three = (int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in (0, 4, 8))
    return one, two, three


def described(name: str) -> dict[str, Any]:
    """The project of a sample as ``create_project`` takes it, and the name of its ``file``."""
    found: dict[str, Any] = json.loads((FOLDER / name / "project.json").read_text(encoding="utf-8"))
    return found


@cache
def read_sample(name: str) -> Sample | None:
    """None for a name that is no sample's, and for samples whose true labels nobody has written down."""
    folder = FOLDER / name
    labels, people = folder / "true-labels.csv", folder / "people.json"
    if not labels.is_file():
        return None
    with labels.open(encoding="utf-8") as file:
        truth = {row["id"]: row["label"] for row in csv.DictReader(file)}
    told = json.loads(people.read_text(encoding="utf-8")) if people.is_file() else {}
    return Sample(
        name,
        hashlib.sha256((folder / described(name)["file"]).read_bytes()).hexdigest(),
        truth,
        [SimulatedPerson(each["name"], each["wrong"], tuple(each["seconds"])) for each in told.get("people", ())],
        told.get("mistaken_for", {}),
        told.get("answers", 0),
    )


def sample_of(project: Project) -> Sample | None:
    """The sample whose very file was imported into the project of its name; None for every other project."""
    if not project.slug.startswith(SLUG_PREFIX):
        return None
    name = project.slug.removeprefix(SLUG_PREFIX)
    known = {path.parent.name for path in FOLDER.glob("*/project.json")}
    sample = read_sample(name) if name in known else None
    if sample is None:
        return None
    theirs = ImportBatch.objects.filter(project=project, sha256=sample.sha256, state=JobState.DONE)
    return sample if theirs.exists() else None
