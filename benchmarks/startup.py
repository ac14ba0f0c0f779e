"""Size of the environment, and seconds from ``manage.py up`` to the first page.

    python -m benchmarks.startup [--times 5] [--no-samples]

The first start begins with an empty QUERENT_HOME: migrations, static files, sample projects. The later ones are what
``make run`` costs every day. A page counts when the sign-in page has come whole; CPU is that of all processes
together until then. To compare: Label Studio 188 s, Potato 24 s, doccano 13 s, ASReview 8 s to the first page, and
995, 471, 712, 486 MB of environment (measured by us on two cores).
"""

import argparse
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def page_has_come(port: int) -> bool:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        client.request("GET", "/sign-in/")
        answer = client.getresponse()
        return answer.status == 200 and b"</html>" in answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


def start(home: str, *words: str) -> tuple[float, float]:
    """Starts, waits for the page, stops; seconds to the page and CPU seconds from start to end."""
    port = free_port()
    environment = {**os.environ, "QUERENT_HOME": home, "PORT": str(port)}
    before = os.times()
    began = time.perf_counter()
    up = subprocess.Popen(
        [sys.executable, "manage.py", "up", *words],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        while not page_has_come(port):
            if up.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                sys.exit("no page came; run manage.py up by hand to see why")
            time.sleep(0.01)
        seconds = time.perf_counter() - began
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait()
    after = os.times()
    return seconds, after.children_user + after.children_system - before.children_user - before.children_system


def environment_mb() -> int:
    used = subprocess.run(["du", "-sm", sys.prefix], capture_output=True, text=True, check=True)
    return int(used.stdout.split()[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5, help="Starts after the first.")
    parser.add_argument("--no-samples", action="store_true")
    given = parser.parse_args()
    words = ["--no-samples"] if given.no_samples else []
    print(f"environment {sys.prefix}: {environment_mb()} MB (at most 650, without requirements-dev.txt)")
    with tempfile.TemporaryDirectory(prefix="querent-startup-") as home:
        seconds, cpu_s = start(home, *words)
        print(f"first start: {seconds:.1f} s to the page (at most 8), {cpu_s:.1f} s CPU until all had stopped")
        again = [start(home) for _ in range(given.times)]
    to_page = sorted(seconds for seconds, _ in again)
    print(
        f"again, {given.times} times: median {statistics.median(to_page):.1f} s to the page, worst {to_page[-1]:.1f} s"
        f" (at most 8), median {statistics.median(cpu_s for _, cpu_s in again):.1f} s CPU"
    )


if __name__ == "__main__":
    main()
