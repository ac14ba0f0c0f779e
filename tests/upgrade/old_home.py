"""A home that old code made, unpacked and started under the code of today; and what that old code said of it."""

import hashlib
import http.client
import http.cookiejar
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from config.environment import BASE_DIR
from tests.ops.running import Running, environment
from tests.upgrade.label_samples import API, PASSWORD

PACKED = Path(__file__).parent / "f83abf0.tar.xz"


def unpacked(folder: Path) -> tuple[Path, Path]:
    """The home, and the folder of what is expected of it."""
    with lzma.open(PACKED) as file, tarfile.open(fileobj=file) as tar:
        if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on; Debian 12 has 3.11.2
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(folder)
    return folder / "home", folder / "expected"


def hashes(home: Path) -> dict[str, str]:
    """The stored files by name, with the SHA-256 of their content."""
    paths = [path for path in (home / "files").rglob("*") if path.is_file()]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def expected_files() -> list[str]:
    """The names of all answers the old code gave."""
    with lzma.open(PACKED) as file, tarfile.open(fileobj=file) as tar:
        names = [name for name in tar.getnames() if name.startswith("expected/")]
    return sorted(name.removeprefix("expected/") for name in names if not name.endswith("/addresses.json"))


def expected_of(name: str) -> bytes:
    """One answer the old code gave."""
    with lzma.open(PACKED) as file, tarfile.open(fileobj=file) as tar:
        found = tar.extractfile(f"expected/{name}")
        assert found is not None
        return found.read()


class Upgraded:
    """An installation that ``up`` has started, spoken to over HTTP by a person whose password is the old one."""

    def __init__(
        self, home: Path, expected: Path, files: dict[str, str], up: Running, database: dict[str, str]
    ) -> None:
        self.home, self.expected, self.files_then, self.up, self.database = home, expected, files, up, database
        self.addresses: dict[str, str] = json.loads((expected / "addresses.json").read_text())
        self.token = ""
        self.token = json.loads(self.call("POST", "auth/token/", {"username": "anna", "password": PASSWORD}))["token"]

    def call(self, method: str, path: str, body: Any = None) -> bytes:
        client = http.client.HTTPConnection("127.0.0.1", self.up.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        try:
            client.request(method, f"{API}/{path}", None if body is None else json.dumps(body), headers)
            answer = client.getresponse()
            content = answer.read()
        finally:
            client.close()
        assert answer.status < 300, f"{method} {path}: {answer.status} {content[:500]!r}\n{self.up.output[-2000:]}"
        return content

    def files_now(self) -> dict[str, str]:
        """Those that were there then, as they are now."""
        return {name: sha256 for name, sha256 in hashes(self.home).items() if name in self.files_then}

    def signed_in(self) -> "Browser":
        return Browser(f"http://127.0.0.1:{self.up.port}")

    def then_and_now(self, name: str) -> tuple[bytes, bytes]:
        return (self.expected / name).read_bytes(), self.call("GET", self.addresses[name])

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of today's code on this home, to its end."""
        return subprocess.run(
            [sys.executable, *command], cwd=BASE_DIR, env=environment(self.home, self.up.port, **self.database),
            text=True, capture_output=True, timeout=300, check=False,
        )  # fmt: skip


class Browser:
    """The same person before the pages."""

    def __init__(self, base: str) -> None:
        self.base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get("/sign-in/"))
        assert token
        fields = {"csrfmiddlewaretoken": token[1], "username": "anna", "password": PASSWORD}
        assert "anna" in self.get("/sign-in/", urllib.parse.urlencode(fields).encode())

    def get(self, path: str, data: bytes | None = None) -> str:
        """Raises HTTPError for anything but a page."""
        with self.opener.open(self.base + path, data, timeout=60) as answer:
            return str(answer.read().decode())


@contextmanager
def started(folder: Path) -> Iterator[Upgraded]:
    """On PostgreSQL when that is what the tests run on: the same rows in a database of their own."""
    home, expected = unpacked(folder)
    files = hashes(home)
    with _database_of(home) as database, Running(home, **database) as up:
        yield Upgraded(home, expected, files, up, database)


@contextmanager
def _database_of(home: Path) -> Iterator[dict[str, str]]:
    if connection.vendor == "sqlite":
        yield {}
        return
    name = f"upgrade_{os.getpid()}"
    server = connection.settings_dict
    host = server["HOST"] or server["OPTIONS"]["host"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        database = {"DATABASE_URL": f"postgres://{server['USER']}@/{name}?host={host}"}
        old = home / "querent.sqlite3"
        command = [sys.executable, "-m", "tests.upgrade.transport", str(old)]
        subprocess.run(command, cwd=BASE_DIR, env=environment(home, 1, **database), check=True, timeout=300)
        old.unlink()
        yield database
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
