"""A pairwise project with contexts, and the argument set where it lies."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from labeling.models import Context, Item, Member, Pair, Role
from labeling.selectors.recount import differences
from labeling.services.projects.manage import create_project
from tests.labeling.imports.conftest import bring_in, counts, reasons

ARGUMENTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "pair_ukp_convarg1"


@pytest.fixture
def debates(people, db):
    """A pairwise text project whose members are ``people``; nothing in it yet, nothing held out."""
    people.manager.is_superuser = True
    people.manager.save()
    project = create_project(
        people.manager, name="Debates", slug="debates", kind="pairwise", modality="text",
        purpose="Which argument convinces more?", settings={"eval_share": 0.0, "repeat_share": 0.0},
    )  # fmt: skip
    people.manager.is_superuser = False
    people.manager.save()
    for role in (Role.REVIEWER, Role.ANNOTATOR, Role.VIEWER):
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    return project


def item_rows(contexts: int = 2, items: int = 4) -> list[dict]:
    return [
        {"id": f"c{c}i{i}", "text": f"argument {i} of debate {c}", "context": {"id": f"c{c}", "text": f"Debate {c}?"}}
        for c in range(contexts)
        for i in range(items)
    ]


@pytest.fixture
def filled(debates, bring_in):
    """Two contexts of four items."""
    assert counts(bring_in(debates, item_rows())) == ("done", 8, 0, 0)
    return debates


def item(name: str) -> Item:
    return Item.objects.get(external_id=name)


def pair(one: str, other: str) -> Pair:
    first, second = sorted((item(one), item(other)), key=lambda found: found.pk)
    return Pair.objects.get(first=first, second=second)


def consistent(project) -> None:
    """Every stored count is true."""
    assert [str(found) for found in differences(project)] == []


def arguments() -> tuple[list[dict], list[dict]]:
    """Items and judgments of the whole set as rows of an import; skips when it is not there."""
    if not ARGUMENTS.exists():
        pytest.skip(f"{ARGUMENTS.name} is not beside the project")
    names = {"a1": "left", "a2": "right", "equal": "tie"}
    items = [
        {
            "id": row["id"], "text": row["text"],
            "context": {"id": row["topic"], "text": row["question"], "facts": {"Stance": row["stance"]}},
        }
        for row in _rows("items.csv.gz")
    ]  # fmt: skip
    judgments = [
        {
            "left": row["left"], "right": row["right"], "annotator": row["annotator"], "winner": names[row["choice"]],
            "elapsed_ms": int(float(row["seconds"]) * 1000) if row["seconds"] else None,
        }
        for row in _rows("judgments.csv.gz")
    ]  # fmt: skip
    return items, judgments


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(ARGUMENTS / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


__all__ = ["Context", "Counter", "bring_in", "counts", "reasons"]
