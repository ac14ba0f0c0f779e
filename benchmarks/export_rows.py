"""CPU per exported row and peak memory at 10k, 100k and 1M rows, every format with the rows it takes.

    python -m benchmarks.export_rows [--largest 1000000] [--formats huggingface qrels] [--shapes items judgments]

Text items with four columns of their own, one answer each, with task and provenance; pairs of texts with a judgment
each and scores; pictures of 1 kB. Every measurement runs in a process of its own: first one export, whose peak memory
counts, then the format and jsonl of the same rows in turns, of which the medians count. The database is made once in a
temporary QUERENT_HOME (or is the one of DATABASE_URL, which must be empty). Tables of answers and items are held to a
limit of CPU a row, data sets to a multiple of jsonl, both to a peak that does not grow with the rows. Data sets that
hold the bytes of pictures, which jsonl does not, are held to a floor: what it costs in the same turns to read the same
files, sum them and write them by plain calls of the system (``bytes``, milliseconds a picture). Their rows may cost
three times jsonl, their pictures 1.3 of that. csv and parquet of answers and items are held to Arrow's limit, taken in
the same turns: the statements that the export itself sends for its rows, fetched, their columns and the items' own as
Arrow arrays, written by Arrow's own csv or parquet writer; no rule of ours, no names, no weights (``x Arrow``, at most
1.5). ``first s`` is the time to the first bytes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.export_pool import PICTURE_BYTES, fill, fill_pairs

SIZES = (10_000, 100_000, 1_000_000)
LIMIT_MS = 0.02
TIMES_JSONL = 3.0
#: What pictures may cost, of their reading, sum and writing alone.
TIMES_BYTES = 1.3
#: What csv and parquet of answers and items may cost, of Arrow writing the same rows.
TIMES_ARROW = 1.5
ROWS_A_GROUP = 10_000
#: Fewer columns has no statement that reads rows: those are passes over the items' own columns, weights and counts.
COLUMNS_OF_ROWS = 12
#: The peak of the largest against that of 10k rows.
LIMIT_GROWTH_MB = 60.0
TABLES = ("jsonl", "csv", "parquet")
FOLDERS = ("huggingface", "croissant", "label-studio")
TRL = ("trl-preference", "trl-preference-chat", "trl-unpaired", "openai-preference")
#: The key of what pictures cost alone.
BYTES = "bytes"
ARROW = "arrow"
PIECES_A_WRITE, BYTES_A_WRITE, BYTES_ON_DISK = 500, 1024 * 1024, 256 * 1024 * 1024
#: From here on one export is enough whatever ``--times`` says: it takes minutes.
MANY_ROWS = 1_000_000


class Shape(NamedTuple):
    """Rows of a project, and what they are written as."""

    project: str
    rows: str
    formats: tuple[str, ...]


SHAPES = {
    "annotations": Shape("rows", "annotations", (*TABLES, *FOLDERS)),
    "items": Shape("rows", "items", (*TABLES, *FOLDERS, "doccano")),
    "judgments": Shape("pairs", "annotations", (*TABLES, *FOLDERS)),
    "contexts": Shape("pairs", "items", (*TABLES, "huggingface", "croissant")),
    "preferences": Shape("pairs", "preferences", (*TABLES, "huggingface", "croissant", *TRL)),
    "rankings": Shape("pairs", "rankings", (*TABLES, "huggingface", "croissant", "ranking", "qrels", "trec-run")),
    "pictures": Shape("pictures", "items", ("jsonl", *FOLDERS, "imagefolder")),
}
#: Held to ``LIMIT_MS``: what older versions of this benchmark measure, which ``benchmarks.compare`` runs too.
HELD = ("annotations", "items")
MAKERS: dict[str, Callable[[int], Any]] = {
    "rows": fill, "pairs": fill_pairs, "pictures": lambda size: fill(size, "image", PICTURE_BYTES),
}  # fmt: skip


class Worst(NamedTuple):
    """Of tables milliseconds, of data sets times jsonl, of both megabytes."""

    table_ms: float = 0.0
    times: float = 0.0
    growth_mb: float = 0.0
    arrow: float = 0.0

    def and_also(self, other: "Worst") -> "Worst":
        return Worst(*map(max, zip(self, other, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--formats", nargs="+", help="All, if nothing is said.")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, help="All; of tables alone, annotations and items.")
    parser.add_argument("--times", type=int, help="Exports of one measurement: five, of tables alone one.")
    parser.add_argument("--picture-bytes", type=int, default=PICTURE_BYTES)
    parser.add_argument("--child", nargs=3, metavar=("SIZE", "FORMAT", "SHAPE"))
    options = parser.parse_args()
    if options.child:
        size, name, shape = options.child
        print(json.dumps(measure(int(size), name, SHAPES[shape], options.times)))
        return 0
    is_tables_alone = bool(options.formats) and set(options.formats) <= set(TABLES)
    shapes = options.shapes or (HELD if is_tables_alone else SHAPES)
    chosen = {name: SHAPES[name] for name in shapes}
    MAKERS["pictures"] = lambda size: fill(size, "image", options.picture_bytes)
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ.setdefault("QUERENT_HOME", home)
        sizes = [size for size in SIZES if size <= options.largest]
        return compare(sizes, chosen, options.formats, options.times or (1 if is_tables_alone else 5))


def compare(sizes: list[int], shapes: dict[str, Shape], formats: list[str] | None, times: int) -> int:
    make(sizes, list(dict.fromkeys(shape.project for shape in shapes.values())))
    print(
        f"{'rows':>9}  {'shape':<11} {'format':<19} {'CPU ms/row':>10} {'x jsonl':>7} {'bytes':>7} {'rows/s':>9}"
        f" {'MB':>7} {'peak RSS MB':>11} {'x Arrow':>7} {'first s':>8}"
    )
    worst = Worst()
    for name, shape in shapes.items():
        for format_ in shape.formats:
            if not formats or format_ in formats:
                worst = worst.and_also(of_format(sizes, name, format_, times))
    print(
        f"from 100k rows on at most {worst.table_ms:.4f} ms CPU a row of a table, the limit is {LIMIT_MS}, and csv and"
        f" parquet {worst.arrow:.2f} times Arrow, the limit is {TIMES_ARROW:g}; data sets at most {worst.times:.2f}"
        f" times jsonl and {TIMES_BYTES:g} times the bytes of pictures, the limit is {TIMES_JSONL:g}; peaks grow by at"
        f" most {worst.growth_mb:.0f} MB, the limit is {LIMIT_GROWTH_MB:g}"
    )
    is_dear = worst.table_ms > LIMIT_MS or worst.times > TIMES_JSONL or worst.arrow > TIMES_ARROW
    return int(is_dear or worst.growth_mb > LIMIT_GROWTH_MB)


def make(sizes: list[int], projects: list[str]) -> None:
    setup_django()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    for project in projects:
        for size in sizes:
            began = time.perf_counter()
            with transaction.atomic():
                MAKERS[project](size)
            print(f"made {size:>9,} {project} in {time.perf_counter() - began:.1f} s", flush=True)


def of_format(sizes: list[int], name: str, format_: str, times: int) -> Worst:
    """A line a size."""
    worst, peaks = Worst(), []
    for size in sizes:
        found = child(size, format_, name, times)
        ratio = found["cpu_ms"] / found["jsonl_ms"]
        of_rows = (found["cpu_ms"] - TIMES_BYTES * found["bytes_ms"]) / found["jsonl_ms"]
        peaks.append(found["peak_mb"])
        print(
            f"{size:>9,}  {name:<11} {format_:<19} {found['cpu_ms']:>10.4f} {ratio:>7.2f}"
            f" {found['bytes_ms']:>7.4f} {found['rows_per_s']:>9,.0f} {found['mb']:>7.1f} {found['peak_mb']:>11.1f}"
            f" {found['cpu_ms'] / found['arrow_ms'] if found['arrow_ms'] else 0:>7.2f} {found['first_s']:>8.4f}",
            flush=True,
        )
        if size >= 100_000 and format_ in TABLES and name in HELD:
            times_arrow = found["cpu_ms"] / found["arrow_ms"] if found["arrow_ms"] else 0.0
            worst = worst.and_also(Worst(table_ms=found["cpu_ms"], arrow=times_arrow))
        elif size >= 100_000 and format_ not in TABLES:
            worst = worst.and_also(Worst(times=of_rows))
    return worst.and_also(Worst(growth_mb=peaks[-1] - peaks[0]))


def child(size: int, format_: str, shape: str, times: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.export_rows", "--times", str(times)]
    command += ["--child", str(size), format_, shape]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def setup_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def measure(size: int, format_: str, shape: Shape, times: int) -> dict[str, float]:
    setup_django()
    peak = 0.0
    names = dict.fromkeys((format_, "jsonl"))
    cpu: dict[str, list[float]] = {name: [] for name in (*names, BYTES, ARROW)}
    wall: list[float] = []
    for name in names:  # the first use of a format loads its library
        export(f"{shape.project}-{min(SIZES)}", name, shape.rows)
        if name == format_:
            mb, *first = export(f"{shape.project}-{size}", name, shape.rows)
            peak = peak_mb()
    replayed = statements_of(f"{shape.project}-{size}", format_, shape.rows) if is_held(format_, shape) else []
    if replayed:  # the first use of a writer loads its library
        arrow_alone(replayed, format_)
    is_one = size >= MANY_ROWS or times == 1
    if is_one:
        cpu[format_], wall = [first[0]], [first[1]]
    holds_bytes = shape.project == "pictures" and format_ not in TABLES
    for _ in range(1 if is_one else times):
        cpu[ARROW].append(arrow_alone(replayed, format_) if replayed else 0.0)
        cpu[BYTES].append(bytes_alone(f"{shape.project}-{size}") if holds_bytes else 0.0)
        for name in names:
            if is_one and name == format_:
                continue
            _, cpu_s, wall_s, _ = export(f"{shape.project}-{size}", name, shape.rows)
            cpu[name].append(cpu_s)
            if name == format_:
                wall.append(wall_s)
    return {
        "cpu_ms": statistics.median(cpu[format_]) * 1000 / size,
        "arrow_ms": statistics.median(cpu[ARROW]) * 1000 / size,
        "first_s": first[2],
        "bytes_ms": statistics.median(cpu[BYTES]) * 1000 / size,
        "jsonl_ms": statistics.median(cpu["jsonl"]) * 1000 / size,
        "rows_per_s": size / statistics.median(wall),
        "mb": mb,
        "peak_mb": peak,
    }


def export(slug: str, format_: str, rows: str) -> tuple[float, float, float, float]:
    """Megabytes written, seconds of CPU, seconds, and seconds to the first bytes."""
    from labeling.models import Project
    from labeling.selectors.export import Filters
    from labeling.services.exports import export_file

    cpu, wall, first, written = time.process_time(), time.perf_counter(), 0.0, 0
    for piece in export_file(Project.objects.get(slug=slug), format_, rows, Filters()):
        written += len(piece)
        first = first or (time.perf_counter() - wall if piece else 0.0)
    return written / 1e6, time.process_time() - cpu, time.perf_counter() - wall, first


def is_held(format_: str, shape: Shape) -> bool:
    return format_ in ("csv", "parquet") and shape in [SHAPES[name] for name in HELD]


def statements_of(slug: str, format_: str, rows: str) -> list[tuple[str, Any]]:
    """Those that an export sends for its rows, with their parameters."""
    from django.db import connection

    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if len(context["cursor"].description or ()) >= COLUMNS_OF_ROWS and "i.data" in sql:
            sent.append((sql, params))
        return result

    with connection.execute_wrapper(note):
        export(slug, format_, rows)
    return sent


def arrow_alone(statements: list[tuple[str, Any]], format_: str) -> float:
    """Seconds of CPU to read the same rows and to write what was read by Arrow alone."""
    import orjson
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq
    from django.db import connection

    written, waiting = pa.BufferOutputStream(), []
    writer: Any = None
    began = time.process_time()
    for sql, params in statements:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            records, names = cursor.fetchall(), [column[0] for column in cursor.description]
        if not records:
            continue
        arrays: dict[str, Any] = {}
        for at, (name, values) in enumerate(zip(names, zip(*records, strict=True), strict=True)):
            if name == "data":
                objects = orjson.loads(f"[{','.join(values)}]")
                arrays |= {own: pa.array([one[own] for one in objects]) for own in objects[0]}
            else:
                arrays[f"{at}"] = pa.array(values)
        waiting.append(pa.table(arrays))
        if writer is None:
            schema = waiting[0].schema
            if format_ == "csv":
                writer = pa.csv.CSVWriter(written, schema)
            else:
                writer = pq.ParquetWriter(written, schema, compression="zstd")
        if format_ == "csv" or sum(map(len, waiting)) >= ROWS_A_GROUP:
            writer.write_table(pa.concat_tables(waiting))
            waiting = []
    if waiting:
        writer.write_table(pa.concat_tables(waiting))
    writer.close()
    return time.process_time() - began


def bytes_alone(slug: str) -> float:
    """Seconds of CPU to read the pictures of a project, sum them as a zip has to, and write them, some at a time."""
    from labeling.models import Asset
    from labeling.services.files import storage

    found = Asset.objects.filter(project__slug=slug).values_list("path", "size_bytes")
    files = [(str(storage.local_path(path)), size_bytes) for path, size_bytes in found]
    pieces: list[bytes] = []
    with tempfile.TemporaryFile(buffering=0) as target:
        began = time.process_time()
        for path, size_bytes in files:
            descriptor = os.open(path, os.O_RDONLY)
            content = os.read(descriptor, size_bytes + 1)
            os.close(descriptor)
            zlib.crc32(content)
            pieces.append(content)
            if len(pieces) == PIECES_A_WRITE or len(pieces) * size_bytes >= BYTES_A_WRITE:
                os.writev(target.fileno(), pieces)
                pieces = []
                if target.tell() >= BYTES_ON_DISK:
                    target.seek(0)
        os.writev(target.fileno(), pieces)
        return time.process_time() - began


def peak_mb() -> float:
    """Of this program alone; getrusage would include the parent's, from before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
