"""Pairwise projects for the browser tests, and what stands on a page of a pair."""

import io
import json
import zipfile
from typing import Any

from playwright.sync_api import Page

from labeling.models import Annotation, Member, Project, Role, User
from labeling.services.imports import run_import, start_import
from labeling.services.projects.manage import create_project
from tests.factories import UserFactory

#: Elements that must be as large on the left as on the right.
BOXES = ".side, .side__body, .side__pick"


def pairwise_project(annotator: User, rows: list[dict[str, Any]] | bytes, **fields: Any) -> Project:
    """A project whose items came by a real import: rows, or the bytes of a zip."""
    owner = UserFactory(username="owner", is_superuser=True)
    settings = {"eval_share": 0.0, "overlap": 1, **fields.pop("settings", {})}
    given = {"modality": "text", "purpose": "Which argument is more convincing?", **fields}
    project = create_project(owner, name="Pairs", slug="pairs", kind="pairwise", settings=settings, **given)
    Member.objects.create(project=project, user=annotator, role=Role.ANNOTATOR)
    if isinstance(rows, bytes):
        batch = start_import(owner, project, file=io.BytesIO(rows), file_name="pictures.zip")
    else:
        batch = start_import(owner, project, rows=rows)
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.rejected) == ("done", 0)
    return project


def argument_rows(n: int, contexts: int = 1) -> list[dict[str, Any]]:
    """Texts that name themselves, with names outside that must not be seen."""
    return [
        {
            "id": f"SECRET-{number}",
            "text": f"Argument {number}: uniforms {'hide what parents earn ' * (number % 5 + 1)}",
            "context": {
                "id": f"q{number % contexts}", "text": f"Is the school uniform a good idea? ({number % contexts})",
                "facts": {"stance": "good", "pupils": 900},
            },
        }
        for number in range(n)
    ]  # fmt: skip


def picture_zip(pictures: list[bytes]) -> bytes:
    """Pictures of one context as a zip with ``items.csv``."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        names = [f"IMG_{number}_secret.jpg" for number in range(len(pictures))]
        for name, content in zip(names, pictures, strict=True):
            archive.writestr(name, content)
        lines = [f"{name},belt,Sorting belt" for name in names]
        archive.writestr("items.csv", "\n".join(["image,context_id,context", *lines]))
    return target.getvalue()


def sides(page: Page) -> tuple[str, str]:
    """What stands left (above) and right (below), in words."""
    left, right = page.evaluate(
        """() => ["left", "right"].map((side) => document.querySelector(`[data-part=${side}]`).innerText.trim())"""
    )
    return left, right


def boxes(page: Page) -> list[dict[str, float]]:
    """Width and height of every box, left and right by turns; and where they stand."""
    found: list[dict[str, float]] = page.evaluate(
        """(boxes) => [...document.querySelectorAll(boxes)].map((element) => {
            const { x, y, width, height } = element.getBoundingClientRect();
            const { side } = element.closest(".side").dataset;
            return { side, is: element.className.split(" ")[0], x, y, width, height };
        })""",
        BOXES,
    )
    return found


def unequal(page: Page) -> list[Any]:
    """Boxes that differ by more than a pixel in size, or do not stand level (above one another where narrow)."""
    found = boxes(page)
    stacked = page.evaluate("() => matchMedia('(max-width: 720px)').matches")
    wrong = []
    for one in (box for box in found if box["side"] == "left"):
        other = next(box for box in found if box["side"] == "right" and box["is"] == one["is"])
        level = abs(one["x"] - other["x"]) if stacked else abs(one["y"] - other["y"])
        if max(abs(one["width"] - other["width"]), abs(one["height"] - other["height"]), level) > 1:
            wrong.append((one, other))
        if not one["width"] or not one["height"]:
            wrong.append(one)
    return wrong


def judged(project: Project) -> dict[int, tuple[str, str, str]]:
    """Task -> text on the left, text on the right, winner, as the database holds it."""
    rows = (
        Annotation.objects.current().filter(project=project).select_related("task__left", "pair__first", "pair__second")
    )
    found = {}
    for row in rows:
        left, right = row.pair.first, row.pair.second
        if row.task.left_id != left.pk:
            left, right = right, left
        assert row.left_id == row.task.left_id == left.pk
        found[row.task_id] = (left.text.strip(), right.text.strip(), row.answer["winner"])
    return found


def leaks(bodies: list[str]) -> list[str]:
    """Words of what an annotator must not know that stand in the page or in its data."""
    said = " ".join(bodies)
    words = (
        "SECRET", "IMG_", "propensity", "utility", "strategy", "epoch", '"reason"', "pool_size", '"split"', "score",
        "gold", "external_id", "first_id", "left_id", "rank",
    )  # fmt: skip
    return [word for word in words if word in said]


def is_task(body: str) -> bool:
    try:
        tasks = json.loads(body)
    except ValueError:
        return False
    return isinstance(tasks, list) and bool(tasks) and "left" in tasks[0]
