"""What the processes of ``manage.py up`` cost: their starts, their memory and CPU when nobody asks for anything.

    python -m benchmarks.processes [--tree FOLDER] [--quiet 120] [--worked]

A start is all CPU of all processes from the command until nobody computes any more, without samples. Memory is what
each process has to itself and its share of the rest (PSS), in MB of a million bytes. A day is the CPU of the quiet time
as often as it goes into a day, and that of the daily job, measured once. ``--worked`` has 10,000 questions answered
over REST (a script's rule), which is 20 runs, and looks again. ``benchmarks.compare`` prints both beside an older
commit.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psutil

ROOT = Path(__file__).resolve().parent.parent
Figures = dict[str, float]
PATIENCE_S = 900.0
#: Nobody computes: less than this share of a core for so long.
CALM_SHARE, CALM_S = 0.08, 6
LEAST_PROCESSES = 6
DAY_S = 86_400
#: The scheduler asks once a minute whether the daily job is due.
DAILY_S = 75
FIRST_START, SECOND_START = "first start, CPU s until all rest", "second start, CPU s until all rest"
IDLE_MEMORY, IDLE_DAY = "idle memory, all processes, PSS MB", "idle CPU of a day, s"
WORKED_MEMORY = "after 20 runs and 10,000 answers, PSS MB"
ANSWERS, RUNS = 10_000, 20
PASSWORD = "a-benchmark-of-processes"
WORDS = ("river", "engine", "garden", "signal", "window", "copper", "winter", "market", "bridge", "violin")


class Up:
    """A context: ``manage.py up`` of a tree in a home; its CPU is known to the end."""

    def __init__(self, tree: Path, home: Path) -> None:
        self.tree, self.home, self.port = tree, home, _free_port()

    def __enter__(self) -> Self:
        self._before = os.times()
        environment = {
            **os.environ, "QUERENT_HOME": str(self.home), "PORT": str(self.port), "QUERENT_ADMIN_PASSWORD": PASSWORD,
            "PYTHONPATH": str(self.tree),
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-samples"],
            cwd=self.tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._up = psutil.Process(self._process.pid)
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def everybody(self) -> list[psutil.Process]:
        return [self._up, *self._up.children(recursive=True)]

    def cpu_s(self) -> float:
        """Of all processes that live and of those that they have waited for."""
        total = 0.0
        for process in self.everybody():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(process.cpu_times()[:4])
        return total

    def memory(self) -> dict[str, float]:
        found = {"PSS": 0.0, "RSS": 0.0}
        for process in self.everybody():
            full = process.memory_full_info()
            found["PSS"] += full.pss / 1e6
            found["RSS"] += full.rss / 1e6
        return found

    def rest(self) -> None:
        """Waits until nobody computes. Raises SystemExit when that does not come."""
        deadline = time.monotonic() + PATIENCE_S
        calm_since, last = time.monotonic(), 0.0
        while time.monotonic() - calm_since < CALM_S or len(self.everybody()) < LEAST_PROCESSES:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise SystemExit("it does not come to rest; run manage.py up by hand to see why")
            time.sleep(1)
            spent = self.cpu_s()
            if spent - last > CALM_SHARE:
                calm_since = time.monotonic()
            last = spent


def starts_and_rest(tree: Path, quiet_s: float) -> Figures:
    with tempfile.TemporaryDirectory(prefix="querent-processes-") as folder:
        home = Path(folder)
        with Up(tree, home) as up:
            up.rest()
            first_s = up.cpu_s()
        with Up(tree, home) as up:
            up.rest()
            second_s = up.cpu_s()
            memory, before = up.memory(), up.cpu_s()
            time.sleep(quiet_s)
            quiet = up.cpu_s() - before
            daily = _daily(up, quiet / quiet_s)
    return {
        FIRST_START: first_s,
        SECOND_START: second_s,
        IDLE_MEMORY: memory["PSS"],
        "idle memory, all processes, RSS MB": memory["RSS"],
        IDLE_DAY: quiet / quiet_s * DAY_S + daily,
    }


def _daily(up: Up, idle_share: float) -> float:
    """CPU seconds of the daily job beyond those of rest: made due in the database. 0 where there is no such job."""
    with contextlib.closing(sqlite3.connect(up.home / "querent.sqlite3", timeout=20)) as database:
        try:
            due = database.execute("DELETE FROM labeling_sweeprecord WHERE name = 'housekeeping'").rowcount
            database.commit()
        except sqlite3.OperationalError:
            return 0.0
    if not due:
        return 0.0
    before = up.cpu_s()
    time.sleep(DAILY_S)
    return max(0.0, up.cpu_s() - before - idle_share * DAILY_S)


def after_work(tree: Path) -> Figures:
    """Memory after 20 runs and 10,000 answers, and what was in fact done."""
    with tempfile.TemporaryDirectory(prefix="querent-processes-") as folder, Up(tree, Path(folder)) as up:
        up.rest()
        n_runs = _work(up)
        up.rest()
        memory, cpu_s = up.memory(), up.cpu_s()
    return {
        WORKED_MEMORY: memory["PSS"],
        "runs that were done": n_runs,
        "CPU s of all of it": cpu_s,
    }


def _work(up: Up) -> int:
    client = http.client.HTTPConnection("127.0.0.1", up.port, timeout=300)
    headers = {"Content-Type": "application/json"}

    def ask(method: str, path: str, body: Any = None) -> Any:
        client.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said[:300]!r}")
        return json.loads(said) if said else None

    token = ask("POST", "auth/token/", {"username": "admin", "password": PASSWORD})["token"]
    headers["Authorization"] = f"Token {token}"
    ask("POST", "projects/", {
        "slug": "work", "name": "Work", "kind": "classification", "modality": "text",
        "labels": [{"name": "even"}, {"name": "odd"}],
        "settings": {"retrain_every": ANSWERS // RUNS, "eval_share": 0.1, "overlap": 1},
    })  # fmt: skip
    rows = [{"id": str(number), "text": _text(number)} for number in range(ANSWERS + 2_000)]
    started = ask("POST", "projects/work/imports/", {"rows": rows})
    _until(lambda: ask("GET", f"projects/work/imports/{started['id']}/")["state"] == "done")
    answered = 0
    while answered < ANSWERS:
        tasks = ask("POST", "projects/work/tasks/next/", {"count": 20})
        if not tasks:
            raise SystemExit(f"no questions after {answered} answers")
        for task in tasks:
            is_odd = sum(word in task["item"]["text"] for word in WORDS[:5]) > 1
            ask("PUT", f"tasks/{task['id']}/answer/", {"answer": {"label": "odd" if is_odd else "even"}})
            answered += 1
        if answered // 500 != (answered - len(tasks)) // 500:  # so that each threshold has a run of its own
            wanted = answered // 500
            _until(lambda wanted=wanted: _runs_done(ask) >= wanted)
    return _runs_done(ask)


def _runs_done(ask: Any) -> int:
    return sum(run["state"] == "done" for run in ask("GET", "projects/work/runs/?limit=100")["results"])


def _until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("waited in vain")
        time.sleep(0.5)


def _text(number: int) -> str:
    """Six of the words and its number: no two are alike."""
    return " ".join(WORDS[(number * step + number // 7) % len(WORDS)] for step in (1, 3, 7, 2, 5, 11)) + f" {number}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--quiet", type=float, default=120.0, help="Seconds.")
    parser.add_argument("--worked", action="store_true")
    given = parser.parse_args()
    tree = given.tree.resolve()
    figures = after_work(tree) if given.worked else starts_and_rest(tree, given.quiet)
    for name, value in figures.items():
        print(f"{name:<52} {value:10.2f}", flush=True)


if __name__ == "__main__":
    main()
