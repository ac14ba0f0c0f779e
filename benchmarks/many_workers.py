"""Features of many texts by one worker and by two, and while each of the two is killed.

    python -m benchmarks.many_workers [--items 100000] [--kills 5] [--databases sqlite postgresql]

A worker of Celery with one process and the process that needs the features, both with one BLAS thread; Redis between
them. Seconds of one alone, of both, and of both while a ``kill -9`` hits the worker's processes, or the process that
needs them (which is started again, as the supervisor does), in turns. The stored shards have to be the same bytes.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil

from benchmarks.serving import ROOT, postgresql, redis, running

AIM = 1.6

PREPARE = """
import random, sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from learning.services.features import encoder_versions
from tests.factories import make_items, make_project
rng = random.Random(1)
words = ["".join(rng.choices("abcdefghilmnoprstu", k=rng.randint(2, 8))) for _ in range(5_000)]
project = make_project()
n = int(sys.argv[1])
for first in range(0, n, 10_000):
    make_items(project, [" ".join(rng.choices(words, k=40)) for _ in range(min(10_000, n - first))])
print("encoder", encoder_versions.encoder_for(project, n)[0].pk)
"""

FEATURES = """
import sys, time
import django
django.setup()
from threadpoolctl import threadpool_limits
from labeling.services.jobs.liveness import kept_alive
from learning.models import EncoderVersion
from learning.services.features import encoder_versions, shards
version = EncoderVersion.objects.get(pk=sys.argv[1])
encoder_versions.fitted(version)
with kept_alive(), threadpool_limits(limits=1):
    start = time.perf_counter()
    shards.compute_missing(version, int(sys.argv[2]), lambda done, of: None)
print("took", time.perf_counter() - start, *version.shards.values_list("sha256", flat=True))
version.shards.all().delete()
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    met = [measure(database, options) for database in options.databases]
    return 0 if all(met) else 1


def measure(database: str, options: argparse.Namespace) -> bool:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="querent-workers-"))
        env = {**os.environ, "QUERENT_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings", "OMP_NUM_THREADS": "1"}
        env.pop("DATABASE_URL", None)
        if database == "postgresql":
            env["DATABASE_URL"], _ = stack.enter_context(postgresql())
        env["REDIS_URL"] = stack.enter_context(redis(home))
        version = told(PREPARE, env, options.items)["encoder"][0]
        alone_s, alone = features(env, version, options.items)
        with worker(env):
            both_s, both = features(env, version, options.items)
        rng = random.Random(0)
        with worker(env) as pid:
            killed_s, killed = features(env, version, options.items, options.kills, pid, rng)
    print(f"{database}, {options.items:,} texts: alone {alone_s:.1f} s, two workers {both_s:.1f} s", end=" ")
    print(f"({alone_s / both_s:.2f} times, aim {AIM}), with up to {options.kills} kills {killed_s:.1f} s;", end=" ")
    same = alone == both == killed
    print("the same bytes" if same else "DIFFERENT bytes", flush=True)
    return same and alone_s / both_s >= AIM


def told(code: str, env: dict[str, str], *given: object) -> dict[str, list[str]]:
    """Lines of a script by their first word."""
    command = [sys.executable, "-c", code, *map(str, given)]
    out = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}


def features(
    env: dict[str, str], version: str, items: int, kills: int = 0, worker_pid: int = 0, rng: random.Random | None = None
) -> tuple[float, list[str]]:
    """Seconds (of the last start, without its imports, where nothing is killed) and the hashes of the shards."""
    command = [sys.executable, "-c", FEATURES, version, str(items)]
    start, left = time.perf_counter(), kills
    while True:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        if left and rng:
            time.sleep(rng.uniform(3.0, 4.0))
            left -= 1
            if left % 2:
                for child in psutil.Process(worker_pid).children():
                    child.send_signal(signal.SIGKILL)
            else:
                process.kill()
                process.communicate()
                continue
        out = process.communicate()[0]
        if process.returncode:
            raise SystemExit(f"ended with {process.returncode}")
        words = out.splitlines()[-1].split()
        return (time.perf_counter() - start) if kills else float(words[1]), words[2:]


@contextmanager
def worker(env: dict[str, str]) -> Iterator[int]:
    """One process of Celery's worker, ready for messages."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--pool", "prefork"]
    command += ["--concurrency", "1", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    with running(command, env) as process:
        while not psutil.Process(process.pid).children():
            time.sleep(0.1)
        yield process.pid


if __name__ == "__main__":
    sys.exit(main())
