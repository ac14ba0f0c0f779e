"""The argument set through REST: 793 arguments, 24 debates, 63,988 real judgments, 20 annotators, a real worker.

    python -m benchmarks.pairwise_replay [--judgments 64000] [--people 20] [--runs 8]

``manage.py up`` runs on an empty home. The items, their debates as contexts and the pairs are imported (only these
pairs are asked: of one person each in the first tenth, then the overlap is raised to five); 20 simulated annotators
work at once, each answers the pair it is asked with the data set's next unused judgment of that pair, turned round when
the sides are swapped. Nothing is held out (``eval_share`` 0): what is compared with the reference is the ranking, not
the prediction for unseen arguments. After a tenth of the judgments and after all of them the scores that REST gives are
compared with the reference by Kendall's tau, debate by debate. While a run is at work in the second part, its worker is
killed with -9. Twelve arguments stand twice in a debate, word by word: the application refuses the second, its
judgments go to the first. Exit code 1 when a check fails.
"""

import argparse
import csv
import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from scipy.stats import kendalltau

from benchmarks.label_to_ranking import ROOT
from benchmarks.loop_sms import Client, unfinished, wait
from benchmarks.open_data import DATA as OPEN_DATA

DATA = OPEN_DATA / "pair_ukp_convarg1"
OVERLAP = 5
LEAST_TAU, LEAST_TAU_OF_A_TENTH = 0.72, 0.60
EMPTY_S = 20.0
SETTLE_S = 900.0
SWAPPED = {"left": "right", "right": "left", "tie": "tie"}
CHOICES = {"a1": "left", "a2": "right", "equal": "tie"}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--judgments", type=int, default=64_000, help="At most; 62,028 can be asked.")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--runs", type=int, default=8, help="Trainings in each of the two parts, about.")
    options = parser.parse_args()
    if not DATA.exists():
        print(f"skipped: {DATA} is absent")
        return 0
    arguments = Arguments()
    with served() as server:
        admin = Client(server.url)
        login = {"username": "admin", "password": server.password}
        admin.token = admin.call("POST", "/auth/token/", login)["token"]
        return Replay(arguments, server, admin, options).drive()


class Arguments:
    """The data set: items with their debates, judgments by pair in the order of the file, the reference."""

    def __init__(self) -> None:
        self.id_of: dict[tuple[str, str], str] = {}
        rows = _rows("items")
        # the same words twice in one debate are one argument: the application refuses the second
        same = {row["id"]: self.id_of.setdefault((_question(row), row["text"].strip()), row["id"]) for row in rows}
        self.items = [row for row in rows if same[row["id"]] == row["id"]]
        self.debates = sorted({row["topic"] for row in self.items})
        self.judgments: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for row in _rows("judgments"):
            left, right = same[row["left"]], same[row["right"]]
            if left != right:
                self.judgments[_key(left, right)].append((left, CHOICES[row["choice"]]))
        self.total = sum(min(len(given), OVERLAP) for given in self.judgments.values())
        # a smaller rank is the more convincing argument
        self.reference = {row["id"]: -float(row["rank"]) for row in _rows("ranking")}

    def as_import(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = [
            {"id": row["id"], "text": row["text"], "context": {"id": row["topic"], "text": _question(row)}}
            for row in self.items
        ]
        return items + [{"left": left, "right": right} for left, right in self.judgments]


def _question(row: dict[str, str]) -> str:
    return f"{row['question']} Side: {row['stance']}".strip()


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def _key(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


@dataclass
class Server:
    url: str
    port: int
    password: str
    process: psutil.Process
    environment: dict[str, str]

    def workers(self) -> list[psutil.Process]:
        return [one for one in self.process.children(recursive=True) if "worker" in one.cmdline()]

    def kill_worker(self) -> int:
        """kill -9 of the worker and its children, as when the machine's memory runs out."""
        killed = self.workers()
        for one in killed:
            one.send_signal(signal.SIGKILL)
        return len(killed)


@contextmanager
def served() -> Iterator[Server]:
    """``manage.py up`` on an empty home."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    password = "replay password 7531"
    with tempfile.TemporaryDirectory(prefix="querent-replay-") as home:
        environment = {
            **os.environ, "QUERENT_HOME": home, "HOST": "127.0.0.1", "PORT": str(port), "DATABASE_URL": "",
            "REDIS_URL": "", "QUERENT_ADMIN_USERNAME": "admin", "QUERENT_ADMIN_PASSWORD": password,
        }  # fmt: skip
        command = [sys.executable, "manage.py", "up", "--no-samples"]
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait(lambda: _answers(port), "the server answers")
            yield Server(f"http://127.0.0.1:{port}", port, password, psutil.Process(program.pid), environment)
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(60)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass
class Sent:
    """What was answered: (annotator, left, right, winner)."""

    target: int = 0
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    skipped: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Replay:
    def __init__(self, arguments: Arguments, server: Server, admin: Client, options: argparse.Namespace) -> None:
        self.arguments, self.server, self.admin, self.options = arguments, server, admin, options
        self.left_over = {pair: list(given) for pair, given in arguments.judgments.items()}
        self.sent = Sent()
        self.failures: list[str] = []
        self.killed_attempts = 0

    def drive(self) -> int:
        wanted = min(self.options.judgments, self.arguments.total)
        self.project = self._make_project()
        self.tokens = self._people()
        tenth, taus = max(wanted // 10, 1), {}
        for share, target in (("a tenth", tenth), ("all", wanted)):
            every = max((target - len(self.sent.rows)) // self.options.runs, 1)
            self._set(retrain_every=every, overlap=1 if share == "a tenth" else OVERLAP)
            before, started = len(self.sent.rows), time.perf_counter()
            self._answer_until(target, kill=share == "all")
            rate = (len(self.sent.rows) - before) / max(time.perf_counter() - started, 1e-9)
            print(f"{share}: {len(self.sent.rows):,} judgments, {rate:,.0f}/s")
            self._settle()
            taus[share] = self._tau()
            print(f"{share}: mean Kendall tau {taus[share][0]:.3f}, {taus[share][1]} debates connected", flush=True)
        return self._report(taus, wanted)

    def _make_project(self) -> str:
        body = {
            "name": "Arguments", "slug": "arguments", "kind": "pairwise", "modality": "text",
            "purpose": "Which argument is more convincing?",
            "settings": {"eval_share": 0.0, "repeat_share": 0.0, "pairs": "given"},
        }  # fmt: skip
        project = f"/projects/{self.admin.call('POST', '/projects/', body)['slug']}"
        batch = self.admin.call("POST", f"{project}/imports/", {"rows": self.arguments.as_import()})
        done = wait(lambda: _ended(self.admin.call("GET", f"{project}/imports/{batch['id']}/")), "the import ends")
        print(f"import: {done['state']}, {done['accepted']:,} accepted, {done['rejected']:,} rejected", flush=True)
        wait(lambda: not unfinished(self.admin.results(f"{project}/runs/")), "the first run ends")
        return project

    def _people(self) -> dict[str, str]:
        command = [sys.executable, "-m", "benchmarks.pairwise_pool", "--project", "arguments"]
        made = subprocess.run(
            [*command, "--people", str(self.options.people)],
            cwd=ROOT, env=self.server.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        tokens: dict[str, str] = json.loads(made.stdout.splitlines()[-1])
        return tokens

    def _set(self, **settings: int) -> None:
        self.admin.call("PATCH", f"{self.project}/", {"settings": settings})

    def _answer_until(self, target: int, kill: bool) -> None:
        self.sent.target = target
        threads = [threading.Thread(target=self._annotate, args=who) for who in self.tokens.items()]
        for thread in threads:
            thread.start()
        reported = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.2)
            kill = kill and not self._kill_while_running()
            if time.monotonic() - reported > 15:
                reported = time.monotonic()
                print(f"  {len(self.sent.rows):,} of {target:,} judgments, {self.sent.skipped} skipped", flush=True)
        for thread in threads:
            thread.join()
        if kill:
            self.failures.append("no run was at work while people answered: the worker was not killed")

    def _kill_while_running(self) -> bool:
        runs = self.admin.call("GET", f"{self.project}/runs/")["results"]
        at_work = next((run for run in runs if run["state"] == "running"), None)
        if at_work is None:
            return False
        n = self.server.kill_worker()
        self.killed_run = at_work["id"]
        step = at_work["steps"][-1]["name"] if at_work["steps"] else "no step yet"
        print(f"  kill -9 of the worker ({n} processes) during {step} of run {at_work['id']}", flush=True)
        return True

    def _annotate(self, name: str, token: str) -> None:
        """One annotator: asks for five pairs at a time and answers as the next real person did."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        last = time.monotonic()
        try:
            while len(self.sent.rows) < self.sent.target and time.monotonic() - last < EMPTY_S:
                tasks = _json(connection, token, "POST", f"{self.project}/tasks/next/", {"count": 5})
                for task in tasks:
                    last = time.monotonic()
                    self._answer(connection, name, token, task)
                if not tasks:
                    time.sleep(0.2)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            self.failures.append(f"{name}: {error!r}")
        finally:
            connection.close()

    def _answer(self, connection: http.client.HTTPConnection, name: str, token: str, task: dict[str, Any]) -> None:
        question = task["context"]["text"]
        left, right = (self.arguments.id_of[question, task[side]["text"].strip()] for side in ("left", "right"))
        with self.sent.lock:
            if len(self.sent.rows) >= self.sent.target:
                return
            given = self.left_over[_key(left, right)]
            judged = given.pop(0) if given else None
            if judged:
                winner = judged[1] if judged[0] == left else SWAPPED[judged[1]]
                self.sent.rows.append((name, left, right, winner))
            else:
                self.sent.skipped += 1
        if judged is None:
            _json(connection, token, "POST", f"/tasks/{task['id']}/skip/", {"reason": "unclear"})
            return
        answer = {"answer": {"winner": winner}, "elapsed_ms": 4_000, "ui_version": "replay", "viewport": "wide"}
        _json(connection, token, "PUT", f"/tasks/{task['id']}/answer/", answer)

    def _settle(self) -> None:
        """Everything that was answered has been learned from."""
        self._wait_for_runs()
        self.admin.call("POST", f"{self.project}/runs/")
        self._wait_for_runs()

    def _wait_for_runs(self) -> None:
        deadline = time.monotonic() + SETTLE_S
        while unfinished(self.admin.results(f"{self.project}/runs/")):
            if time.monotonic() > deadline:
                raise SystemExit(f"runs did not end within {SETTLE_S:.0f} s")
            time.sleep(0.5)

    def _tau(self) -> tuple[float, int]:
        """Mean over the debates, and how many of them have ranks."""
        found, connected = [], 0
        for debate in self.arguments.debates:
            scores = self.admin.call("GET", f"{self.project}/scores/?context={debate}")
            connected += scores["connected"]
            rows = [(score["score"], self.arguments.reference[score["external_id"]]) for score in scores["scores"]]
            found.append(float(kendalltau(*np.array(rows).T)[0]) if rows else float("nan"))
        return float(np.mean(found)), connected

    def _report(self, taus: dict[str, tuple[float, int]], wanted: int) -> int:
        everything = wanted == self.arguments.total
        runs = self.admin.results(f"{self.project}/runs/")
        exported = self._exported()
        checks = {
            "nobody met an error": not self.failures,
            f"{wanted:,} judgments were given": len(self.sent.rows) == wanted,
            "every judgment is in the export once, with its side and its annotator": exported
            == Counter(self.sent.rows),
            "no run failed": all(run["state"] != "failed" for run in runs),
            "the run whose worker was killed ended": any(
                run["id"] == getattr(self, "killed_run", None) and run["state"] == "done" for run in runs
            ),
        }
        if everything:
            tenth, whole = taus["a tenth"][0], taus["all"][0]
            checks[f"tau of a tenth at least {LEAST_TAU_OF_A_TENTH}"] = tenth >= LEAST_TAU_OF_A_TENTH
            checks[f"tau of all at least {LEAST_TAU}"] = whole >= LEAST_TAU
            checks["every debate is connected in the end"] = taus["all"][1] == len(self.arguments.debates)
        for row, n in list((exported - Counter(self.sent.rows)).items())[:3]:
            print(f"  only in the export: {n} x {row}")
        for row, n in list((Counter(self.sent.rows) - exported).items())[:3]:
            print(f"  not in the export: {n} x {row}")
        print(f"runs: {Counter(run['state'] for run in runs)}; {self.sent.skipped} skipped for want of a judgment")
        for failure in self.failures[:5]:
            print(f"  {failure}")
        for name, holds in checks.items():
            print(f"{'ok ' if holds else 'NOT'} {name}")
        if not everything:
            print("the limits of tau hold for all judgments only; they were not applied")
        return 0 if all(checks.values()) else 1

    def _exported(self) -> "Counter[tuple[str, str, str, str]]":
        """(annotator, left, right, winner) of every row of the export."""
        items = self.admin.raw("GET", f"{self.project}/export/?format=jsonl&rows=scores").splitlines()
        name_of = {row["item_id"]: row["external_id"] for row in map(json.loads, items)}
        lines = self.admin.raw("GET", f"{self.project}/export/?format=jsonl&rows=annotations").splitlines()
        return Counter(
            (row["annotator"], name_of[row["left_id"]], name_of[row["right_id"]], row["answer"]["winner"])
            for row in map(json.loads, lines)
        )


def _json(connection: http.client.HTTPConnection, token: str, method: str, path: str, body: Any) -> Any:
    """Raises RuntimeError for what is no success."""
    headers = {"Content-Type": "application/json", "Authorization": f"Token {token}"}
    connection.request(method, f"/api/v1{path}", json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read()
    if response.status not in (200, 201, 204):
        raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
    return json.loads(content) if content else None


def _ended(batch: dict[str, Any]) -> dict[str, Any] | None:
    return batch if batch["state"] in ("done", "failed") else None


if __name__ == "__main__":
    sys.exit(main())
