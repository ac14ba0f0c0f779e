"""CPU per exported row and peak memory at 10k, 100k and 1M rows.

    python -m benchmarks.export_rows [--largest 1000000] [--formats jsonl csv parquet] [--shapes annotations items]

Text items with four columns of their own, one answer each, with task and provenance. Every measurement runs in a
process of its own, so that its peak memory is its own; the database is made once in a temporary QUERENT_HOME (or is the
one of DATABASE_URL, which must be empty). Tables are held to a limit of CPU a row, data sets to a multiple of jsonl,
both to a peak that does not grow with the rows.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000)
LIMIT_MS = 0.02
TABLES = ("jsonl", "csv", "parquet")
DATA_SETS = ("huggingface", "croissant", "doccano", "label-studio")
TIMES_JSONL = 3.0
#: The peak of the largest against that of 10k rows.
LIMIT_GROWTH_MB = 60.0
#: What is made of one shape of rows only.
ONLY_OF = {"doccano": "items"}
#: From here on one export is enough whatever ``--times`` says: it takes minutes.
MANY_ROWS = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--formats", nargs="+", default=[*TABLES, *DATA_SETS])
    parser.add_argument("--shapes", nargs="+", default=["annotations", "items"])
    parser.add_argument("--times", type=int, default=1, help="exports of one measurement, of which the median counts")
    parser.add_argument("--child", nargs=3, metavar=("SIZE", "FORMAT", "ROWS"))
    options = parser.parse_args()
    if options.child:
        size, name, rows = options.child
        print(json.dumps(measure(int(size), name, rows, options.times)))
        return 0
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ.setdefault("QUERENT_HOME", home)
        return compare(
            [size for size in SIZES if size <= options.largest], options.formats, options.shapes, options.times
        )


def compare(sizes: list[int], formats: list[str], shapes: list[str], exports: int) -> int:
    setup_django()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    for size in sizes:
        began = time.perf_counter()
        with transaction.atomic():
            fill(size)
        print(f"made {size:>9,} rows in {time.perf_counter() - began:.1f} s", flush=True)
    print(
        f"{'rows':>9}  {'shape':<11} {'format':<12} {'CPU ms/row':>10} {'x jsonl':>7} {'rows/s':>9} {'MB':>7}"
        f" {'peak RSS MB':>11}"
    )
    slowest = {True: 0.0, False: 0.0}
    growth = 0.0
    for shape in shapes:
        jsonl: dict[int, float] = {}
        for name in formats:
            if ONLY_OF.get(name, shape) != shape:
                continue
            peaks = []
            for size in sizes:
                found = child(size, name, shape, exports)
                jsonl.setdefault(size, found["cpu_ms"])  # jsonl comes first
                times = found["cpu_ms"] / jsonl[size]
                peaks.append(found["peak_mb"])
                print(
                    f"{size:>9,}  {shape:<11} {name:<12} {found['cpu_ms']:>10.4f} {times:>7.2f}"
                    f" {found['rows_per_s']:>9,.0f} {found['mb']:>7.1f} {found['peak_mb']:>11.1f}",
                    flush=True,
                )
                if size >= 100_000:
                    is_table = name in TABLES
                    slowest[is_table] = max(slowest[is_table], found["cpu_ms"] if is_table else times)
            growth = max(growth, peaks[-1] - peaks[0])
    print(
        f"from 100k rows on at most {slowest[True]:.4f} ms CPU a row of a table, the limit is {LIMIT_MS}; data sets at"
        f" most {slowest[False]:.2f} times jsonl, the limit is {TIMES_JSONL:g}; peaks grow by at most {growth:.0f} MB,"
        f" the limit is {LIMIT_GROWTH_MB:g}"
    )
    return int(slowest[True] > LIMIT_MS or slowest[False] > TIMES_JSONL or growth > LIMIT_GROWTH_MB)


def child(size: int, name: str, rows: str, exports: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.export_rows", "--times", str(exports)]
    command += ["--child", str(size), name, rows]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def setup_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def measure(size: int, name: str, rows: str, exports: int) -> dict[str, float]:
    setup_django()
    from labeling.models import Project
    from labeling.selectors.export import Filters
    from labeling.services.exports import export_file

    project = Project.objects.get(slug=f"rows-{size}")
    for _ in export_file(Project.objects.get(slug=f"rows-{min(SIZES)}"), name, rows, Filters()):
        pass  # the first use of a format loads its library
    times = []
    for _ in range(1 if size >= MANY_ROWS else exports):
        cpu, wall = time.process_time(), time.perf_counter()
        written = sum(len(piece) for piece in export_file(project, name, rows, Filters()))
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = (statistics.median(column) for column in zip(*times, strict=True))
    return {
        "cpu_ms": cpu * 1000 / size,
        "rows_per_s": size / wall,
        "mb": written / 1e6,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """Of this program alone; getrusage would include the parent's, from before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def fill(size: int) -> None:
    """A project of ``size`` answered items."""
    from django.utils import timezone

    from labeling.db.insert import RawInsert, now
    from labeling.models import Annotation, Item, Progress, Project, Task, User

    people = [User.objects.get_or_create(username=f"person{n}")[0].pk for n in range(5)]
    project = Project.objects.create(
        slug=f"rows-{size}", name=f"{size} rows", kind="classification", modality="text", split_seed="seed"
    )
    Progress.objects.create(
        project=project, next_ordinal=size, pool_items=size, pool_done=size, annotations=size, draws=size
    )
    first = 1 + max(Item.objects.order_by("-pk").values_list("pk", flat=True)[:1], default=0)
    items = RawInsert(
        Item,
        ["ordinal", "external_id", "content_hash", "text", "data", "split", "draw_key"],
        {"project": project.pk, "slots_taken": 1, "answers": 1, "is_open": False, "created_at": now()},
    )
    tasks = RawInsert(
        Task,
        ["item", "annotator", "utility", "propensity", "draw"],
        {
            "project": project.pk, "state": "answered", "reason": "strategy", "strategy": "margin", "model_version": 3,
            "epoch": 3, "pool_size": size, "lease_expires_at": timezone.now().isoformat(" "), "created_at": now(),
        },
    )  # fmt: skip
    answers = RawInsert(
        Annotation,
        ["item", "task", "annotator", "answer", "created_at", "elapsed_ms"],
        {"project": project.pk, "instructions_version": 1},
    )
    moment = now()
    for start in range(0, size, 10_000):
        numbers = range(start, min(start + 10_000, size))
        items(
            (
                n, f"row-{n}", f"{size}-{n}", f"Message {n}: will you be home for dinner tonight or later?",
                '{"length": 58, "channel": "sms", "score": 0.25, "sent": "2026-01-01"}', "pool", n,
            )
            for n in numbers
        )  # fmt: skip
        tasks((first + n, people[n % 5], 0.5, 0.001, n + 1) for n in numbers)
        labels = ('{"label": "ham"}', '{"label": "spam"}')
        answers((first + n, first + n, people[n % 5], labels[n % 2], moment, 1234) for n in numbers)


if __name__ == "__main__":
    sys.exit(main())
