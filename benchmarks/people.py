"""CPU of the cards of people: 30 people, three answers an item, at 10k, 100k and 1M answers.

    python -m benchmarks.people [--largest 1000000] [--people 30]
    python -m tests.postgres -- python -m benchmarks.people

Median of five in one process, database of the same process (SQLite) or beside it (PostgreSQL: its own CPU is in the
wall time only).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
LABELS = ("ham", "spam", "news", "other", "unsure")
ANSWERS_AN_ITEM = 3
CHUNK = 10_000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[1])
    parser.add_argument("--people", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ["QUERENT_HOME"] = home
        os.environ["LOG_LEVEL"] = "ERROR"
        return measure([size for size in SIZES if size <= options.largest], options.people)


def measure(sizes: list[int], people: int) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from labeling.selectors.people import own_work, people_of

    call_command("migrate", verbosity=0)
    print(f"database: {connection.vendor}; {people} people, {ANSWERS_AN_ITEM} answers an item")
    print(f"{'answers':>9}  {'all cards, CPU ms':>18} {'wall ms':>8} {'statements':>10} {'own page, CPU ms':>17}")
    for size in sizes:
        project, users = filled(size, people)
        cards, wall = median_ms(partial(people_of, project))
        own, _ = median_ms(partial(own_work, users[0], project))
        statements = count(partial(people_of, project))
        print(f"{size:>9,}  {cards:>18.0f} {wall:>8.0f} {statements:>10} {own:>17.1f}", flush=True)
    return 0


def filled(answers: int, n_people: int) -> tuple[Any, list[Any]]:
    """A project whose people are right in 70 to 99 %; tasks and answers as the application stores them."""
    from django.utils import timezone

    from labeling.models import Annotation, Item, Label, Member, Progress, Project, Task, User

    rng = random.Random(0)
    once = min(answers, SIZES[0])
    project = Project.objects.create(slug=f"people-{answers}", name="x", kind="classification", modality="text")
    Progress.objects.create(project=project)
    Label.objects.bulk_create(Label(project=project, name=name, position=n) for n, name in enumerate(LABELS))
    users = User.objects.bulk_create(User(username=f"{answers}-person{n}") for n in range(n_people))
    Member.objects.bulk_create(Member(project=project, user=user, role="annotator") for user in users)
    now = timezone.now()
    made = 0
    while made < once:
        first = made // ANSWERS_AN_ITEM
        items = Item.objects.bulk_create(
            Item(
                project=project, ordinal=first + n, content_hash=f"{first + n:064d}", text="x", split="pool",
                draw_key=n, annotations_required=3, slots_taken=3, answers=3, is_open=False,
            )
            for n in range(min(CHUNK, once - made) // ANSWERS_AN_ITEM + 1)
        )  # fmt: skip
        asked = [(item, user) for item in items for user in rng.sample(users, ANSWERS_AN_ITEM)]
        tasks = Task.objects.bulk_create(
            Task(
                project=project, item=item, annotator=user, state="answered", reason="random", lease_expires_at=now
            )
            for item, user in asked
        )  # fmt: skip
        Annotation.objects.bulk_create(
            Annotation(
                project=project, item=task.item, task=task, annotator=user, answer={"label": said(item, user, rng)},
                elapsed_ms=int(rng.lognormvariate(8.3, 0.7)), created_at=now,
            )
            for task, (item, user) in zip(tasks, asked, strict=True)
        )  # fmt: skip
        made += len(asked)
    copied(project.pk, answers // once - 1)
    return project, users


#: By table what a copy has instead: rows of their own, told by their distance from the first ones.
COPIED = {
    "labeling_item": {
        "id": "id + {n} * {items}", "ordinal": "ordinal + {n} * {items}",
        "content_hash": "SUBSTR(content_hash, 1, 54) || (1000000000 + ordinal + {n} * {items})",
    },
    "labeling_task": {"id": "id + {n} * {tasks}", "item_id": "item_id + {n} * {items}"},
    "labeling_annotation": {
        "id": "id + {n} * {tasks}", "item_id": "item_id + {n} * {items}", "task_id": "task_id + {n} * {tasks}",
    },
}  # fmt: skip


def copied(project_id: int, times: int) -> None:
    """Multiplies items, tasks and answers of a project by SQL: by the ORM a million takes a quarter of an hour."""
    from django.db import connection

    with connection.cursor() as cursor:
        spans = {}
        for name in ("item", "task", "annotation"):
            cursor.execute(f"SELECT COUNT(*) FROM labeling_{name} WHERE project_id = %s", [project_id])
            spans[f"{name}s"] = cursor.fetchone()[0]
        for table, instead in COPIED.items():
            names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            places = ", ".join(f'"{name}"' for name in names)
            series = f"""WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {times})"""
            values = ", ".join(
                instead[name].format(n="series.n", **spans) if name in instead else f'"{name}"' for name in names
            )
            if times > 0:
                sql = f"{series} INSERT INTO {table} ({places}) SELECT {values} FROM {table}, series"
                cursor.execute(f"{sql} WHERE project_id = %s AND series.n <= {times}", [project_id])


def said(item: Any, user: Any, rng: random.Random) -> str:
    truth = LABELS[item.ordinal % len(LABELS)]
    return truth if rng.random() < 0.7 + 0.01 * (user.pk % 30) else rng.choice(LABELS)


def median_ms(work: Callable[[], Any]) -> tuple[float, float]:
    cpu, wall = [], []
    for _ in range(5):
        started = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - started[0])
        wall.append(time.perf_counter() - started[1])
    return 1000 * statistics.median(cpu), 1000 * statistics.median(wall)


def count(work: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as caught:
        work()
    return len(caught)


if __name__ == "__main__":
    raise SystemExit(main())
