"""Server CPU of the page of items beside Label Studio's data manager: 10,000 items, the same filters, one window.

    python -m venv /tmp/label-studio && /tmp/label-studio/bin/pip install label-studio==1.23.0
    python -m benchmarks.items_beside --label-studio /tmp/label-studio/bin/label-studio [--home FOLDER]

Both serve SQLite and hold the same texts, labels, predictions and columns. Of Label Studio's page only the request that
lists the tasks of a view is counted, 50 a page, and none of those for columns, counts and people that it sends besides.
Beside it stand our list of the same items over REST, also 50 and with how many there are, and our whole page, facets
with their counts included. In turns, user + system time of the server processes by /proc.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil

from benchmarks.items import Measured
from benchmarks.serving import ROOT, cpu_s, free_port, running, served

SIZE = 10_000
MIN_RATIO = 20.0
AT_ONCE = 500
PAGE = 50
EMAIL, PASSWORD = "bench@example.org", "bench-Password-1"
CONFIG = """<View><Text name="text" value="$text"/><Choices name="label" toName="text">
<Choice value="spam"/><Choice value="ham"/></Choices></View>"""
#: By name: our query, and their filters and order.
Filter = tuple[str, str, str, Any]
VIEWS: dict[str, tuple[str, list[Filter], list[str]]] = {
    "everything": ("", [], []),
    "label": ("label=spam", [("annotations_results", "contains", "String", '"spam"')], []),
    "model says": ("model=spam", [("predictions_results", "contains", "String", '"spam"')], []),
    "how sure": ("sure=50", [("predictions_score", "in", "Number", {"min": 0.5, "max": 0.7})], []),
    "answered": ("answered=no", [("total_annotations", "equal", "Number", 0)], []),
    "origin": ("origin=shop 3", [("data.origin", "equal", "String", "shop 3")], []),
    "three at once": (
        "label=ham&model=spam&sure=50",
        [
            ("annotations_results", "contains", "String", '"ham"'),
            ("predictions_results", "contains", "String", '"spam"'),
            ("predictions_score", "in", "Number", {"min": 0.5, "max": 0.7}),
        ],
        [],
    ),
    "words": ("q=weekly", [("data.text", "contains", "String", "weekly")], []),
    "newest": ("sort=newest", [], ["-tasks:id"]),
    "least sure": ("sort=unsure", [], ["tasks:predictions_score"]),
    "page n": ("cursor=a0.{nine_tenths}", [], []),
}
PAGE_N = 9 * SIZE // 10 // PAGE + 1


def tasks() -> list[dict[str, Any]]:
    """What ``benchmarks/items_pool.py`` makes of ours: the same shares of answers, predictions and origins."""
    made = []
    for n in range(SIZE):
        said = "spam" if n // 10 % 5 < 2 else "ham"
        task: dict[str, Any] = {"data": {"text": text(n), "origin": f"shop {n % 20}"}}
        if n % 10 == 0:
            task["annotations"] = [{"result": [choice(said)]}]
        task["predictions"] = [
            {"model_version": "1", "score": 0.5 + (n * 7919 % 5000) / 10_000, "result": [choice(said)]}
        ]
        made.append(task)
    return made


def text(n: int) -> str:
    """As ``benchmarks/serving_pool.py`` has it."""
    said = "Free entry in a weekly competition to win cup final tickets. Text to receive your question, terms apply."
    return f"{said} No {n}"


def choice(label: str) -> dict[str, Any]:
    return {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}


@dataclass
class LabelStudio:
    """A session of somebody who is signed in, and the process that serves it."""

    address: str
    process: psutil.Process
    opener: urllib.request.OpenerDirector
    cookies: CookieJar
    project: int = 0

    def sign_in(self) -> None:
        self.ask("GET", "/user/login/")
        form = f"email={EMAIL}&password={PASSWORD}&csrfmiddlewaretoken={self._csrf}"
        self.ask("POST", "/user/login/", form.encode(), "application/x-www-form-urlencoded")
        if "@" not in self.ask("GET", "/api/current-user/whoami").decode():
            raise SystemExit("Label Studio lets nobody in.")

    def fill(self) -> None:
        made = self.json("POST", "/api/projects/", {"title": "Bench", "label_config": CONFIG})
        self.project = made["id"]
        every = tasks()
        for start in range(0, SIZE, AT_ONCE):
            self.json("POST", f"/api/projects/{self.project}/import", every[start : start + AT_ONCE])
            print(f"# Label Studio has {start + AT_ONCE:,}", file=sys.stderr, flush=True)

    def view(self, filters: list[Filter], ordering: list[str]) -> int:
        items = [
            {"filter": f"filter:tasks:{name}", "operator": operator, "type": kind, "value": value}
            for name, operator, kind, value in filters
        ]
        said = {"filters": {"conjunction": "and", "items": items}, "ordering": ordering, "title": "V"}
        return int(self.json("POST", "/api/dm/views/", {"project": self.project, "data": said})["id"])

    def page(self, view: int, number: int) -> dict[str, Any]:
        query = f"view={view}&project={self.project}&page={number}&page_size={PAGE}"
        found: dict[str, Any] = self.json("GET", f"/api/tasks?{query}")
        return found

    def json(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.ask(method, path, None if body is None else json.dumps(body).encode()))

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        head = {"Content-Type": kind, "X-CSRFToken": self._csrf, "Referer": self.address}
        request = urllib.request.Request(self.address + path, data=body, method=method, headers=head)
        with self.opener.open(request, timeout=600) as answer:
            return bytes(answer.read())

    @property
    def _csrf(self) -> str:
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken"), "")


def label_studio(stack: ExitStack, command: str, home: str) -> LabelStudio:
    home = home or stack.enter_context(tempfile.TemporaryDirectory(prefix="label-studio-"))
    Path(home).mkdir(parents=True, exist_ok=True)
    port = free_port()
    env = {
        **os.environ,
        "LABEL_STUDIO_BASE_DATA_DIR": home,
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_USERNAME": EMAIL,
        "LABEL_STUDIO_PASSWORD": PASSWORD,
    }
    start = [command, "start", "--no-browser", "--port", str(port), "--username", EMAIL, "--password", PASSWORD]
    log = Path(home, "log")
    server = stack.enter_context(running(start, env, os.open(log, os.O_CREAT | os.O_WRONLY)))
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    found = LabelStudio(f"http://127.0.0.1:{port}", psutil.Process(server.pid), opener, cookies)
    deadline = time.monotonic() + 3_600
    while True:
        try:
            found.ask("GET", "/health")
            break
        except OSError as error:
            if time.monotonic() > deadline or server.poll() is not None:
                raise SystemExit(f"Label Studio did not start: {log.read_text()[-2_000:]}") from error
            time.sleep(1)
    found.sign_in()
    found.fill()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label-studio", required=True, help="Its command, in an environment of its own.")
    parser.add_argument("--home", default="", help="A folder for its database, kept: it takes minutes to make.")
    parser.add_argument("--requests", type=int, default=5, help="Of each view, each round.")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.kind, options.overlap = "classification", 1
    with ExitStack() as stack:
        theirs = label_studio(stack, options.label_studio, options.home)
        pool = stack.enter_context(served("sqlite", SIZE, options, pages=True))
        command = [sys.executable, "-m", "benchmarks.items_pool"]
        built = subprocess.run(command, cwd=ROOT, env=pool.env, check=True, capture_output=True, text=True)
        ours = Measured(pool, json.loads(built.stdout.splitlines()[-1])["session"], SIZE)
        views = {name: theirs.view(filters, order) for name, (_, filters, order) in VIEWS.items()}
        totals = {name: theirs.page(view, 1).get("total") for name, view in views.items()}
        spent: dict[str, list[tuple[float, float, float]]] = {name: [] for name in VIEWS}
        for _ in range(options.rounds + 1):  # the first one warms up
            for name, (query, _, _) in VIEWS.items():
                whole = _ms(ours.pool.gunicorn, lambda query=query: ours.get(query), options.requests)
                listed = f"{query}&page_size={PAGE}"
                here = _ms(ours.pool.gunicorn, lambda q=listed: ours.get(q, as_list=True), 4 * options.requests)
                number = PAGE_N if name == "page n" else 1
                there = _ms(theirs.process, lambda name=name, n=number: theirs.page(views[name], n), options.requests)
                spent[name].append((whole, here, there))
    return report(spent, totals)


def _ms(process: psutil.Process, ask: Any, requests: int) -> float:
    before = cpu_s(process)
    for _ in range(requests):
        ask()
    return 1_000 * (cpu_s(process) - before) / requests


def report(spent: dict[str, list[tuple[float, float, float]]], totals: dict[str, Any]) -> int:
    print(
        f"{SIZE:,} items, server CPU a request, ms\n{'':16}our page  our list  Label Studio  over list  over page"
        "  total"
    )
    ratios = []
    for name, rounds in spent.items():
        whole, here, there = (statistics.median(one) for one in zip(*rounds[1:], strict=True))
        ratios.append(there / here)
        beside = f"{ratios[-1]:>11.1f}{there / whole:>11.1f}{totals[name]!s:>7}"
        print(f"{name:16}{whole:>8.1f}{here:>10.1f}{there:>14.1f}{beside}")
    print(f"smallest ratio over our list {min(ratios):.1f}, median {statistics.median(ratios):.1f} (aim {MIN_RATIO})")
    print("met" if min(ratios) >= MIN_RATIO else "NOT met")
    return 0 if min(ratios) >= MIN_RATIO else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
