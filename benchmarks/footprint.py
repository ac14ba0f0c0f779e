"""Bytes in the database by table: what one more item, answer, task and prediction takes, with all indexes.

    python -m benchmarks.footprint [--sizes 10000 110000] [--databases sqlite postgresql]

The slope between two pools of ``benchmarks.items`` (a message of 130 characters an item, every tenth answered by
import), so that what every database begins with cancels out. Tables that grow by less than a byte an item are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.serving import CLIENTS, ROOT, postgresql, redis


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs=2, default=[10_000, 110_000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--tables", action="store_true", help="Of the database of QUERENT_HOME; builds nothing.")
    options = parser.parse_args()
    if options.tables:
        print(json.dumps(tables()))
        return 0
    for database in options.databases:
        small, large = (built(database, size) for size in options.sizes)
        items = options.sizes[1] - options.sizes[0]
        print(f"\n{database}, from {options.sizes[0]:,} to {options.sizes[1]:,} items: bytes a row, bytes an item")
        total = 0.0
        for name in sorted(large, key=lambda name: -large[name][0]):
            (bytes_0, rows_0), (bytes_1, rows_1) = small[name], large[name]
            more, rows = bytes_1 - bytes_0, rows_1 - rows_0
            total += more / items
            if more >= items:
                print(f"    {name:32} {more / rows if rows else float('nan'):9.0f} {more / items:9.0f}")
        print(f"    {'all':32} {'':9} {total:9.0f}", flush=True)
    return 0


def built(database: str, size: int) -> dict[str, tuple[int, int]]:
    """Bytes and rows by table of a pool that is gone afterwards."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="querent-footprint-"))
        env = {**os.environ, "QUERENT_HOME": home}
        env.pop("DATABASE_URL", None)
        if database == "postgresql":
            env["DATABASE_URL"], _ = stack.enter_context(postgresql())
        env["REDIS_URL"] = stack.enter_context(redis(home))
        build = ["benchmarks.serving_pool", "--size", str(size), "--people", str(CLIENTS)]
        told = ""
        for module in (build, ["benchmarks.items_pool"], ["benchmarks.footprint", "--tables"]):
            command = [sys.executable, "-m", *module]
            told = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
        return {name: (bytes_, rows) for name, (bytes_, rows) in json.loads(told.splitlines()[-1]).items()}


SIZES = {
    "sqlite": """
        SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master ON sqlite_master.name = dbstat.name
        GROUP BY tbl_name
    """,
    "postgresql": """
        SELECT relname, pg_total_relation_size(oid) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    """,
}


def tables() -> dict[str, tuple[int, int]]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM FULL")  # what is read, not what building the pool left behind
        cursor.execute(SIZES[connection.vendor])
        sizes = dict(cursor.fetchall())
        counted = {}
        for name, size in sizes.items():
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counted[name] = (int(size), cursor.fetchone()[0])
    return counted


if __name__ == "__main__":
    sys.path.insert(0, str(Path(ROOT)))
    sys.exit(main())
