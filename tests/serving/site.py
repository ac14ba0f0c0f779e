"""The real web server on a home of its own, with a project of texts in it, and clients that speak bytes."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from config.environment import BASE_DIR
from tests.ops.running import environment, free_port, processes_of, until

ROWS = 40_000  # their export, 20 MB, is more than the kernel keeps for a client that does not read
FILE_BYTES = 30_000_000
PEOPLE = 4
BUILD = f"""
import os, json
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from benchmarks.export_rows import fill
from benchmarks.serving_pool import build
from labeling.models import Member, Project, Role, Snapshot, User
with transaction.atomic():
    fill({ROWS})
    tokens = build(30_000, {PEOPLE})
    rows, manager = Project.objects.get(slug="rows-{ROWS}"), User.objects.get(username="bench-0")
    Member.objects.create(project=rows, user=manager, role=Role.MANAGER)
    Member.objects.filter(user=manager).update(role=Role.MANAGER)
    path = default_storage.save("snapshots/large.jsonl", ContentFile(b"x" * {FILE_BYTES}))
    snapshot = Snapshot.objects.create(
        project=rows, format="jsonl", rows="annotations", state="done", path=path, sha256="0" * 64,
        size_bytes={FILE_BYTES},
    )
print(json.dumps([tokens, str(snapshot.public_id)]))
"""
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi")
EXPORT = f"GET /api/v1/projects/rows-{ROWS}/export/?format=jsonl&rows=annotations"


class Site:
    """A context: gunicorn as ``manage.py up`` starts it, or another ``command`` with ``{port}`` in it.

    ``tokens[0]`` belongs to a manager, the others to annotators; ``EXPORT`` is a stream made row by row, ``file`` one
    of a stored file.
    """

    def __init__(self, home: Path, *, command: Sequence[str] = GUNICORN, **more: str) -> None:
        self.home = home
        self.tokens, snapshot = json.loads((home / "site.json").read_text())
        self.file = f"GET /api/v1/snapshots/{snapshot}/file/"
        self.port = free_port()
        self.log = home.parent / f"{home.name}-{self.port}.log"
        self._command = [word.replace("{port}", str(self.port)) for word in command]
        self._environment = environment(home, self.port, **{"REDIS_URL": "redis://127.0.0.1:1/0", **more})

    @staticmethod
    def build(home: Path) -> None:
        """Prepares the home."""
        (home / "static").mkdir()
        (home / "static" / "probe.css").write_text("a{}" * 100_000)
        env = environment(home, 1, REDIS_URL="redis://127.0.0.1:1/0")
        command = [sys.executable, "-c", BUILD]
        built = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr
        (home / "site.json").write_text(built.stdout.splitlines()[-1])

    def __enter__(self) -> Self:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self._command, cwd=BASE_DIR, env=self._environment, stdout=log, stderr=log)
        until(self.answers, "the first answer")
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        for pid in processes_of(self.home):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)

    @property
    def output(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        assert self.process.poll() is None, self.output
        try:
            with self.connect(timeout_s=5) as client:
                return client.ask("GET /healthz").status == 200
        except OSError:
            return False

    def connect(self, *, timeout_s: float = 30, receive_buffer: int | None = None) -> "Client":
        return Client(self.port, timeout_s, receive_buffer)

    def authorized(self, person: int = 0) -> str:
        return f"Authorization: Token {self.tokens[person]}\r\n"


class Reply:
    """What came back, the body taken out of its framing."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """A socket."""

    def __init__(self, port: int, timeout_s: float, receive_buffer: int | None) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout_s)
        self.sock.connect(("127.0.0.1", port))
        self.received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.sock.close()

    def send(self, data: bytes | str) -> None:
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def ask(self, line: str, headers: str = "", body: bytes = b"") -> Reply:
        length = f"Content-Length: {len(body)}\r\n" if body or not line.startswith(("GET", "HEAD")) else ""
        self.send(f"{line} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n".encode("latin-1") + body)
        return self.reply(head_only=line.startswith("HEAD"))

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self.received += data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.received:
            self._more()
        part, _, self.received = self.received.partition(mark)
        return part

    def _exactly(self, count: int) -> bytes:
        while len(self.received) < count:
            self._more()
        part, self.received = self.received[:count], self.received[count:]
        return part

    def reply(self, *, head_only: bool = False) -> Reply:
        reply = Reply(self._until(b"\r\n\r\n"), b"")
        if head_only or reply.status in (100, 204, 304):
            return reply
        if reply.headers.get("transfer-encoding") == "chunked":
            pieces = []
            while size := int(self._until(b"\r\n"), 16):
                pieces.append(self._exactly(size))
                self._until(b"\r\n")
            self._until(b"\r\n")
            reply.body = b"".join(pieces)
        else:
            reply.body = self._exactly(int(reply.headers["content-length"]))
        return reply

    def rest(self) -> bytes:
        """Everything until the server closes; what a reset cuts off is missing."""
        with suppress(ConnectionError):
            while True:
                self._more()
        return self.received
