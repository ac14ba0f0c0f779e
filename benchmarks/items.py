"""Server CPU of the page of items, every facet, sort, search and page n, beside next + answer, at 10k, 100k and 1M.

    python -m benchmarks.items [--sizes 10000 100000 1000000] [--databases sqlite postgresql] [--requests 20]

gunicorn runs with the configuration of ``manage.py up``; a manager asks for whole pages, facets with counts included.
CPU is user + system of the gunicorn processes, PostgreSQL's own is added to it. ``after answers`` is the page that
brings the index up to 160 new answers, asked once a round.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.serving import ROOT, Served, cpu_s, label, served

ROUNDS = 4
LABELS = 160
MAX_RATIO = 1.3
MAX_OF_ANSWER = 4.0
VIEWS = {
    "everything": "",
    "label": "label=spam",
    "model says": "model=spam",
    "how sure": "sure=50",
    "model and people": "agrees=no",
    "people differ": "people=differ",
    "annotator": "annotator=author-3",
    "answered": "answered=no",
    "set aside": "status=set_aside",
    "split": "split=eval",
    "origin": "origin=shop 3",
    "three at once": "label=ham&agrees=no&split=pool",
    "newest": "sort=newest",
    "least sure": "sort=unsure",
    "most disputed": "sort=disputed",
    "surest mistake": "sort=mistake",
    "surest mistake of a label": "sort=mistake&label=spam",
    "words, frequent": "q=weekly",
    "words, rare": "q={rare}",
    "words of a label": "q=ticket&label=spam&sort=unsure",
    "page n of words": "q=week&cursor=a0.{nine_tenths}",
    "page n": "cursor=a0.{nine_tenths}",
    "page n of least sure": "sort=unsure&cursor=a50000.{nine_tenths}",
    "page n of a label": "label=spam&cursor=a0.{nine_tenths}",
}


@dataclass
class Measured:
    """CPU of single requests of one size, in milliseconds."""

    pool: Served
    session: str
    size: int
    answer_ms: list[float] = field(default_factory=list)
    after_ms: list[float] = field(default_factory=list)
    view_ms: dict[str, list[float]] = field(default_factory=dict)

    def cpu(self) -> float:
        return 1000 * (cpu_s(self.pool.gunicorn) + cpu_s(self.pool.postmaster))

    def get(self, query: str, *, as_list: bool = False) -> None:
        """A whole page, or with ``as_list`` the same items over REST."""
        places = {"nine_tenths": 9 * self.size // 10, "rare": 77 * self.size // 100}
        path = "/api/v1/projects/bench/items/" if as_list else "/p/bench/items/"
        address = f"{path}?{query}".format(**places).replace(" ", "%20")
        connection = http.client.HTTPConnection("127.0.0.1", self.pool.port)
        connection.request("GET", address, headers={"Cookie": f"sessionid={self.session}", "Host": "localhost"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != 200 or (b'"results":[{' if as_list else b"data-walk") not in content:
            raise SystemExit(f"{address}: {answer.status} {content[:300]!r}")

    def round(self, requests: int) -> None:
        before = self.cpu()
        label(self.pool, 1, LABELS)
        self.answer_ms.append((self.cpu() - before) / LABELS)
        before = self.cpu()
        self.get("")
        self.after_ms.append(self.cpu() - before)
        for name, query in VIEWS.items():
            self.get(query)
            before = self.cpu()
            for _ in range(requests):
                self.get(query)
            self.view_ms.setdefault(name, []).append((self.cpu() - before) / requests)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--requests", type=int, default=20, help="Of each view, each round.")
    options = parser.parse_args()
    options.kind, options.overlap = "classification", 1
    met = [measure(database, options) for database in options.databases]
    return 0 if all(met) else 1


def measure(database: str, options: argparse.Namespace) -> bool:
    with ExitStack() as stack:
        pools = []
        for size in options.sizes:
            pool = stack.enter_context(served(database, size, options, pages=True))
            command = [sys.executable, "-m", "benchmarks.items_pool"]
            built = subprocess.run(command, cwd=ROOT, env=pool.env, check=True, capture_output=True, text=True)
            told = json.loads(built.stdout.splitlines()[-1])
            seconds = f"indexed in {told['indexed_s']:.1f} s CPU, predictions stored in {told['predicted_s']:.1f}"
            print(f"# {size:,} items: {seconds}; words {told['words_bytes'] / size:.0f} bytes an item", flush=True)
            pools.append(Measured(pool, told["session"], size))
        for _ in range(ROUNDS):
            for one in pools:
                one.round(options.requests)
    return report(database, pools)


def report(database: str, pools: list[Measured]) -> bool:
    print(f"\n{database}: server CPU a request, ms (database included); beside 10k, and beside one next + answer")
    print(f"{'':28}" + "".join(f"{pool.size:>22,}" for pool in pools))
    base = pools[0]
    answers = [statistics.median(pool.answer_ms) for pool in pools]
    print(f"{'next + answer':28}" + "".join(f"{one:>22.1f}" for one in answers))
    print(f"{'after answers':28}" + "".join(f"{statistics.median(pool.after_ms):>22.1f}" for pool in pools))
    worst, worst_of_answer = 0.0, 0.0
    for name in VIEWS:
        line = f"{name:28}"
        for pool, answer in zip(pools, answers, strict=True):
            here = statistics.median(pool.view_ms[name])
            ratio, of_answer = here / statistics.median(base.view_ms[name]), here / answer
            worst, worst_of_answer = max(worst, ratio), max(worst_of_answer, of_answer)
            line += f"{here:>9.1f} {ratio:>5.2f} {of_answer:>5.1f}x"
        print(line)
    ok = worst <= MAX_RATIO and worst_of_answer <= MAX_OF_ANSWER
    print(f"largest: {worst:.2f} of 10k (<= {MAX_RATIO}), {worst_of_answer:.1f} of an answer (<= {MAX_OF_ANSWER})")
    print("met" if ok else "NOT met", flush=True)
    return ok


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
