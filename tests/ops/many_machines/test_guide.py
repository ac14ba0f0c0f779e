"""The guide's *Many machines* and *The proxy*, line by line, with nginx in front of both machines."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.ops.guide import blocks, with_values
from tests.ops.many_machines.machine import NAME, PASSWORD
from tests.ops.many_machines.person import Person
from tests.ops.running import free_port, until

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx; on Debian: apt-get install nginx-light"),
]


class Browser(Person):
    """A person in front of nginx; ``plain`` is its port without TLS."""

    def __init__(self, secure: int, plain: int) -> None:
        super().__init__(f"https://127.0.0.1:{secure}", {"Host": NAME, "Referer": f"https://{NAME}/"})
        self.plain = plain


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
        yield Browser(secure, plain)
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


def test_who_comes_without_tls_is_sent_to_it(browser):
    with contextlib.closing(socket.create_connection(("127.0.0.1", browser.plain))) as plain:
        plain.sendall(f"GET /p/x/ HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
        assert b"Location: https://label.example.org/p/x/" in plain.recv(4096)


def test_from_sign_in_to_export_through_both_machines(browser, machines):
    page = browser.form("/sign-in/", username="admin", password=PASSWORD)
    assert "Sign out" in page
    browser.get_token("admin", PASSWORD)
    browser.make_project("two")
    started = browser.start_import("two", 120)
    until(lambda: browser.api("GET", f"/projects/two/imports/{started}/")["state"] == "done", "the import", 120)
    browser.label("two", 60)
    with contextlib.suppress(urllib.error.HTTPError):  # one may have begun by itself
        browser.api("POST", "/projects/two/runs/", {})

    def trained() -> bool:
        return bool(browser.api("GET", "/projects/two/models/")["results"])

    until(trained, "a model", 240)
    export = "/api/v1/projects/two/export/?format=jsonl"
    assert len(browser.get(export).splitlines()) == 60
    for machine in machines:  # each gives the same
        assert len(machine.person().get(export).splitlines()) == 60
    assert "Two" in browser.get("/")


def test_a_machine_that_goes_away_is_not_missed(browser, machines):
    """nginx asks the other one; the sessions are in the database."""
    gunicorn = next(process for command, process in machines[0].processes.items() if "gunicorn" in command)
    os.killpg(gunicorn.pid, signal.SIGKILL)
    gunicorn.wait()
    for _ in range(6):
        assert "Two" in browser.get("/")
