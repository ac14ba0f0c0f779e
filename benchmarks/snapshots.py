"""What keeping snapshots compressed takes and saves: size, CPU of writing, a late range.

    python -m benchmarks.snapshots [--rows 100000] [--formats jsonl csv parquet]

Answered SMS messages (the real ones of ``txt_sms_spam`` over and over, far enough apart that the
compression's window never sees one twice; without that folder made-up ones), with times, propensities and durations
that differ from row to row. The file is written as before (as it is served) and as now (``block_gzip``), from the same
pieces in one process; ``export`` is what making the rows costs either way. The range is 64 KiB at 95 % of the content.
"""

import argparse
import csv
import gzip
import hashlib
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from benchmarks.export_rows import fill, setup_django
from benchmarks.open_data import DATA

SMS = DATA / "txt_sms_spam" / "sms_spam.csv.gz"
RANGE_BYTES = 64 * 1024
RANGES = 20


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", default=["jsonl", "csv", "parquet"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ["QUERENT_HOME"] = home
        os.environ.pop("DATABASE_URL", None)
        setup_django()
        make(options.rows)
        print(f"{options.rows:,} annotation rows; CPU seconds; range: ms for 64 KiB at 95 %, mean of {RANGES}")
        heads = (
            "format",
            "MB",
            "kept MB",
            "ratio",
            "export",
            "write",
            "write now",
            "all, now/old",
            "range",
            "range now",
        )
        print("  ".join(f"{head:>12}" for head in heads))
        for name in options.formats:
            print("  ".join(f"{cell:>12}" for cell in measure(options.rows, name)), flush=True)
    return 0


def texts() -> list[str]:
    if not SMS.exists():
        print(f"{SMS} is not there: made-up messages")
        rng = random.Random(0)
        words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(8_000)]
        return [" ".join(rng.choices(words, k=rng.randint(4, 25))) for _ in range(5_500)]
    with gzip.open(SMS, "rt", encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def make(size: int) -> None:
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0)
    said = texts()
    with transaction.atomic():
        fill(size)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE said (number INTEGER PRIMARY KEY, text TEXT)")
            cursor.executemany("INSERT INTO said VALUES (%s, %s)", list(enumerate(said)))
            cursor.execute(
                "UPDATE labeling_item SET text = (SELECT text FROM said WHERE number = ordinal %% %s)", [len(said)]
            )
            cursor.execute(
                "UPDATE labeling_task SET propensity = (abs(random()) % 1000000) / 1e9,"
                " utility = (abs(random()) % 1000000) / 1e6"
            )
            seconds = "'+' || (id * 7 + abs(random()) % 7) || ' seconds'"
            moment = f"strftime('%Y-%m-%d %H:%M:%f', '2026-03-01', {seconds})"
            cursor.execute(f"UPDATE labeling_annotation SET elapsed_ms = abs(random()) % 20000, created_at = {moment}")


def measure(size: int, name: str) -> tuple[str, ...]:
    from labeling.models import Project
    from labeling.selectors.export import Filters
    from labeling.services.exports import export_file
    from labeling.services.files.block_gzip import BlockReader, BlockWriter

    project = Project.objects.get(slug=f"rows-{size}")
    next(iter(export_file(project, name, "annotations", Filters())))  # the first use of a format loads its library
    began = time.process_time()
    pieces = list(export_file(project, name, "annotations", Filters()))
    export_s = time.process_time() - began
    folder = Path(os.environ["QUERENT_HOME"])
    paths = folder / "plain", folder / "packed"
    with paths[0].open("wb") as plain, paths[1].open("wb") as packed:
        writer = BlockWriter(packed)
        plain_s = write(pieces, plain.write)
        packed_s = write(pieces, writer.write, writer.finish)
        size_bytes, kept_bytes = plain.tell(), writer.size_bytes
    start = max(int(size_bytes * 0.95) - RANGE_BYTES, 0)
    wanted = b"".join(pieces)[start : start + RANGE_BYTES]
    plain_ms = late_range(lambda: paths[0].open("rb"), start, wanted)
    packed_ms = late_range(lambda: io.BufferedReader(BlockReader(paths[1].open("rb"))), start, wanted)
    times = (export_s + packed_s) / (export_s + plain_s)
    return (
        name, f"{size_bytes / 1e6:.1f}", f"{kept_bytes / 1e6:.1f}", f"{kept_bytes / size_bytes:.3f}", f"{export_s:.2f}",
        f"{plain_s:.2f}", f"{packed_s:.2f}", f"{times:.2f}", f"{plain_ms:.2f}", f"{packed_ms:.2f}",
    )  # fmt: skip


def write(pieces: list[bytes], into: Callable[[bytes], Any], finish: Callable[[], Any] = lambda: None) -> float:
    """CPU seconds of hashing and writing."""
    began = time.process_time()
    digest = hashlib.sha256()
    for piece in pieces:
        into(piece)
        digest.update(piece)
    finish()
    return time.process_time() - began


def late_range(opened: Callable[[], IO[bytes]], start: int, wanted: bytes) -> float:
    """CPU milliseconds of reading a range, opened anew each time; raises when other bytes come."""
    began = time.process_time()
    for _ in range(RANGES):
        with opened() as file:
            file.seek(start)
            found = file.read(len(wanted))
        if found != wanted:
            raise SystemExit("the range holds other bytes")
    return (time.process_time() - began) * 1000 / RANGES


if __name__ == "__main__":
    sys.exit(main())
