"""A machine of the guide's *Many machines*: its environment file and the processes that are started on it."""

import contextlib
import os
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from config.environment import BASE_DIR
from tests.ops.guide import with_values
from tests.ops.many_machines.person import Person
from tests.ops.running import OURS, free_port

NAME = "label.example.org"
PASSWORD = "changed-after-the-first-sign-in"
#: What reaches a machine of the requests that the proxy passes on.
HEADERS = {"Host": NAME, "Referer": f"https://{NAME}/", "X-Forwarded-Proto": "https"}


class Machine:
    """A host name and a home of its own. ``start`` and ``shell`` run the guide's lines as a person would."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.name = folder.name
        self.port = free_port()
        (folder / "home").mkdir(parents=True)
        self.env_file = folder / "querent.env"
        self.env_file.write_text(settings)
        self.log = folder / "log"
        self.said = ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self.environment = {
            **inherited,
            "QUERENT_HOME": str(folder / "home"),
            "PORT": str(self.port),
            "PYTHONPATH": str(Path(__file__).parent / "elsewhere"),
            "ELSEWHERE": self.name,
        }

    def shell(self, lines: str) -> str:
        """Runs the lines as a person would paste them; the environment file lies here and not in the checkout."""
        script = with_values(lines, {". ./querent.env": f". {self.env_file}"})
        ran = subprocess.run(
            ["sh", "-ec", script], cwd=BASE_DIR, env=self.environment, text=True, capture_output=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def start(self, *commands: str) -> None:
        """Starts those that do not run."""
        for command in commands:
            if command in self.processes and self.processes[command].poll() is None:
                continue
            script = f"set -a; . {self.env_file}; set +a; exec {command}"
            with self.log.open("a") as log:
                self.processes[command] = subprocess.Popen(
                    ["sh", "-ec", script], cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log, process_group=0
                )

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
        self.kill()

    def kill(self) -> None:
        """kill -9 of everything that runs on it."""
        self._signal(signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def pause(self) -> None:
        """Everything on it stands still where it is."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def status(self, path: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": NAME})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def is_healthy(self) -> bool:
        return self.status("/healthz") == 200

    def person(self) -> Person:
        """The administrator with a token, speaking to this machine as the proxy does."""
        person = Person(f"http://127.0.0.1:{self.port}", HEADERS)
        person.get_token("admin", PASSWORD)
        return person
