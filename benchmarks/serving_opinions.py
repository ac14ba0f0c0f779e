"""What second opinions cost to serve: CPU of next + answer with them over without, at 10k, 100k and 1M items.

    python -m benchmarks.serving_opinions [--sizes 10000 100000 1000000] [--databases sqlite postgresql] [--labels 480]

Every size is a database of its own, built once. One process serves all of them without a server around it, in turns:
with second opinions and without on the same items, every second round the other way round. So whatever else the machine
does falls on both alike, and in ten minutes the ratio is known that ``benchmarks.serving --second-opinions`` needs a
quiet machine for. Eight annotators take turns; before every turn a ranking is published, as after a run.

CPU is that of the process (SQLite's work is in it) and that of the server's process beside it (PostgreSQL). Exit code 1
where second opinions cost more than 1.15 of without, or a label at the largest size more than 1.2 of one at the
smallest.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.serving import ANSWERS, CLIENTS, COUNTS, KNOWN, MAX_RATIO, MAX_SECOND, ROOT, postgresql, redis

ROUNDS, WARM_UP = 8, 16
LIMIT_S = 1_200


@dataclass
class ServedSize:
    """What was served one way at one size."""

    labels: int = 0
    cpu_s: float = 0.0
    database_s: float = 0.0
    statements: int = 0
    opinions: int = 0

    @property
    def cpu_ms(self) -> float:
        """Of a label, the database's server included."""
        return (self.cpu_s + self.database_s) / self.labels * 1000


class ServedInProcess:
    """The application in this process, and the databases that it can be put on."""

    def __init__(self) -> None:
        from config.wsgi import application

        self.application: Callable[..., Any] = application
        self.tokens: list[str] = []
        self.turn = 0

    def request(self, method: str, path: str, body: object) -> Any:
        """What the answer holds; one of the annotators asks."""
        content, status = json.dumps(body).encode(), []
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(content)),
            "HTTP_AUTHORIZATION": f"Token {self.tokens[self.turn % CLIENTS]}", "wsgi.input": io.BytesIO(content),
            "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        answer = self.application(environ, lambda line, headers, exc_info=None: status.append(line))
        received = b"".join(answer)
        answer.close()
        if status[0][:3] not in ("200", "201"):
            raise SystemExit(f"{method} {path}: {status[0]} {received[:300]!r}")
        return json.loads(received)

    def label(self, count: int, labels: int) -> None:
        """The annotators answer so many, ``count`` questions at once."""
        done = 0
        while done < labels:
            self.turn += 1
            for task in self.request("POST", "/api/v1/projects/bench/tasks/next/", {"count": count}):
                answer = {"answer": ANSWERS[task["kind"]], "elapsed_ms": 900}
                self.request("PUT", f"/api/v1/tasks/{task['id']}/answer/", answer)
                done += 1


def measure(name: str, sizes: list[int], labels: int, share: float) -> dict[tuple[int, float, int], ServedSize]:
    """Every size with second opinions and without, asked for five at once and one by one."""
    import django

    django.setup()
    from django.db import connection

    tokens = {size: built(name, size) for size in sizes}
    server = ServedInProcess()
    found = {(size, way, count): ServedSize() for size in sizes for way in (0.0, share) for count in COUNTS}
    for number in range(ROUNDS):
        for size in sizes:
            put_on(name, size)
            server.tokens = tokens[size]
            for way in (0.0, share) if number % 2 else (share, 0.0):
                publish(way)
                server.label(COUNTS[0], WARM_UP)
                for count in COUNTS:
                    take_turn(server, connection, count, labels // ROUNDS, found[size, way, count])
    return found


def take_turn(server: ServedInProcess, connection: Any, count: int, labels: int, served: ServedSize) -> None:
    """Serve and add what it cost."""
    from labeling.models import Task

    before = Task.objects.count()
    backend = backend_of(connection)

    def counted(execute: Callable[..., Any], *what: Any) -> Any:
        served.statements += 1
        return execute(*what)

    database, start = cpu_s(backend), time.process_time()
    with connection.execute_wrapper(counted):
        server.label(count, labels)
    served.cpu_s += time.process_time() - start
    served.database_s += cpu_s(backend) - database
    tasks = Task.objects.order_by("-pk")[: Task.objects.count() - before]
    served.labels += len(tasks)
    served.opinions += sum(task.reason == "second_opinion" for task in tasks)


def backend_of(connection: Any) -> psutil.Process | None:
    """PostgreSQL's process for this connection."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


def cpu_s(process: psutil.Process | None) -> float:
    """User and system time of a process."""
    return sum(process.cpu_times()[:2]) if process else 0.0


def publish(share: float) -> None:
    """A new ranking, with second opinions or without."""
    from benchmarks.serving_pool import ask_again

    ask_again(share)


def put_on(name: str, size: int) -> None:
    """From now on the process serves the database of that size."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database(name, size)


def database(name: str, size: int) -> str:
    """Where a size is kept."""
    return f"bench_{size}" if name == "postgresql" else str(Path(os.environ["QUERENT_HOME"]) / f"bench-{size}.sqlite3")


def built(name: str, size: int) -> list[str]:
    """A database with a project of that size; the annotators' tokens."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.serving_pool import answer, build

    start = time.perf_counter()
    if name == "postgresql":
        connection.close()
        connection.settings_dict["NAME"] = "postgres"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {database(name, size)}")
    put_on(name, size)
    call_command("migrate", verbosity=0)
    tokens = build(size, CLIENTS)
    answer(KNOWN)
    if name == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    print(f"# {name} {size:,} items built in {time.perf_counter() - start:.0f} s", flush=True)
    return tokens


def report(name: str, found: dict[tuple[int, float, int], ServedSize], share: float) -> bool:
    """Print a line for every size and count; whether the bounds hold."""
    print(f"\n{name}: CPU of a label (next + answer) in one process, with second opinions and without")
    print("    items count  without     with  ratio  statements: without   with  second opinions  over the smallest")
    sizes = sorted({size for size, _, _ in found})
    ratios, growth = [], []
    for count in COUNTS:
        for size in sizes:
            plain, second, least = found[size, 0.0, count], found[size, share, count], found[sizes[0], share, count]
            ratios.append(second.cpu_ms / plain.cpu_ms)
            growth.append(second.cpu_ms / least.cpu_ms)
            statements = [each.statements / each.labels for each in (plain, second)]
            figures = f"{plain.cpu_ms:8.2f} {second.cpu_ms:8.2f} {ratios[-1]:6.3f} {statements[0]:20.2f} "
            figures += f"{statements[1]:6.2f} {second.opinions / second.labels:16.1%} {growth[-1]:18.2f}"
            print(f"{size:>9,} {count:>5} {figures}")
    ok = max(ratios) <= MAX_SECOND and max(growth) <= MAX_RATIO
    print("met" if ok else "NOT met", f"(<= {MAX_SECOND} of without, <= {MAX_RATIO} of the smallest)", flush=True)
    return ok


@contextmanager
def place(name: str) -> Iterator[dict[str, str]]:
    """The environment of a process with a home, a Redis and a database of its own."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="querent-bench-"))
        (Path(home) / "static").mkdir()
        env = {**os.environ, "QUERENT_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings"}
        env.pop("DATABASE_URL", None)
        if name == "postgresql":
            env["DATABASE_URL"], _ = stack.enter_context(postgresql())
        env["REDIS_URL"] = stack.enter_context(redis(home))
        yield env


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--labels", type=int, default=480, help="Labels of one measurement, over all rounds.")
    parser.add_argument("--share", type=float, default=0.3, help="Of the questions that are second opinions.")
    parser.add_argument("--here", action="store_true", help="In this process: the environment says the database.")
    options = parser.parse_args()
    if options.here:
        (name,) = options.databases
        return 0 if report(name, measure(name, options.sizes, options.labels, options.share), options.share) else 1
    missed = 0
    for name in options.databases:
        with place(name) as env, (Path(env["QUERENT_HOME"]) / "log.txt").open("w+") as log:
            command = [sys.executable, "-m", "benchmarks.serving_opinions", "--here", "--databases", name]
            command += ["--labels", str(options.labels), "--share", str(options.share)]
            command += ["--sizes", *map(str, options.sizes)]
            ran = subprocess.run(command, cwd=ROOT, env=env, stderr=log, timeout=LIMIT_S, check=False)
            missed += ran.returncode != 0
            with suppress(OSError):
                log.seek(0)
                if "Traceback" in (written := log.read()):
                    print(written[-3_000:], file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
