"""A real ``manage.py up`` on a home of its own, and what its processes are doing."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from config.environment import BASE_DIR, redis_socket

T = TypeVar("T")
OURS = ("DATABASE_URL", "REDIS_URL", "HOST", "HTTPS", "ALLOWED_HOSTS", "DEBUG", "SECRET_KEY", "QUERENT_ADMIN_PASSWORD")


def until(condition: Callable[[], T], what: str, patience_s: float = 180.0) -> T:
    """Polls until the condition is truthy and returns it; fails saying what was waited for.

    Only what never comes is waited for so long: a first start takes a minute where others compute.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {patience_s:.0f} s in vain for: {what}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**inherited, "QUERENT_HOME": str(home), "PORT": str(port), "PYTHONUNBUFFERED": "1", **more}


def manage(home: Path, port: int, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs ``manage.py`` to its end."""
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command,
        cwd=BASE_DIR,
        env=environment(home, port, **more),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def processes_of(home: Path) -> dict[int, str]:
    """Every living process that was started for this home, children of children too: pid to command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            started_for_it = f"QUERENT_HOME={home}\0".encode() in (folder / "environ").read_bytes() + b"\0"
            # Redis writes its title over its environment: it is known by its socket
            if started_for_it or ("redis-server" in command and str(redis_socket(home)) in command):
                found[int(folder.name)] = command
        except OSError:
            continue  # it ended meanwhile
    return {pid: command for pid, command in found.items() if command}  # a zombie has no command line


class Running:
    """A context: ``up`` started and ready, killed with everything of its home at the end."""

    def __init__(self, home: Path, port: int | None = None, *, samples: bool = False, **more: str) -> None:
        self.words = [] if samples else ["--no-samples"]
        self.home, self.port = home, port or free_port()
        self.log = home.parent / f"{home.name}.log"
        self._environment = environment(home, self.port, **more)

    def __enter__(self) -> Self:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *self.words],
                cwd=BASE_DIR, env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(lambda: "Querent is ready." in self.output or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.output
        return self

    def __exit__(self, *_: Any) -> None:
        for pid in {*processes_of(self.home), self.process.pid}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    @property
    def output(self) -> str:
        return self.log.read_text()

    def get(self, path: str, timeout_s: float = 60) -> tuple[int, str]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            client.request("GET", path)
            answer = client.getresponse()
            return answer.status, answer.read().decode()
        finally:
            client.close()

    def child(self, word: str) -> int | None:
        """The pid of the direct child whose command line holds the word."""
        for pid, command in processes_of(self.home).items():
            if word in command and _parent(pid) == self.process.pid:
                return pid
        return None

    def kill(self, word: str) -> int:
        """kill -9 of that child; returns its pid once its own children, which end with it, hold no connection."""
        killed = until(lambda: self.child(word), f"the {word} process")
        family = {killed} | {pid for pid in processes_of(self.home) if _parent(pid) == killed}
        os.kill(killed, signal.SIGKILL)
        until(lambda: not family & processes_of(self.home).keys(), f"the end of {word} and its children")
        return killed


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
