"""``manage.py up`` for real: it answers, heals, stops whole, and says in one line why it cannot start."""

import os
import re
import signal
import socket
import stat
from pathlib import Path

import pytest
import redis

from config.environment import redis_socket
from tests.ops.running import Running, free_port, manage, processes_of, until

pytestmark = pytest.mark.broker
CHILDREN = {"web": "gunicorn", "worker": " worker ", "scheduler": " beat ", "redis": "redis-server"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home that has been started once; what that start printed is in ``first-start.log`` beside it."""
    home = tmp_path_factory.mktemp("up") / "home"
    with Running(home) as up:
        (home.parent / "first-start.log").write_text(up.output)
    return home


def test_first_start_prints_the_way_in(home):
    said = (home.parent / "first-start.log").read_text()
    assert re.search(r"Open +http://127\.0\.0\.1:\d+/\n", said)
    assert re.search(r"User +admin\n", said)
    password = re.search(r"Password +(\S+)\n", said)[1]
    assert len(password) >= 16
    assert all(password.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_the_secret_key_is_generated_once_and_private(home):
    key = home / "secret_key"
    before = key.read_text()
    assert len(before) >= 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert manage(home, 1, "check").returncode == 0
    assert key.read_text() == before


def test_the_second_start_keeps_the_data_and_the_password_to_itself(home):
    with Running(home) as up:
        assert "migrations" not in up.output
        assert "Preparing scripts" not in up.output
        assert "changepassword" in up.output
        assert up.get("/healthz") == (200, "ok\n")
        assert up.get("/")[0] == 302


def test_redis_has_no_port_and_a_private_socket(home):
    with Running(home):
        path = redis_socket(home)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        client = redis.Redis(unix_socket_path=str(path))
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        client.close()


def test_a_long_home_gets_a_short_socket(tmp_path):
    short = redis_socket(tmp_path / ("long" * 30))
    assert len(os.fsencode(short)) <= 100
    assert short != redis_socket(tmp_path / ("LONG" * 30))


def test_up_works_in_a_long_home(tmp_path):
    home = tmp_path / ("long" * 30)
    with Running(home) as up:
        until(lambda: redis_socket(home).exists(), "the socket in the short folder")
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(30) == 0
    redis_socket(home).parent.rmdir()


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_started_again(home, name):
    with Running(home) as up:
        first = until(lambda: up.child(CHILDREN[name]), f"the {name} process")
        os.kill(first, signal.SIGKILL)
        until(lambda: up.child(CHILDREN[name]) not in (None, first), f"a new {name} process")
        assert up.get("/healthz") == (200, "ok\n")
        assert f"{name} ended (SIGKILL)" in up.output


def test_requests_wait_while_the_web_process_is_being_restarted(home):
    with Running(home) as up:
        os.kill(up.child("gunicorn"), signal.SIGKILL)
        assert up.get("/healthz") == (200, "ok\n")


def test_the_worker_goes_on_after_redis_was_killed(home):
    with Running(home) as up:
        until(lambda: "Connected to redis" in up.output, "the worker")
        os.kill(up.child("redis-server"), signal.SIGKILL)
        until(lambda: up.output.count("Connected to redis") >= 2, "the worker to reconnect")
        assert up.child(" worker ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_asked_to_stop_nothing_is_left(home, number):
    with Running(home) as up:
        until(lambda: len(processes_of(home)) >= 5, "all processes")
        up.process.send_signal(number)
        assert up.process.wait(30) == 0
        assert processes_of(home) == {}
        assert up.output.rstrip().endswith("Stopped")


def test_killed_itself_nothing_is_left_and_the_next_start_works(home):
    with Running(home) as up:
        until(lambda: len(processes_of(home)) >= 5, "all processes")
        up.process.kill()
        up.process.wait()
        with Running(home) as again:  # at once: it waits for the last of the orphans
            assert again.get("/healthz") == (200, "ok\n")
            again.process.kill()
            again.process.wait()
            until(lambda: processes_of(home) == {}, "the orphans to end")


def _one_line(ran, words):
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert re.search(words, ran.stderr), ran.stderr


def test_a_second_up_on_the_same_home(home):
    with Running(home) as up:
        _one_line(manage(home, free_port(), "up"), rf"already runs on .* \(process {up.process.pid}\)")


def test_a_busy_port(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _one_line(manage(home, port, "up"), f"Port {port} on 127.0.0.1 is busy")
    assert processes_of(home) == {}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"DATABASE_URL": "postgres://somebody@127.0.0.1:1/nothing"}, "at 127.0.0.1:1 does not answer.*DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, "database at /nowhere/at/all.sqlite3 does not answer"),
        ({"DATABASE_URL": "mysql://here/x"}, "DATABASE_URL must begin with postgres:// or sqlite:///"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "Redis of REDIS_URL does not answer"),
        ({"PORT": "many"}, "PORT must be a whole number, not 'many'"),
        ({"HOST": "192.0.2.1"}, "Cannot listen on 192.0.2.1"),
        ({"QUERENT_HOME": "/proc/nowhere"}, "QUERENT_HOME /proc/nowhere cannot be used"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_cannot_be_is_one_line(home, setting, words):
    more = {**setting}
    place = Path(more.pop("QUERENT_HOME", home))
    port = more.pop("PORT", None)
    ran = manage(place, port or free_port(), "up", **more)
    _one_line(ran, words)
    assert processes_of(home) == {}
