"""CPU per imported row and peak memory at 10k, 100k and 1M rows; CPU per picture.

    python -m benchmarks.import_rows [--largest 1000000] [--pictures zip]
    python -m benchmarks.import_rows --foreign [label-studio argilla] [--largest 1000000]
    python -m tests.postgres -- python -m benchmarks.import_rows

Texts of 100 to 200 characters with an id and one more column, as csv; at 100k also with labels, as JSON lines and as
parquet. Each measurement is the job alone (``run_import``, without the upload) in a process of its own, so that its
peak memory is its own. A zip of pictures, when given, is imported with its folders as labels. ``--foreign`` measures
the files of other tools instead, a labeled text a record (of preferences, two texts and a judgment): their memory must
not grow with the records either. CPU is that of a row of ours.
"""

import argparse
import csv
import gc
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from benchmarks.import_files import FILES
from benchmarks.open_data import DATA

SIZES = (10_000, 100_000, 1_000_000)
LIMIT_MS = 0.06
#: The peak of the largest against that of 10k records.
LIMIT_GROWTH_MB = 60.0
WORDS = ("the", "of", "to", "and", "message", "number", "win", "free", "call", "tomorrow", "meeting", "lunch", "offer")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--pictures", type=Path, default=DATA / "img_trashnet" / "images.zip")
    parser.add_argument("--foreign", nargs="*", choices=FILES, metavar="FORMAT", help="All, if none is named.")
    parser.add_argument("--child", nargs=2, metavar=("FORMAT", "BATCH"))
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(int(options.child[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ["QUERENT_HOME"] = home
        os.environ["LOG_LEVEL"] = "ERROR"
        sizes = [size for size in SIZES if size <= options.largest]
        prepare()
        if options.foreign is not None:
            return compare_foreign(sizes, options.foreign or list(FILES))
        return compare(sizes, options.pictures)


def prepare() -> None:
    setup_django()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    print(f"database: {connection.vendor}")


def compare_foreign(sizes: list[int], names: list[str]) -> int:
    print(
        f"{'records':>9}  {'format':<16} {'rows':>9} {'CPU ms/row':>10} {'rows/s':>9} {'peak MB':>8} {'private MB':>10}"
    )
    growth = 0.0
    for name in names:
        peaks = []
        for size in sizes:
            made = FILES[name]
            project = make_project(kind=made.kind)
            with tempfile.TemporaryFile() as file:
                made.write(file, size)
                batch = upload_file(project, file, made.file_name)
            found = child(name, batch)
            peaks.append(found["peak_mb"])
            print(
                f"{size:>9,}  {name:<16} {found['rows']:>9,.0f} {found['cpu_ms']:>10.4f} {found['rows_per_s']:>9,.0f}"
                f" {found['peak_mb']:>8.0f} {found['private_mb']:>10.0f}",
                flush=True,
            )
        growth = max(growth, peaks[-1] - peaks[0])
    print(f"peaks grow by at most {growth:.0f} MB, the limit is {LIMIT_GROWTH_MB:g}")
    return int(growth > LIMIT_GROWTH_MB)


def compare(sizes: list[int], pictures: Path) -> int:
    print(f"{'rows':>9}  {'format':<12} {'CPU ms/row':>10} {'rows/s':>9} {'peak MB':>8} {'private MB':>10}")
    at_100k = 0.0
    runs = [(size, "csv", False) for size in sizes]
    runs += [(100_000, "csv", True), (100_000, "jsonl", False), (100_000, "parquet", False)]
    for size, name, labels in runs:
        batch = upload(make_project(), content(size, name, labels), f"rows.{name}")
        found = child(name, batch)
        shown = f"{name} + label" if labels else name
        print(
            f"{size:>9,}  {shown:<12} {found['cpu_ms']:>10.4f} {found['rows_per_s']:>9,.0f}"
            f" {found['peak_mb']:>8.0f} {found['private_mb']:>10.0f}",
            flush=True,
        )
        if (size, name, labels) == (100_000, "csv", False):
            at_100k = found["cpu_ms"]
    if pictures.exists():
        names = ("cardboard", "glass", "metal", "paper", "plastic", "trash")
        project = make_project("image", names)
        found = child("zip", upload(project, pictures.read_bytes(), "p.zip", {"folder_is_label": True}))
        print(f"{found['rows']:>9,.0f}  photos       {found['cpu_ms']:>10.1f} {found['rows_per_s']:>9,.0f}"
              f" {found['peak_mb']:>8.0f} {found['private_mb']:>10.0f}")  # fmt: skip
    else:
        print(f"photos skipped: {pictures} is not there")
    print(f"csv at 100k: {at_100k:.4f} ms CPU a row, the limit is {LIMIT_MS}")
    return int(at_100k > LIMIT_MS)


def child(name: str, batch: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.import_rows", "--child", name, str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def setup_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def measure(batch: int) -> dict[str, float]:
    """Imports one batch after a small one, which loads what is loaded once in the life of a worker."""
    setup_django()
    from labeling.services.imports import run_import

    run_import(upload(make_project(), content(10, "csv", True), "rows.csv"))
    gc.collect()
    gc.freeze()  # as a worker does once it is ready (learning/jobs.py)
    cpu, wall = time.process_time(), time.perf_counter()
    outcome = run_import(batch)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    rows = outcome["accepted"] + outcome["duplicates"]
    return {
        "rows": rows,
        "cpu_ms": cpu * 1000 / rows,
        "rows_per_s": rows / wall,
        "peak_mb": status_mb("VmHWM"),
        "private_mb": status_mb("RssAnon"),
    }


def status_mb(field: str) -> float:
    """Of this program alone; getrusage would include the parent's, from before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def make_project(
    modality: str = "text", labels: tuple[str, ...] = ("ham", "spam"), kind: str = "classification"
) -> Any:
    from labeling.models import Label, Progress, Project

    name = f"bench-{random.getrandbits(64):x}"
    project = Project.objects.create(slug=name, name=name, kind=kind, modality=modality, split_seed="seed")
    Progress.objects.create(project=project)
    Label.objects.bulk_create(Label(project=project, name=label, position=n) for n, label in enumerate(labels))
    return project


def upload(project: Any, data: bytes, file_name: str, options: dict[str, Any] | None = None) -> int:
    return upload_file(project, io.BytesIO(data), file_name, options)


def upload_file(project: Any, file: IO[bytes], file_name: str, options: dict[str, Any] | None = None) -> int:
    """Takes the upload in; the broker is not there and need not be."""
    from django.db import transaction

    from labeling.models import User
    from labeling.services.imports import start_import

    user, _ = User.objects.get_or_create(username="bench")
    with transaction.atomic():
        batch = start_import(user, project, file=file, file_name=file_name, options=options)
        transaction.get_connection().run_on_commit.clear()
    return int(batch.pk)


def content(size: int, name: str, labels: bool) -> bytes:
    rng = random.Random(size)
    texts = [f"{n} " + " ".join(rng.choices(WORDS, k=24)) for n in range(size)]
    extra = [("ham", "spam")[n % 2] for n in range(size)] if labels else None
    if name == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        target = io.BytesIO()
        pq.write_table(pa.table({"id": [f"r{n}" for n in range(size)], "text": texts, "n": range(size)}), target)
        return target.getvalue()
    if name == "jsonl":
        return b"".join(
            json.dumps({"id": f"r{n}", "text": text, "n": n}).encode() + b"\n" for n, text in enumerate(texts)
        )
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["id", "text", "n"] + (["label"] if extra else []))
    for n, text in enumerate(texts):
        writer.writerow([f"r{n}", text, n] + ([extra[n]] if extra else []))
    return lines.getvalue().encode()


if __name__ == "__main__":
    sys.exit(main())
