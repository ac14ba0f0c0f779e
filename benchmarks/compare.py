"""Figures of this tree beside those of an older commit: the same benchmark in turns, the median of the pairs.

    python -m benchmarks.compare f83abf0
    python -m benchmarks.compare f83abf0 --only serving-sqlite idle --pairs 5 --limit 1.05
    python -m benchmarks.compare f83abf0 --only next-answer --sizes 10000 --databases sqlite --labels 480

``next-answer`` serves both trees at once and asks and answers in turns, with a token and with a session: server CPU of
one label, a question and its answer in two requests, by eight clients (issue 15). ``retraining`` is
``benchmarks/retraining.py`` in turns: CPU of a retraining over the older commit's, and rankings in matrix products.
The older commit is checked out into a temporary folder and run with the same environment, so a library that both pin
has the same version. What varies by the machine or the hour falls on both alike: a ratio holds where a figure does not.
``idle`` and ``worked`` are ``benchmarks.processes``: the first and the second start, memory and CPU of all processes
that nobody asks for anything, and memory after 20 runs and 10,000 answers. Exit code 1 when a median ratio is above the
limit.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import retraining
from benchmarks.open_data import DATA
from benchmarks.processes import (
    FIRST_START,
    IDLE_DAY,
    IDLE_MEMORY,
    SECOND_START,
    WORKED_MEMORY,
    after_work,
    starts_and_rest,
)
from benchmarks.serving import WARM_UP, Row, Served, by_token, label, served

ROOT = Path(__file__).resolve().parent.parent
Figures = dict[str, float]
PATIENCE_S = 600
#: What next + answer, and a retraining, may cost of the older commit; and a session of a token.
MAX_OF_OLD = 0.34
MAX_SESSION = 1.15
QUIET_AFTER_S = 120
#: What other figures may be at most of the older commit's (issue 15).
LIMITS = {FIRST_START: 0.5, SECOND_START: 0.5, IDLE_MEMORY: 0.5, IDLE_DAY: 0.5, WORKED_MEMORY: 0.6}
#: Told beside the others, but no claim.
TOLD = ("RSS MB", "runs that were done")
#: What a ranking may cost, in products of the pool with as many columns as labels; and of what pools.
MAX_PRODUCTS, RANKED = 4.0, (100_000, 1_000_000)


def bench(tree: Path, *words: str) -> str:
    """What a benchmark of the tree prints."""
    command = [sys.executable, "-m", f"benchmarks.{words[0]}", *words[1:]]
    ran = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if "Traceback" in ran.stderr:
        raise SystemExit(f"{' '.join(words)} in {tree.name} failed:\n{ran.stderr[-2_000:]}")
    return ran.stdout


def rows_of(printed: str, pattern: str, name: str) -> Figures:
    """``name`` is formatted with all groups but the last, which is the figure."""
    found = {name.format(*groups[:-1]): float(groups[-1]) for groups in re.findall(pattern, printed, re.M)}
    if not found:
        raise SystemExit(f"nothing to read in:\n{printed[-2_000:]}")
    return found


def serving(*words: str) -> Callable[[Path], Figures]:
    def measure(tree: Path) -> Figures:
        printed = bench(tree, "serving", *words)
        return rows_of(printed, r"^ *([\d,]+) +(\d+) +\d+ +([\d.]+)", "CPU ms a label, {} items, {} a request")

    return measure


def next_answer(old: Path, given: argparse.Namespace) -> bool:
    """Whether the ratios are what they may be at most. A round: old and new, by token and by session, of each size."""
    options = argparse.Namespace(kind="classification", overlap=1)
    is_met = True
    for database in given.databases:
        with ExitStack() as stack:
            trees = {"old": old, "new": ROOT}
            pools = {
                (size, name): stack.enter_context(served(database, size, options, tree=tree))
                for size in given.sizes
                for name, tree in trees.items()
            }
            rounds = _rounds(pools, given)
        is_met &= _told(database, rounds)
    return is_met


def _rounds(pools: dict[tuple[int, str], Served], given: argparse.Namespace) -> dict[tuple[int, str, str], list[float]]:
    """CPU ms a label of every round, by size, tree and how people say who they are."""
    ways = {key: {"token": by_token(pool), "session": pool.sessions()} for key, pool in pools.items()}
    for key, pool in pools.items():
        for people in ways[key].values():
            label(pool, 1, WARM_UP, people)
    found: dict[tuple[int, str, str], list[float]] = {}
    for number in range(given.pairs):
        for (size, name), pool in sorted(pools.items(), reverse=bool(number % 2)):
            for way, people in ways[size, name].items():
                row = Row(1)
                row.add(pool, given.labels, people)
                found.setdefault((size, name, way), []).append(row.cpu_ms)
    return found


def _told(database: str, rounds: dict[tuple[int, str, str], list[float]]) -> bool:
    def ratio(some: list[float], others: list[float]) -> float:
        return statistics.median(one / other for one, other in zip(some, others, strict=True))

    print(f"\nnext-answer, {database}: server CPU ms a label, medians, and the median ratio of the rounds")
    print("    items  by          old     new  new/old  session/token")
    sizes = sorted({size for size, *_ in rounds})
    is_met = True
    for size in sizes:
        for way in ("token", "session"):
            old, new = rounds[size, "old", way], rounds[size, "new", way]
            to_old, to_token = ratio(new, old), ratio(new, rounds[size, "new", "token"])
            is_met &= to_old <= MAX_OF_OLD and to_token <= MAX_SESSION
            figures = f"{statistics.median(old):7.2f} {statistics.median(new):7.2f} {to_old:8.2f} {to_token:14.2f}"
            print(f"{size:>9,}  {way:<8} {figures}", flush=True)
    print("met" if is_met else "NOT met", f"(<= {MAX_OF_OLD} and <= {MAX_SESSION})", flush=True)
    return is_met


def startup(tree: Path) -> Figures:
    printed = bench(tree, "startup", "--times", "3")
    first = re.search(r"first start: ([\d.]+) s to the page.*?([\d.]+) s CPU", printed)
    again = re.search(r"median ([\d.]+) s to the page.*median ([\d.]+) s CPU", printed)
    if not (first and again):
        raise SystemExit(f"nothing to read in:\n{printed[-2_000:]}")
    names = ("first start, s to the page", "first start, CPU s", "again, s to the page", "again, CPU s")
    return dict(zip(names, map(float, (*first.groups(), *again.groups())), strict=True))


def rest(tree: Path) -> Figures:
    """Starts until all rest, memory and CPU while nobody asks for anything."""
    return starts_and_rest(tree, QUIET_AFTER_S)


def rows(script: str, *words: str) -> Callable[[Path], Figures]:
    def measure(tree: Path) -> Figures:
        printed = bench(tree, script, *words)
        pattern = r"^ *([\d,]+) +(\w[\w-]*) +(?:(?:jsonl|csv|parquet) +)?([\d.]+)"
        if script == "export_rows":
            pattern = r"^ *([\d,]+) +(\w+ +\w+) +([\d.]+)"
        return rows_of(printed, pattern, "CPU ms a row, {} rows, {}")

    return measure


def label_to_ranking(tree: Path) -> Figures:
    printed = bench(tree, "label_to_ranking", "--items", "2000", "--rounds", "3")
    return ranking_rows(printed)


def ranking_rows(printed: str) -> Figures:
    """The medians; a phase is printed as ``20 to  60``."""
    return rows_of(printed, r"^ *(\d+) to +(\d+) +([\d.]+) ", "s to the new ranking, answers {} to {}")


def retrained(old: Path, given: argparse.Namespace) -> bool:
    """Whether a retraining costs what it may at most, and a ranking as many products; both trees read one pool."""
    is_met = True
    for name, n_rows in ((retraining.RETRAINING, 100_000), *((retraining.RANKING, size) for size in RANKED)):
        found = retraining.case(name, n_rows, {"new": ROOT, "old": old}, given.pairs)
        retraining.report(f"{name}, {n_rows:,} rows", found)
        if name == retraining.RETRAINING:
            pairs = zip(found["new"], found["old"], strict=True)
            is_met &= statistics.median(new["all phases"] / old["all phases"] for new, old in pairs) <= MAX_OF_OLD
        else:
            is_met &= statistics.median(each["rank, products"] for each in found["new"]) <= MAX_PRODUCTS
    print("met" if is_met else "NOT met", f"(<= {MAX_OF_OLD} and <= {MAX_PRODUCTS:g} products)", flush=True)
    return is_met


BENCHMARKS: dict[str, Callable[[Path], Figures]] = {
    "serving-sqlite": serving("--sizes", "10000", "100000", "--databases", "sqlite", "--labels", "960"),
    "serving-postgresql": serving("--sizes", "10000", "100000", "--databases", "postgresql", "--labels", "960"),
    "pairs-sqlite": serving(
        "--kind", "pairwise", "--sizes", "10000", "100000", "--databases", "sqlite", "--labels", "480"
    ),
    "pairs-postgresql": serving(
        "--kind", "pairwise", "--sizes", "10000", "100000", "--databases", "postgresql", "--labels", "480"
    ),
    "startup": startup,
    "idle": rest,
    "worked": after_work,
    "import": rows("import_rows", "--largest", "100000"),
    "export": rows("export_rows", "--largest", "100000", "--formats", "jsonl", "csv", "parquet"),
    "ranking": label_to_ranking,
}


NEXT_ANSWER, RETRAINING = "next-answer", "retraining"


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The commit in a temporary folder, shared data beside it where there is some."""
    with tempfile.TemporaryDirectory(prefix="querent-old-") as folder:
        tree = Path(folder) / commit
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tree), commit], cwd=ROOT, check=True)
        if DATA.exists():
            (Path(folder) / "shared").mkdir()
            (Path(folder) / "shared" / "data").symlink_to(DATA.resolve())
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", nargs="?", default="f83abf0")
    parser.add_argument("--only", nargs="+", choices=[*BENCHMARKS, NEXT_ANSWER, RETRAINING])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="Of next-answer.")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], help="Of next-answer.")
    parser.add_argument("--labels", type=int, default=240, help="Of a round of next-answer.")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=1.05)
    given = parser.parse_args()
    is_met = True
    with checkout(given.commit) as old:
        names = given.only or [*BENCHMARKS, NEXT_ANSWER, RETRAINING]
        if NEXT_ANSWER in names:
            is_met &= next_answer(old, given)
        if RETRAINING in names:
            is_met &= retrained(old, given)
        for name in names:
            if name in (NEXT_ANSWER, RETRAINING):
                continue
            measure = BENCHMARKS[name]
            pairs = [pair(measure, old, is_old_first=number % 2 == 0) for number in range(given.pairs)]
            is_met &= report(name, pairs, given.limit)
    return 0 if is_met else 1


def pair(measure: Callable[[Path], Figures], old: Path, *, is_old_first: bool) -> tuple[Figures, Figures]:
    """Old and new; which comes first takes turns, so that a machine that becomes slower or faster favours neither."""
    if is_old_first:
        return measure(old), measure(ROOT)
    new = measure(ROOT)
    return measure(old), new


def report(name: str, pairs: list[tuple[Figures, Figures]], limit: float) -> bool:
    """Prints the medians and the median of the ratios pair by pair."""
    print(f"\n{name}, {len(pairs)} pairs in turns\n{'':<52} {'old':>9} {'new':>9} {'ratio':>6}  of pairs", flush=True)
    is_met = True
    for figure in pairs[0][0]:
        old, new = ([side[figure] for side in sides if figure in side] for sides in zip(*pairs, strict=True))
        if not (old and new):
            continue
        ratios = sorted(ours / theirs if theirs else float("nan") for theirs, ours in zip(old, new, strict=False))
        ratio = statistics.median(ratios)
        most = LIMITS.get(figure, limit)
        is_high = ratio > most and not figure.endswith(TOLD)
        is_met &= not is_high
        medians = f"{statistics.median(old):9.3f} {statistics.median(new):9.3f} {ratio:6.2f}"
        print(f"{figure:<52} {medians}  {ratios[0]:.2f} to {ratios[-1]:.2f}{f'  NOT <= {most}' * is_high}")
    sys.stdout.flush()
    return is_met


if __name__ == "__main__":
    sys.exit(main())
