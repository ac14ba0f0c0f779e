"""Pairwise projects whose items have known strengths, and people who judge them with a will of their own."""

import random
from collections.abc import Callable, Iterable
from math import exp
from typing import Any

from labeling.models import Item, Project, User
from labeling.services.imports import run_import, start_import
from labeling.services.projects.manage import create_project

Judge = Callable[[random.Random, float, float], str]


def make_pairwise_project(manager: User, slug: str = "pairs", **settings: Any) -> Project:
    """Without items; nothing is held out unless the settings say so."""
    was = manager.is_superuser
    manager.is_superuser = True
    project = create_project(
        manager, name=slug, slug=slug, kind="pairwise", modality="text", purpose="Which convinces more?",
        settings={"eval_share": 0.0, "repeat_share": 0.0, **settings},
    )  # fmt: skip
    manager.is_superuser = was
    Project.objects.filter(pk=project.pk).update(split_seed=f"seed of {slug}")
    project.refresh_from_db()
    return project


def bring(project: Project, manager: User, rows: list[dict[str, Any]]) -> None:
    """Imports rows; every one must be taken."""
    batch = start_import(manager, project, rows=rows)
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.rejected, batch.duplicates) == ("done", 0, 0), list(batch.rejections.values())


def item_rows(contexts: int = 2, items: int = 6, **more: Any) -> list[dict[str, Any]]:
    """Items ``c0i0`` …; a larger number is stronger, and its text says so by its words."""
    return [
        {
            "id": f"c{c}i{i}",
            "text": f"argument number {c} {i} " + " ".join(["convincing"] * i + ["plain"] * (items - i)),
            "context": {"id": f"c{c}", "text": f"Debate {c}?"},
            **more,
        }
        for c in range(contexts)
        for i in range(items)
    ]


def strength(name: str) -> float:
    return float(name.partition("i")[2])


def judged(left: str, right: str, winner: str, annotator: str = "ann") -> dict[str, Any]:
    return {"left": left, "right": right, "winner": winner, "annotator": annotator}


def honest(rng: random.Random, left: float, right: float) -> str:
    return "left" if rng.random() < 1 / (1 + exp(right - left)) else "right"


def left_only(rng: random.Random, left: float, right: float) -> str:
    return "left"


def judgments(
    seed: int, n: int, people: dict[str, Judge], contexts: int = 2, items: int = 6, among: Iterable[int] | None = None
) -> list[dict[str, Any]]:
    """``n`` judgments of random pairs in turn by the people, none of whom sees a pair the same way round twice."""
    rng = random.Random(seed)
    numbers = list(among) if among is not None else list(range(items))
    assert n <= len(people) * contexts * len(numbers) * (len(numbers) - 1) * 0.9, "there are not so many pairs"
    rows, seen, names = [], set(), list(people)
    while len(rows) < n:
        name = names[len(rows) % len(names)]
        context = rng.randrange(contexts)
        left, right = (f"c{context}i{number}" for number in rng.sample(numbers, 2))
        if (name, left, right) in seen:
            continue
        seen.add((name, left, right))
        rows.append(judged(left, right, people[name](rng, strength(left), strength(right)), name))
    return rows


def item(project: Project, name: str) -> Item:
    return Item.objects.get(project=project, external_id=name)
