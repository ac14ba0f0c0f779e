"""Server CPU of every page, fragment and list at 10k and 1M items: what grows with the project.

    python -m benchmarks.pages [--sizes 10000 1000000] [--databases sqlite postgresql] [--requests 5] [--only metrics]

The addresses are walked in the URL configuration, so that a new page is in it by itself: all that a GET answers, as a
manager who is a superuser, on the pool of benchmarks/items_pool.py (every tenth item answered, by eight people of an
import) with a run, a model and a row of most tables. What only hands out a file whose size is the project's is left
out, by name. CPU is user + system of gunicorn, PostgreSQL's own is added. What cannot be walked is printed.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
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


def prepare() -> None:
    """In the home of the pool: rows that addresses name, and a superuser; prints them with a session."""
    import django

    django.setup()
    from benchmarks.items_pool import session_of
    from labeling.models import ImportBatch, Item, Machine, MachineVersion, Member, Project, Snapshot, Task, User
    from learning.models import Alert, ModelVersion, PredictionCaller, Release, Run, SimilarSearch

    project = Project.objects.get(slug="bench")
    manager = User.objects.get(username="manager")
    User.objects.filter(pk=manager.pk).update(is_superuser=True, is_staff=True)
    manager.refresh_from_db()
    item = Item.objects.filter(project=project, ordinal=10).get()
    run = Run.objects.create(project=project, trigger="manual", state="done")
    models = [
        ModelVersion.objects.create(
            project=project, number=number, status=status, encoder="e", learner="logistic", trained_on=100, run=of,
            labels=["ham", "spam"], metrics={"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 100}},
        )
        for number, status, of in ((1, "champion", run), (2, "candidate", None))
    ]  # fmt: skip
    machine = Machine.objects.create(project=project, name="judge")
    MachineVersion.objects.create(machine=machine, name="1")
    Release.objects.create(
        project=project, number=1, candidate=models[1], champion=models[0], mode="shadow", share=0, promotes=False
    )
    batch = ImportBatch.objects.create(project=project, format="rows", path="", state="done")
    snapshot = Snapshot.objects.create(project=project, format="jsonl", rows="items", state="queued")
    search = SimilarSearch.objects.create(project=project, key="k", item=item, state="done", result=[])
    member = Member.objects.filter(project=project).exclude(user=manager).select_related("user").first()
    task = Task.objects.filter(project=project).first()
    alert = Alert.objects.create(project=project, kind="run_failed", message="m")
    caller = PredictionCaller.objects.create(project=project, caller="user:0")
    values = {
        "slug": "bench", "username": member and member.user.username, "number": 1, "pk": item.pk, "part": "item",
        "public_id": str(run.public_id), "import public_id": str(batch.public_id), "name": "judge",
        "imports public_id": str(batch.public_id), "snapshot public_id": str(snapshot.public_id),
        "similar public_id": str(search.public_id), "model pk": models[0].pk, "member pk": member and member.pk,
        "machine pk": machine.pk, "alert pk": alert.pk, "caller pk": caller.pk, "task pk": task and task.pk,
    }  # fmt: skip
    print(json.dumps({"session": session_of(manager), "values": values}))


def measure(database: str, options: argparse.Namespace) -> bool:
    routes = addresses(options.only)
    with ExitStack() as stack:
        pools = {}
        for size in options.sizes:
            pool = stack.enter_context(served(database, size, options, pages=True))
            for command in (["benchmarks.items_pool"], ["benchmarks.pages", "--prepare"]):
                ran = [sys.executable, "-m", *command]
                built = subprocess.run(ran, cwd=ROOT, env=pool.env, check=True, capture_output=True, text=True)
            told = json.loads(built.stdout.splitlines()[-1])
            pools[size] = Walked(pool, told["session"], told["values"])
        for _ in range(ROUNDS):
            for one in pools.values():
                one.round(routes, options.requests)
    return report(database, pools)


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
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if options.prepare:
        prepare()
        return 0
    import django

    django.setup()
    options.kind, options.overlap = "classification", 1
    met = [measure(database, options) for database in options.databases]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
