"""The main loop over REST: import 5,000 messages, answer 400 questions truthfully, let it learn, export, check.

    python -m benchmarks.loop_sms [--texts 5000] [--answers 400] [--pace 0.02] [--url http://HOST:PORT --token KEY]

Without ``--url`` it starts ``manage.py up`` on a free port with an empty home and stops it in the end. The annotator
reads what REST shows (the text), knows the true label, and answers. Exit code 1 when a check fails.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.label_to_ranking import ROOT, SMS, messages

PATIENCE_S = 180.0
MIN_RUNS = 5
#: So that 400 answers hold the 200 eval answers a champion is asked for; at the default of .1 a version ranks only.
EVAL_SHARE = 0.3


class Client:
    """A person with a token."""

    def __init__(self, url: str, token: str = "") -> None:
        self.base, self.token = f"{url.rstrip('/')}/api/v1", token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        content = self.raw(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(content) if content else None

    def raw(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(self.base + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error

    def results(self, path: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        page = self.call("GET", path)
        while True:
            found += page["results"]
            if not page["next"]:
                return found
            page = self.call("GET", page["next"].partition("/api/v1")[2])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=5_000)
    parser.add_argument("--answers", type=int, default=400)
    parser.add_argument("--pace", type=float, default=0.02, help="Seconds the annotator thinks.")
    parser.add_argument("--url")
    parser.add_argument("--token")
    options = parser.parse_args()
    if not SMS.exists():
        print(f"skipped: {SMS} is absent")
        return 0
    if options.url:
        return drive(Client(options.url, options.token), options)
    with served() as (url, password):
        client = Client(url)
        client.token = client.call("POST", "/auth/token/", {"username": "admin", "password": password})["token"]
        return drive(client, options)


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """``manage.py up`` on an empty home; yields its address and the password of ``admin``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, password = f"http://127.0.0.1:{port}", "loop password 7531"
    with tempfile.TemporaryDirectory(prefix="querent-loop-") as home:
        environment = {
            **os.environ, "QUERENT_HOME": home, "HOST": "127.0.0.1", "PORT": str(port),
            "DATABASE_URL": "", "REDIS_URL": "", "QUERENT_ADMIN_USERNAME": "admin", "QUERENT_ADMIN_PASSWORD": password,
        }  # fmt: skip
        command = [sys.executable, "manage.py", "up", "--no-samples"]
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait(lambda: _answers(port), "the server answers")
            yield url, password
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(60)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5):
            return True
    except OSError:
        return False


def wait(condition: Any, what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {PATIENCE_S:.0f} s: {what}")
        time.sleep(0.1)
    return found


def drive(client: Client, options: argparse.Namespace) -> int:
    rows = messages(options.texts)
    truth = dict(rows)
    labels = [{"name": name} for name in sorted({label for _, label in rows})]
    body = {
        "name": "SMS loop",
        "kind": "classification",
        "modality": "text",
        "labels": labels,
        "purpose": "Find spam.",
        "settings": {"eval_share": EVAL_SHARE},
    }
    project = f"/projects/{client.call('POST', '/projects/', body)['slug']}"
    records = [{"id": f"m{number}", "text": text} for number, (text, _) in enumerate(rows)]
    batch = client.call("POST", f"{project}/imports/", {"rows": records})
    done = wait(lambda: _ended(client.call("GET", f"{project}/imports/{batch['id']}/")), "the import ends")
    print(f"import: {done['state']}, {done['accepted']:,} accepted, {done['duplicates']} duplicates")
    started = time.perf_counter()
    sent = annotate(client, project, truth, options)
    print(f"{len(sent)} answers in {time.perf_counter() - started:.1f} s")
    wait(lambda: not unfinished(client.results(f"{project}/runs/")), "runs end")
    print(f"all runs ended {time.perf_counter() - started:.1f} s after the first question")
    return report(client, project, sent)


def _ended(batch: dict[str, Any]) -> dict[str, Any] | None:
    return batch if batch["state"] in ("done", "failed") else None


def unfinished(runs: list[dict[str, Any]]) -> bool:
    return any(run["state"] in ("queued", "running") for run in runs)


def annotate(
    client: Client, project: str, truth: dict[str, str], options: argparse.Namespace
) -> dict[int, dict[str, str]]:
    """Answers by item."""
    sent: dict[int, dict[str, str]] = {}
    while len(sent) < options.answers:
        tasks = client.call("POST", f"{project}/tasks/next/", {"count": min(5, options.answers - len(sent))})
        if not tasks:
            raise SystemExit(f"no question after {len(sent)} answers")
        for task in tasks:
            answer = {"label": truth[task["item"]["text"]]}
            time.sleep(options.pace)
            client.call("PUT", f"/tasks/{task['id']}/answer/", {"answer": answer, "elapsed_ms": 700})
            sent[task["item"]["id"]] = answer
    return sent


def report(client: Client, project: str, sent: dict[int, dict[str, str]]) -> int:
    runs = client.results(f"{project}/runs/")
    models = client.results(f"{project}/models/")
    lines = client.raw("GET", f"{project}/export/?format=jsonl&rows=annotations").splitlines()
    exported = [json.loads(line) for line in lines]
    eval_items = {item["id"] for item in client.results(f"{project}/items/?split=eval")}
    queue = client.call("GET", f"{project}/queue/")
    ranking = next((model for model in models if model["ranks"]), None)
    champion = next((model for model in models if model["status"] == "champion"), None)
    for model in reversed(models):
        print(described(model))
    pool = [row for row in exported if row["split"] == "pool"]
    asked_of_model = [row for row in pool if row["reason"] == "strategy"]
    given = {row["item_id"]: row["answer"] for row in exported}
    checks = {
        f"at least {MIN_RUNS} runs done": sum(run["state"] == "done" for run in runs) >= MIN_RUNS,
        "no run failed": all(run["state"] != "failed" for run in runs),
        "a version ranks, and the queue is its own": ranking is not None and queue["model"] == ranking["number"],
        "its macro-F1 lies above the majority baseline's, intervals apart": ranking is not None
        and ranking["metrics"]["macro_f1"]["low"] > ranking["baselines"]["majority"]["macro_f1"]["high"],
        "the champion's macro-F1 lies above the majority baseline's, intervals apart": champion is not None
        and champion["metrics"]["macro_f1"]["low"] > champion["baselines"]["majority"]["macro_f1"]["high"],
        "nothing is verified on fewer than 200 eval answers": not any(
            model["verified"] and model["metrics"]["accuracy"]["n"] < 200 for model in models
        ),
        "the export has every answer exactly as sent": given == sent and len(exported) == len(sent),
        "every exported answer says why it was asked": all(row["reason"] for row in exported),
        "every pool answer has a propensity": all(0 < (row["propensity"] or 0) <= 1 for row in pool),
        "what a model picked names its version": any(row["model_version"] for row in asked_of_model)
        and all(row["epoch"] and row["strategy"] for row in asked_of_model),
        "the newest version learned from pool answers only": models[0]["trained_on"] <= len(pool),
        "no eval item is in the queue": not eval_items & {entry["item"] for entry in queue["entries"]},
        "no eval item was picked by a model": not eval_items & {row["item_id"] for row in pool},
    }
    reasons = {reason: sum(row["reason"] == reason for row in exported) for reason in ("eval", "random", "strategy")}
    print(f"runs: {[run['state'] for run in reversed(runs)]}; asked: {reasons}")
    for name, holds in checks.items():
        print(f"{'ok ' if holds else 'NOT'} {name}")
    return 0 if all(checks.values()) else 1


def described(model: dict[str, Any]) -> str:
    words = [f"model {model['number']:>2} {model['status']:<11} from {model['trained_on']:>3}"]
    for name in ("accuracy", "macro_f1"):
        if name in model["metrics"]:
            found, constant = model["metrics"][name], model["baselines"]["majority"][name]
            words.append(
                f"{name} {found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}] n={found['n']}"
                f" (majority {constant['value']:.3f} [{constant['low']:.3f}, {constant['high']:.3f}])"
            )
    return "  ".join(words)


if __name__ == "__main__":
    sys.exit(main())
