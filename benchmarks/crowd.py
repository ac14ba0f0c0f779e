"""Many people at the same time: what a label costs, how long requests take and what the web server holds.

    python -m benchmarks.crowd [--people 100 500 2000] [--seconds 120] [--think 20] [--size 100000]
                               [--databases sqlite postgresql]

Each person is what a browser is to the server: a session, a kept connection, the labeling page once, eight questions
ready and asked for when six are left, one answer after a time to think (log-normal, median ``--think`` seconds), and
every 30 s the look at who is signed in. They arrive over the first third of the time, and what is measured is the last
half. All of it runs on one machine: what the people themselves cost it stands beside. The server is that of
``benchmarks.serving``, and its data lives in temporary folders.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from benchmarks import serving
from benchmarks.serving import Served, cpu_s

READY, LOW = 8, 6
STATE_S = 30.0
PATIENCE_S = 60.0
#: As of a browser that was told to come back.
AGAIN_S = 2.0
SIGMA = 0.6


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, nargs="+", default=[100, 500, 2000])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--think", type=float, default=20.0, help="Median seconds of one answer.")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--kind", default="classification")
    parser.add_argument("--overlap", type=int, default=1)
    options = parser.parse_args()
    serving.CLIENTS = max(options.people)
    ok = True
    for database in options.databases:
        with serving.served(database, options.size, options, pages=True) as pool:
            headers = pool.sessions()
            print(f"\n{database}, {options.size:,} items; of a label with its questions and its share of the rest:")
            for people in options.people:
                crowd = Crowd(pool, options.think, options.seconds)
                asyncio.run(crowd.run(headers[:people]))
                ok &= crowd.report(people)
    return 0 if ok else 1


@dataclass
class Crowd:
    pool: Served
    think_s: float
    seconds: float
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    is_counting: bool = False
    cost: dict[str, float] = field(default_factory=dict)

    async def run(self, headers: list[str]) -> None:
        until = time.monotonic() + self.seconds
        arrival_s = self.seconds / 3
        people = [
            asyncio.create_task(Person(self, who, random.Random(number)).work(arrival_s, until))
            for number, who in enumerate(headers)
        ]
        await asyncio.sleep(self.seconds / 2)
        before, start, self.is_counting = self._spent(), time.monotonic(), True
        await asyncio.sleep(until - time.monotonic())
        after, self.is_counting = self._spent(), False
        self.cost = {name: after[name] - before[name] for name in after}
        self.cost["wall"] = time.monotonic() - start
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)

    def _spent(self) -> dict[str, float]:
        own = psutil.Process().cpu_times()
        return {
            "web": cpu_s(self.pool.gunicorn), "database": cpu_s(self.pool.postmaster), "people": own.user + own.system,
        }  # fmt: skip

    def told(self, sort: str, status: int, took_s: float) -> None:
        if self.is_counting:
            self.took[sort].append(took_s)
            self.statuses[f"{sort} {status}"] += 1

    def report(self, people: int) -> bool:
        """Whether every request was answered as it should be."""
        labels = len(self.took["answer"])
        wall, per_label = self.cost["wall"], 1000 / max(1, labels)
        web = [self.pool.gunicorn, *self.pool.gunicorn.children(recursive=True)]
        held = sum(process.memory_full_info().pss for process in web) / 2**20
        print(f"{people:>6,} people, {labels / wall:.1f} labels/s, web {held:.0f} MB")
        for name in self.cost.keys() - {"wall"}:
            print(f"        {name:<9} {self.cost[name] * per_label:6.2f} ms of CPU, {self.cost[name] / wall:.2f} cores")
        for sort, times in sorted(self.took.items()):
            cuts = [statistics.median(times), *(statistics.quantiles(times, n=100)[n - 1] for n in (95, 99))]
            p50, p95, p99 = (cut * 1000 for cut in cuts)
            print(f"        {sort:<9} {len(times):>7,} p50 {p50:7.1f} p95 {p95:7.1f} p99 {p99:8.1f} ms")
        wrong = {name: n for name, n in self.statuses.items() if name.split()[1] not in ("200", "201")}
        print(f"        not answered: {wrong or 'none'}", flush=True)
        return not wrong


class Person:
    """One browser, signed in."""

    def __init__(self, crowd: Crowd, who: str, rng: random.Random) -> None:
        self.crowd, self.who, self.rng = crowd, who, rng
        self.stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.one_at_a_time = asyncio.Lock()

    async def work(self, arrival_s: float, until: float) -> None:
        await asyncio.sleep(self.rng.uniform(0, arrival_s))
        await self.ask("page", "GET /p/bench/annotate/")
        looking = asyncio.create_task(self.look())
        try:
            await self.label(until)
        finally:
            looking.cancel()
            if self.stream:
                self.stream[1].close()

    async def label(self, until: float) -> None:
        waiting: list[int] = []
        while time.monotonic() < until:
            if len(waiting) <= LOW:
                told = await self.ask("next", "POST /api/v1/projects/bench/tasks/next/", {"count": READY})
                waiting += [task["id"] for task in json.loads(told or b"[]") if task["id"] not in waiting]
            if not waiting:
                await asyncio.sleep(AGAIN_S)
                continue
            await asyncio.sleep(self.crowd.think_s * self.rng.lognormvariate(0.0, SIGMA))
            answer = {"answer": {"label": self.rng.choice(("ham", "spam"))}, "elapsed_ms": 900}
            while await self.ask("answer", f"PUT /api/v1/tasks/{waiting[0]}/answer/", answer) is None:
                await asyncio.sleep(AGAIN_S)
            waiting.pop(0)

    async def look(self) -> None:
        while True:
            await asyncio.sleep(STATE_S)
            await self.ask("state", "GET /p/bench/annotate/state/")

    async def ask(self, sort: str, line: str, body: object = None) -> bytes | None:
        """What is answered; None for anything but a 200 or 201, which is counted. A kept connection may have been
        closed in between: then once more, as a browser does."""
        async with self.one_at_a_time:
            start = time.perf_counter()
            for _ in range(2):
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    status, received = await asyncio.wait_for(self._exchange(line, body), PATIENCE_S)
                    break
                self.stream = None
            else:
                status, received = 0, b""
            self.crowd.told(sort, status, time.perf_counter() - start)
        return received if status in (200, 201) else None

    async def _exchange(self, line: str, body: object) -> tuple[int, bytes]:
        if self.stream is None:
            self.stream = await asyncio.open_connection("127.0.0.1", self.crowd.pool.port)
        reader, writer = self.stream
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{line} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n{self.who}"
        if content:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        writer.write(f"{head}\r\n".encode() + content)
        header = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(header.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if b"transfer-encoding: chunked" in header:
            received = await _chunks(reader)
        else:
            received = await reader.readexactly(length)
        if b"connection: close" in header:
            writer.close()
            self.stream = None
        return int(header[9:12]), received


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    received = b""
    while size := int(await reader.readline(), 16):
        received += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return received


if __name__ == "__main__":
    sys.exit(main())
