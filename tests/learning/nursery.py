"""Workers that are killed again and again: each is a copy of a process that has loaded all they need, and nothing else.

``python -m tests.learning.nursery <application>`` reads a line ``<log> <words of celery's command …>`` and answers with
the pid of the copy, which leads a group of its own. To load Django, Celery and what learns is most of a worker's start.
"""

import importlib
import os
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from config.environment import BASE_DIR


class Worker:
    """What a test does to a copy, by the names of ``subprocess.Popen``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._ends: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ends = None

    def poll(self) -> int | None:
        """None while it runs."""
        return None if self._ends is not None and not self._has_ended(0) else 0

    def wait(self, timeout: float) -> None:
        """Raises TimeoutExpired."""
        if self._ends is not None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(f"worker {self.pid}", timeout)

    def _has_ended(self, timeout: float) -> bool:
        return bool(select.select([self._ends], [], [], timeout)[0])


class Nursery:
    def __init__(self, app: str, environment: Mapping[str, str]) -> None:
        self.app = app
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.learning.nursery", app], cwd=BASE_DIR, env=dict(environment), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def start(self, log: str, *words: str) -> Worker:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        Path(log).touch()
        self._process.stdin.write(shlex.join([log, *words]) + "\n")
        self._process.stdin.flush()
        return Worker(int(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()


def main(app: str) -> None:
    import django

    module = importlib.import_module(app)  # says which settings
    django.setup()
    for place in module.PLACES:
        importlib.import_module(place.partition(":")[0])
    from celery.bin.celery import main as celery  # its commands too
    from django.db import connection

    assert connection.connection is None, "a connection must not be shared"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is nobody's zombie
    for line in sys.stdin:
        log, *words = shlex.split(line)
        pid = os.fork()
        if pid:
            os.setpgid(pid, pid)  # whoever reads its number may end its group at once
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setpgid(0, 0)
        with open(log, "ab") as file, open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
            for descriptor in (1, 2):
                os.dup2(file.fileno(), descriptor)
        sys.argv = ["celery", *words]
        sys.exit(celery())


if __name__ == "__main__":
    main(sys.argv[1])
