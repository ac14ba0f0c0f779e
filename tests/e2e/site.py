"""The real site for a browser: gunicorn with collected static files on a free port, on the database of the test."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


class Site:
    """Starts, kills and restarts the web process; ``url`` stays the same."""

    def __init__(self, home: Path, database: str, workers: int = 2) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "QUERENT_HOME": str(home),
            "DATABASE_URL": database,
            "SECRET_KEY": settings.SECRET_KEY,
            "REDIS_URL": "memory://",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WEB_PROCESSES": str(workers),
            "DEBUG": "0",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def collect_static(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"],
            cwd=ROOT, env=self.environment, check=True,
        )  # fmt: skip

    def start(self) -> None:
        self.launch()
        wait_until(self.answers, 120, "the web process to answer")

    def launch(self) -> None:
        """Starts without waiting. From the main thread only: the server ends with the thread that started it."""
        command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
        # a process group of its own: kill -9 reaches the workers too
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True, preexec_fn=end_with_parent
        )

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/sign-in/", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def loaded(self, *packages: str) -> set[str]:
        """Which of the packages any of the web processes has loaded compiled code of; Linux only."""
        assert self.process is not None
        maps = ""
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                if int(stat.read_text().rpartition(")")[2].split()[2]) == self.process.pid:  # its group
                    maps += (stat.parent / "maps").read_text()
        assert ".so" in maps, "no process of the server is to be seen"
        return {package for package in packages if f"/{package}/" in maps}

    def kill(self) -> None:
        """kill -9 of the web process and its workers."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def end_with_parent() -> None:
    """The server goes when the test run is killed; Linux only, elsewhere the run must end by itself."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def chromium() -> str | None:
    """Path of the browser, None when there is none. The one without windows computes least."""
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def wait_until(condition, seconds: float, what: str):
    """The first true value of the condition. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise TimeoutError(f"waited {seconds} s for {what}")
