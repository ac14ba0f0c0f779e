"""Server CPU of every page, fragment and list at 10k and 1M items: what grows with the project.

    python -m benchmarks.pages [--sizes 10000 1000000] [--databases sqlite postgresql] [--requests 5] [--only metrics]

The addresses are walked in the URL configuration, so that a new page is in it by itself: all that a GET answers, as a
manager who is a superuser, on the pool of benchmarks/items_pool.py and benchmarks/pages_pool.py: the same shares of all
there is at every size (a tenth of the items answered in an import, a tenth here, a tenth of these twice). A worker runs
what pages ask of workers, before anything is timed. What only hands out a file whose size is the project's is left out,
by name. CPU is user + system of gunicorn, PostgreSQL's own is added. What cannot be walked is printed.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.serving import ROOT, Served, cpu_s, served

ROUNDS = 3
MAX_RATIO = 1.5
#: Of two requests so near to nothing the ratio says nothing.
LEAST_MS = 2.0
#: So much says enough: the clock of a process has hundredths of a second.
ENOUGH_MS = 400.0
SPACES = ("pages", "learning-pages", "api", "learning-api")
#: Their answer is the project, row by row.
WHOLE_FILES = {
    "api:export": "the data set", "api:audit-file": "the log", "learning-pages:map-points": "a point an item",
    "learning-pages:map-colours": "a colour an item", "learning-api:map-places": "a place an item",
}  # fmt: skip
QUERIES = {
    "api:predictions": "?machine=judge&version=1", "learning-api:compare": "?models=1,2",
    "learning-pages:compare": "?models=1,2",
}  # fmt: skip


@dataclass
class Walked:
    """The addresses of one size: CPU of a request in ms by the name of the address, or the status of what is none."""

    pool: Served
    session: str
    values: dict[str, Any]
    ms: dict[str, list[float]] = field(default_factory=dict)
    not_walked: dict[str, str] = field(default_factory=dict)

    def cpu(self) -> float:
        return 1000 * (cpu_s(self.pool.gunicorn) + cpu_s(self.pool.postmaster))

    def get(self, address: str) -> tuple[int, int]:
        """Status and bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.pool.port, timeout=120)
        connection.request("GET", address, headers={"Cookie": f"sessionid={self.session}", "Host": "localhost"})
        answer = connection.getresponse()
        size_bytes = len(answer.read())
        connection.close()
        return answer.status, size_bytes

    def look(self, addresses: dict[str, str]) -> None:
        """All of them once, and then what they have asked of workers, until nothing is asked any more."""
        for _ in range(2):  # the index of items has its facets first, and then its words
            for name, route in addresses.items():
                with suppress(KeyError):
                    self.get(filled(name, route, self.values))
            work = [sys.executable, "-m", "benchmarks.pages_pool", "--work"]
            subprocess.run(work, cwd=ROOT, env=self.pool.env, check=True)

    def round(self, addresses: dict[str, str], requests: int) -> None:
        for name, route in addresses.items():
            if name in self.not_walked:
                continue
            try:
                address = filled(name, route, self.values)
            except KeyError as missing:
                self.not_walked[name] = f"nothing for {missing}"
                continue
            status, _ = self.get(address)  # and what is brought up to date by who looks first is
            if status != 200:
                self.not_walked[name] = str(status)
                continue
            before, n = self.cpu(), 0
            while n < requests and (n == 0 or self.cpu() - before < ENOUGH_MS):
                self.get(address)
                n += 1
            self.ms.setdefault(name, []).append((self.cpu() - before) / n)


def addresses(only: str) -> dict[str, str]:
    """Routes by the names of the addresses that answer a GET."""
    from django.urls import URLPattern, URLResolver, get_resolver

    def walk(patterns: list[Any], route: str, space: str) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            here = route + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here, pattern.namespace or space)
            elif isinstance(pattern, URLPattern) and space in SPACES and pattern.name:
                yield f"{space}:{pattern.name}", f"/{here}"

    found = dict(walk(get_resolver().url_patterns, "", ""))
    return {name: route for name, route in found.items() if only in name and name not in WHOLE_FILES}


def filled(name: str, route: str, values: dict[str, Any]) -> str:
    """The route with what exists in the place of its names. Raises KeyError."""
    room = name.partition(":")[2].partition("-")[0]
    parts = []
    for part in route.split("/"):
        if part.startswith("<"):
            kind = part.strip("<>").rpartition(":")[2]
            found = values.get(f"{name.partition(':')[2]} {kind}", values.get(f"{room} {kind}", values.get(kind)))
            if found is None:
                raise KeyError(f"{room} {kind}")
            part = str(found)
        parts.append(part)
    return "/".join(parts) + QUERIES.get(name, "")


def measure(database: str, options: argparse.Namespace) -> bool:
    routes = addresses(options.only)
    with ExitStack() as stack:
        pools = {}
        for size in options.sizes:
            keep = options.keep and options.keep / f"{database}-{size}"
            pool = stack.enter_context(served(database, size, options, pages=True, keep=keep))
            told = named_in(pool)
            pools[size] = Walked(pool, told["session"], told["values"])
        if options.build_only:
            return True
        for one in pools.values():
            one.look(routes)
        for _ in range(ROUNDS):
            for one in pools.values():
                one.round(routes, options.requests)
    return report(database, pools)


def named_in(pool: Served) -> dict[str, Any]:
    """A session and what addresses name; makes them in a pool that was not walked before."""
    told = Path(pool.env["QUERENT_HOME"]) / "named.json"
    if not told.exists():
        for module in ("benchmarks.items_pool", "benchmarks.pages_pool"):
            ran = [sys.executable, "-m", module]
            built = subprocess.run(ran, cwd=ROOT, env=pool.env, check=True, stdout=subprocess.PIPE, text=True)
        told.write_text(built.stdout.splitlines()[-1])
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def report(database: str, pools: dict[int, Walked]) -> bool:
    print(f"\n{database}: server CPU a request, ms (database included), and the largest over the smallest size")
    (small, *_, large), names = pools.values(), sorted(set.intersection(*(set(one.ms) for one in pools.values())))
    rows = []
    for name in names:
        ms = [statistics.median(one.ms[name]) for one in pools.values()]
        ratio = max(ms[-1], LEAST_MS) / max(ms[0], LEAST_MS)
        rows.append((ratio, name, ms))
    for ratio, name, ms in sorted(rows, reverse=True):
        print(f"{name:44}" + "".join(f"{one:>9.1f}" for one in ms) + f"{ratio:>7.2f}" + " GROWS" * (ratio > MAX_RATIO))
    grows = sum(ratio > MAX_RATIO for ratio, *_ in rows)
    print(f"{len(rows)} addresses, {grows} grow beyond {MAX_RATIO}; left out: {', '.join(sorted(WHOLE_FILES))}")
    print(
        "not walked: "
        + ", ".join(f"{name} ({why})" for name, why in sorted((large.not_walked | small.not_walked).items()))
    )
    print("met" if not grows else "NOT met", flush=True)
    return not grows


def main() -> int:
    parser = argparse.ArgumentParser(prog="pages", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--requests", type=int, default=5, help="of each address in a round")
    parser.add_argument("--only", default="", help="part of the names of addresses")
    parser.add_argument("--keep", type=Path, help="folder where pools stay, to be walked again")
    parser.add_argument("--build-only", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    options.kind, options.overlap = "classification", 1
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    met = [measure(database, options) for database in options.databases]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
