"""Projects for benchmarks/export_rows.py, straight into the tables: answered texts or pictures, judged pairs."""

import random
from collections.abc import Iterator
from typing import Any

ITEMS_A_CONTEXT = 10
ROWS_AT_ONCE = 10_000
PICTURE_BYTES = 1_000
LABELS = ('{"label": "ham"}', '{"label": "spam"}')
WINNERS = ('{"winner": "left"}', '{"winner": "right"}')
_TASK = ["annotator", "utility", "propensity", "draw"]
_ANSWER = ["task", "annotator", "answer", "created_at", "elapsed_ms"]


def fill(size: int, modality: str = "text", picture_bytes: int = PICTURE_BYTES) -> None:
    """A project ``rows-SIZE`` (``pictures-SIZE``) of ``size`` answered items."""
    from labeling.db.insert import RawInsert, now
    from labeling.models import Annotation, Item, Task

    project = _project("pictures" if modality == "image" else "rows", size, "classification", modality)
    people, moment = _people(), now()
    first, first_task = _next(Item), _next(Task)
    of_asset = _assets(project, size, picture_bytes) if modality == "image" else None
    items = RawInsert(
        Item,
        ["ordinal", "external_id", "content_hash", "text", "data", "split", "draw_key", "asset"],
        {"project": project.pk, "slots_taken": 1, "answers": 1, "is_open": False, "created_at": moment},
    )
    tasks = RawInsert(Task, ["item", *_TASK], _of_task(project, size))
    answers = RawInsert(Annotation, ["item", *_ANSWER], {"project": project.pk, "instructions_version": 1})
    for numbers in _chunks(size):
        items(
            (
                n, f"row-{n}", f"{size}-{n}", "" if of_asset else said(n),
                '{"length": 58, "channel": "sms", "score": 0.25, "sent": "2026-01-01"}', "pool", n,
                of_asset + n if of_asset else None,
            )
            for n in numbers
        )  # fmt: skip
        tasks((first + n, people[n % 5], 0.5, 0.001, n + 1) for n in numbers)
        answers((first + n, first_task + n, people[n % 5], LABELS[n % 2], moment, 1234) for n in numbers)


def fill_pairs(size: int) -> None:
    """A project ``pairs-SIZE`` of ``size`` items in contexts of ten, as many pairs with a judgment each, and the scores
    of a version in use."""
    from labeling.db.insert import RawInsert, now
    from labeling.models import Annotation, Context, Item, Pair, Task
    from learning.models import ModelVersion, PairwiseScore

    project = _project("pairs", size, "pairwise", "text")
    people, moment = _people(), now()
    first, first_task, first_pair, first_context = _next(Item), _next(Task), _next(Pair), _next(Context)
    version = ModelVersion.objects.create(project=project, number=3, encoder="e", trained_on=size, status="champion")
    contexts = RawInsert(
        Context, ["ordinal", "external_id", "text", "content_hash"],
        {"project": project.pk, "split": "pool", "items": ITEMS_A_CONTEXT, "created_at": moment},
    )  # fmt: skip
    contexts(
        (n, f"query-{n}", f"Which answer helps with question {n}?", f"{n}") for n in range(size // ITEMS_A_CONTEXT)
    )
    items = RawInsert(
        Item, ["ordinal", "external_id", "content_hash", "text", "draw_key", "in_context", "place"],
        {"project": project.pk, "split": "pool", "created_at": moment},
    )  # fmt: skip
    pairs = RawInsert(
        Pair, ["context", "first", "second", "draw_key"],
        {
            "project": project.pk, "split": "pool", "is_given": True, "slots_taken": 1, "answers": 1, "is_open": False,
            "created_at": moment,
        },
    )  # fmt: skip
    tasks = RawInsert(Task, ["pair", "left", *_TASK], _of_task(project, size))
    answers = RawInsert(Annotation, ["pair", "left", *_ANSWER], {"project": project.pk, "instructions_version": 1})
    scores = RawInsert(PairwiseScore, ["item", "context", "score", "se", "rank"], {"model_version": version.pk})
    for numbers in _chunks(size):
        items(
            (n, f"row-{n}", f"{size}-{n}", said(n), n, first_context + n // ITEMS_A_CONTEXT, n % ITEMS_A_CONTEXT)
            for n in numbers
        )
        pairs((first_context + n // ITEMS_A_CONTEXT, *_two(first, n), n) for n in numbers)
        tasks((first_pair + n, _two(first, n)[0], people[n % 5], 0.5, 0.001, n + 1) for n in numbers)
        answers(
            (first_pair + n, _two(first, n)[0], first_task + n, people[n % 5], WINNERS[n % 2], moment, 1234)
            for n in numbers
        )
        scores(
            (first + n, first_context + n // ITEMS_A_CONTEXT, 1 - n % ITEMS_A_CONTEXT / 5, 0.3, 1 + n % ITEMS_A_CONTEXT)
            for n in numbers
        )


def said(number: int) -> str:
    return f"Message {number}: will you be home for dinner tonight or later?"


def _two(first: int, number: int) -> tuple[int, int]:
    """The items of a pair: as many pairs as items in a context, each with its neighbour."""
    place = number % ITEMS_A_CONTEXT
    one, other = first + number, first + number - place + (place + 1) % ITEMS_A_CONTEXT
    return min(one, other), max(one, other)


def _assets(project: Any, size: int, picture_bytes: int) -> int:
    """The number of the first: each has a hash of its own, all the bytes of one file."""
    from labeling.db.insert import RawInsert, now
    from labeling.models import Asset
    from labeling.services.files import storage

    storage.put("bench/picture", random.Random(1).randbytes(picture_bytes))
    first = _next(Asset)
    assets = RawInsert(
        Asset,
        ["sha256"],
        {
            "project": project.pk, "path": "bench/picture", "size_bytes": picture_bytes, "format": "PNG",
            "media_type": "image/png", "mode": "RGB", "width": 16, "height": 16, "created_at": now(),
        },
    )  # fmt: skip
    for numbers in _chunks(size):
        assets((f"{n * 2654435761 % 2**32:08x}{n:056x}",) for n in numbers)
    return first


def _project(name: str, size: int, kind: str, modality: str) -> Any:
    from labeling.models import Progress, Project

    project = Project.objects.create(
        slug=f"{name}-{size}",
        name=f"{size} {name}",
        kind=kind,
        modality=modality,
        split_seed="seed",
        purpose="Helpful.",
    )
    Progress.objects.create(
        project=project, next_ordinal=size, pool_items=size, pool_done=size, annotations=size, draws=size
    )
    return project


def _people() -> list[int]:
    from labeling.models import User

    return [User.objects.get_or_create(username=f"person{n}")[0].pk for n in range(5)]


def _next(model: Any) -> int:
    return 1 + max(model.objects.order_by("-pk").values_list("pk", flat=True)[:1], default=0)


def _of_task(project: Any, size: int) -> dict[str, Any]:
    from django.utils import timezone

    from labeling.db.insert import now

    return {
        "project": project.pk, "state": "answered", "reason": "strategy", "strategy": "margin", "model_version": 3,
        "epoch": 3, "pool_size": size, "lease_expires_at": timezone.now().isoformat(" "), "created_at": now(),
    }  # fmt: skip


def _chunks(size: int) -> Iterator[range]:
    return (range(start, min(start + ROWS_AT_ONCE, size)) for start in range(0, size, ROWS_AT_ONCE))
