"""What others notice of fifty slow senders and fifty slow readers: p95 of /healthz and of next + answer, beside quiet.

    python -m benchmarks.slow_clients [--rounds 3] [--server "waitress-serve --port={port} config.wsgi:application"]

Quiet and slow take turns, so that whatever else the machine does falls on both. The slow ones stay as long as the
server lets them: a byte a second of a head, of a body, of a chunk, and readers of 20 MB streams and 30 MB files who
take a byte a second. Another server than ours is tried by its command (docs/decisions/0032); a probe that is not
answered in 30 s counts as that and is told.
"""

import argparse
import contextlib
import json
import selectors
import shlex
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

ROOT = Path(__file__).resolve().parent.parent
MANY = 50
QUIET_S = 15.0
SLOW_S = 20.0
MAX_RATIO = 1.5
MAX_END_S = 60.0
HEAD = "HTTP/1.1\r\nHost: localhost\r\n"

if TYPE_CHECKING:
    from tests.serving.site import Client, Site


class Probe:
    """Somebody who labels and somebody who asks for health, one request after the other."""

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.healthz_s: list[float] = []
        self.label_s: list[float] = []
        self.unanswered: list[str] = []

    def try_round(self) -> None:
        """As ``round``, of a server that may let people wait for ever: they give up."""
        began = time.perf_counter()
        times = {"/healthz": self.healthz_s, "next + answer": self.label_s}
        before = {name: len(times[name]) for name in times}
        try:
            self.round()
        except OSError as error:
            name = next(name for name in times if len(times[name]) == before[name])
            times[name].append(time.perf_counter() - began)
            self.unanswered.append(f"{name}: {error!r}")

    def round(self) -> None:
        """One new connection each, as a person's browser and a load balancer would have."""
        began = time.perf_counter()
        with self.site.connect() as client:
            assert client.ask("GET /healthz").status == 200
        self.healthz_s.append(time.perf_counter() - began)
        began = time.perf_counter()
        headers = self.site.authorized(1) + "Content-Type: application/json\r\n"
        with self.site.connect() as client:
            reply = client.ask("POST /api/v1/projects/bench/tasks/next/", headers, b'{"count": 1}')
            assert reply.status == 200, reply.body
            task = reply.json[0]["id"]
            answer = json.dumps({"answer": {"label": "ham"}, "elapsed_ms": 900}).encode()
            assert client.ask(f"PUT /api/v1/tasks/{task}/answer/", headers, answer).status == 201
        self.label_s.append(time.perf_counter() - began)


class SlowClients:
    """A context: all are connected and have sent their beginning. One thread feeds them a byte a second."""

    def __init__(self, site: "Site") -> None:
        from tests.serving.site import EXPORT

        post = f"POST /api/v1/projects/bench/tasks/next/ {HEAD}"
        beginnings = [
            f"GET /healthz {HEAD}X-Slow: ",
            f"{post}Content-Length: 1000\r\n\r\n{{",
            f"{post}Transfer-Encoding: chunked\r\n\r\nfff\r\n{{",
        ]
        readings = [f"{line} {HEAD}{site.authorized()}\r\n" for line in (EXPORT, site.file)]
        self.began = time.monotonic()
        self.selector = selectors.DefaultSelector()
        self.senders = [self._open(site, beginnings[n % 3]) for n in range(MANY)]
        self.readers = [self._open(site, readings[n % 2], 4096) for n in range(MANY)]
        self.ends_s: list[float] = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _open(self, site: "Site", beginning: str, receive_buffer: int | None = None) -> "Client":
        client = site.connect(receive_buffer=receive_buffer)
        client.send(beginning)
        client.sock.setblocking(False)
        return client

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stopping.set()
        self.thread.join()
        for client in self.senders + self.readers:
            client.sock.close()

    def n_open(self) -> int:
        return 2 * MANY - len(self.ends_s)

    def longest_s(self) -> float:
        return max(self.ends_s, default=0.0)

    def _run(self) -> None:
        alive = {client: client in self.senders for client in self.senders + self.readers}
        while alive and not self.stopping.wait(1.0):
            for client, sends in list(alive.items()):
                if self._is_ended(client, sends):
                    del alive[client]
                    self.ends_s.append(time.monotonic() - self.began)

    @staticmethod
    def _is_ended(client: "Client", sends: bool) -> bool:
        """Sends or takes one byte; whether the server has ended the connection."""
        with contextlib.suppress(BlockingIOError):
            try:
                if not sends:  # SO_ERROR tells of a reset; what came before it is not read
                    return client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0 or not client.sock.recv(1)
                client.sock.send(b"a")
                return not client.sock.recv(4096).startswith(b"HTTP/1.1 1")
            except OSError as error:
                if isinstance(error, BlockingIOError):
                    raise
                return True
        return False


def p95_ms(times: list[float]) -> float:
    return (statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]) * 1000


def memory_mb(site: "Site") -> float:
    """What the processes of the server hold, shared pages counted once."""
    from tests.ops.running import processes_of

    kib = 0
    for pid in processes_of(site.home):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            kib += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib / 1024


def measure(site: "Site", rounds: int) -> int:
    quiet, beside = Probe(site), Probe(site)
    ends = quiet_mb = beside_mb = 0.0
    for _ in range(rounds):
        _rounds(quiet, QUIET_S)
        quiet_mb = max(quiet_mb, memory_mb(site))
        with SlowClients(site) as slow:
            _rounds(beside, SLOW_S)
            beside_mb = max(beside_mb, memory_mb(site))
            deadline = time.monotonic() + 60
            while slow.n_open() and time.monotonic() < deadline:
                slow.stopping.wait(0.2)
            ends = max(ends, slow.longest_s() if not slow.n_open() else float("inf"))
    ok = ends < MAX_END_S and not quiet.unanswered + beside.unanswered
    print(f"{MANY} slow senders and {MANY} slow readers, {rounds} rounds")
    print(f"{'ms':<14} quiet p50       p95  slow p50       p95    p95 ratio")
    for name, one, two in (
        ("/healthz", quiet.healthz_s, beside.healthz_s),
        ("next + answer", quiet.label_s, beside.label_s),
    ):
        ratio = p95_ms(two) / p95_ms(one)
        ok &= ratio <= MAX_RATIO
        figures = [figure for times in (one, two) for figure in (statistics.median(times) * 1000, p95_ms(times))]
        print(f"{name:<14}" + "".join(f" {figure:9.1f}" for figure in figures) + f" {ratio:8.2f} (<= {MAX_RATIO})")
    print(f"the last slow one was ended after {ends:.0f} s (< {MAX_END_S:.0f})")
    print(f"memory of all its processes (PSS): {quiet_mb:.0f} MB quiet, {beside_mb:.0f} MB beside the slow ones")
    print(f"not answered: {', '.join(quiet.unanswered + beside.unanswered) or 'none'}")
    print("met" if ok else "NOT met")
    return 0 if ok else 1


def _rounds(probe: Probe, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        probe.try_round()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", default="", help="the command of another server, with {port} in it")
    options = parser.parse_args()
    from tests.serving.site import GUNICORN, Site

    with tempfile.TemporaryDirectory(prefix="querent-bench-") as folder:
        home = Path(folder) / "home"
        Site.build(home)
        with Site(home, command=shlex.split(options.server) or GUNICORN) as site:
            return measure(site, options.rounds)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
