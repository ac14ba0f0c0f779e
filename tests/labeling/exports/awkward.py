"""Projects with values that files and their readers get wrong, and what is stored of them."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from labeling.db.insert import RawInsert
from labeling.models import Annotation, Asset, Item, Progress, Project, Source, User
from labeling.selectors.export import Filters, export_columns, export_rows
from labeling.services.exports import export_file
from tests.factories import make_answer, make_items, make_project

LABELS = (*map(str, range(10)), "true", "-", "007", "Ünï 🐙, \"q\" | '=1'")
#: By a column's name, its values in items one after the other; a column that is missing is not in the item at all.
MISSING: Any = object()
OWN: dict[str, list[Any]] = {
    "digits": ["007", "1.10", "5E2", "-", "", None],
    "flag": [True, None, False],
    "whole": [2**63 - 1, -(2**63), 0, None],
    "beyond": [2**63, 1],
    "long_or_fraction": [2**53 + 1, 0.5],
    "fraction": [0.1, 1e300, None, -0.0],
    "mixed": ["1", 1, True, None],
    "date": ["2026-01-02", "2026-02-30", None],
    "words": [["a", "b"], [], None, ["naïve", "🐙"]],
    "numbers": [[1, 2], [2**63 - 1], [None]],
    "nested": [{"a": [1, {"b": None}]}, {}],
    "empty": [None],
    "annotator": ["a column of the items", "called like ours"],
}


def own_values(number: int, *, late: bool) -> dict[str, Any]:
    """Columns of an item. ``late`` ones have some that the first items do not have."""
    names = list(OWN) if late else [name for name in OWN if name not in ("words", "nested", "date")]
    return {name: OWN[name][number % len(OWN[name])] for name in names}


def awkward_project(people: list[User], *, seeds: int = 30, **fields: Any) -> Project:
    """Seed labels without a person first, then people's answers about items with columns that come late."""
    project = make_project(labels=LABELS, **fields)
    make_seeds(project, seeds)
    late = make_items(
        project, ["Ünï\u2028code 🐙 'q' \"d\"\n\ttext", "NULL", "NaN", "", *(f"late {n}" for n in range(20))]
    )
    late += make_items(project, [f"held out {n}" for n in range(8)], split="eval")
    for number, item in enumerate(late, seeds):
        item.data = own_values(number, late=True)
    Item.objects.bulk_update(late, ["data"])
    for number, item in enumerate(late[:-1]):
        make_answer(item, people[number % len(people)], {"label": LABELS[number % len(LABELS)]})
    return project


def make_seeds(project: Project, n: int) -> None:
    """Items with the label they came with, past the ORM: there are tens of thousands."""
    fields = ("ordinal", "external_id", "content_hash", "text", "draw_key", "data")
    constants = {"project": project.pk, "split": "pool", "annotations_required": project.overlap}
    RawInsert(Item, fields, constants)(
        (at, f"row-{at}", f"{at:064x}", f"seed {at}", at, json.dumps(own_values(at, late=False))) for at in range(n)
    )
    keys = Item.objects.filter(project=project).order_by("ordinal").values_list("pk", flat=True)
    RawInsert(Annotation, ("item", "answer"), {"project": project.pk, "source": Source.IMPORT.value})(
        (pk, json.dumps({"label": LABELS[number % len(LABELS)]})) for number, pk in enumerate(keys)
    )
    Progress.objects.filter(project=project).update(next_ordinal=n, pool_items=n, pool_open=n)


def picture(project: Project, number: int, form: str = "PNG") -> Asset:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (number * 20 % 256, 10, 200)).save(file, form)
    sha256 = f"{number:02}{form.lower():0<6}" + "ab" * 28
    path = default_storage.save(f"originals/{sha256}", ContentFile(file.getvalue()))
    return Asset.objects.create(
        project=project, sha256=sha256, path=path, size_bytes=len(file.getvalue()), format=form,
        media_type=f"image/{form.lower()}", mode="RGB", width=8, height=6,
    )  # fmt: skip


def stored(project: Project, rows: str, **filters: Any) -> list[dict[str, Any]]:
    """The rows as the database has them, every column in every one."""
    chosen = Filters(**filters)
    blank = dict.fromkeys(column.name for column in export_columns(project, rows, chosen))
    return [blank | row for row in export_rows(project, rows, chosen)]


def unpacked(project: Project, form: str, rows: str, folder: Path, filters: Filters | None = None) -> Path:
    """A data set as a folder."""
    pieces = export_file(project, form, rows, filters or Filters())
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def names_in(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())


def differences(read: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What was read otherwise than expected, with its type: 1, 1.0 and True are equal in Python."""
    found: list[tuple[Any, ...]] = [] if len(read) == len(expected) else [("rows", len(read), len(expected))]
    for number, (one, other) in enumerate(zip(read, expected, strict=False)):
        for name in one.keys() | other.keys():
            pair = one.get(name, MISSING), other.get(name, MISSING)
            if pair[0] != pair[1] or type(pair[0]) is not type(pair[1]):
                found.append((number, name, *pair))
    return found
