"""``manage.py up`` for real: it answers, heals, stops whole, and says in one line why it cannot start."""

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from config.environment import BASE_DIR, redis_socket
from tests.ops.running import Running, environment, free_port, manage, processes_of, until

pytestmark = pytest.mark.broker
CHILDREN = {name: f"querent: {name}" for name in ("web", "worker", "scheduler")} | {"redis": "redis-server"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home that has been started once; what that start printed is in ``first-start.log`` beside it."""
    home = tmp_path_factory.mktemp("up") / "home"
    with Running(home) as up:
        (home.parent / "first-start.log").write_text(up.output)
    return home


@pytest.fixture(scope="module")
def running(home):
    """An ``up`` that several tests share; they may kill its children, since it starts them again."""
    with Running(home) as up:
        yield up


@pytest.fixture(scope="module")
def another(home):
    """A second home with the same data, for tests that start and stop by themselves."""
    copy = home.parent / "another"
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("redis", "predictor", "up.lock"))
    return copy


def test_first_start_prints_the_way_in(home):
    said = (home.parent / "first-start.log").read_text()
    assert re.search(r"Open +http://127\.0\.0\.1:\d+/\n", said)
    assert re.search(r"User +admin\n", said)
    password = re.search(r"Password +(\S+)\n", said)[1]
    assert len(password) >= 16
    assert all(password.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_ready_means_that_the_samples_are_in(tmp_path, new_home):
    home = new_home(tmp_path / "home")
    with Running(home, samples=True), contextlib.closing(sqlite3.connect(home / "querent.sqlite3")) as database:
        imports = database.execute("select state, accepted from labeling_importbatch").fetchall()
        (items,) = database.execute("select count(*) from labeling_item").fetchone()
    assert [state for state, _ in imports] == ["done"] * 4
    assert sum(accepted for _, accepted in imports) == items > 1000


def test_asked_to_stop_while_the_samples_come_in_nothing_is_left(tmp_path, new_home):
    home = new_home(tmp_path / "home")
    up = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=BASE_DIR, env=environment(home, free_port()), stdout=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        next(line for line in up.stdout if "Loading the sample projects" in line)
        until(lambda: len(processes_of(home)) > 2, "the web process, or the copy that imports")
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=60)
        until(lambda: not processes_of(home), "the end of everything")
    finally:
        for pid in processes_of(home):
            os.kill(pid, signal.SIGKILL)
        up.stdout.close()


def test_the_secret_key_is_generated_once_and_private(home):
    key = home / "secret_key"
    before = key.read_text()
    assert len(before) >= 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert manage(home, 1, "check").returncode == 0
    assert key.read_text() == before


def test_the_second_start_keeps_the_data_and_the_password_to_itself(running):
    assert "migrations" not in running.output
    assert "Preparing scripts" not in running.output
    assert "changepassword" in running.output
    assert running.get("/healthz") == (200, "ok\n")
    assert running.get("/")[0] == 302


def test_a_second_up_on_the_same_home(running):
    ran = manage(running.home, free_port(), "up")
    _one_line(ran, rf"already runs on .* \(process {running.process.pid}\)")


def test_redis_has_no_port_and_a_private_socket(running):
    path = redis_socket(running.home)
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


def test_up_works_in_a_long_home(tmp_path, new_home):
    home = new_home(tmp_path / ("long" * 30))
    with Running(home) as up:
        until(lambda: redis_socket(home).exists(), "the socket in the short folder")
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(30) == 0
    redis_socket(home).parent.rmdir()


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_started_again(running, name):
    first = running.kill(CHILDREN[name])
    until(lambda: running.child(CHILDREN[name]) not in (None, first), f"a new {name} process")
    assert running.get("/healthz") == (200, "ok\n")
    assert f"{name} ended (SIGKILL)" in running.output


def test_requests_wait_while_the_web_process_is_being_restarted(running):
    running.kill(CHILDREN["web"])
    assert running.get("/healthz") == (200, "ok\n")


def _consumes(home):
    """Whether a worker waits for messages: it has a blocking read open, which "ready." is said before."""
    with contextlib.suppress(redis.ConnectionError), redis.Redis(unix_socket_path=str(redis_socket(home))) as client:
        return client.info("clients")["blocked_clients"] >= 1


def test_the_worker_goes_on_after_redis_was_killed(running):
    # Celery 5.7 cannot bear losing Redis between "ready." and its first read (AttributeError, exit code 1; it is
    # started again): what is held here is the worker that reads
    until(lambda: _consumes(running.home), "a worker that waits for messages")
    worker = running.child(CHILDREN["worker"])
    running.kill("redis-server")
    until(lambda: _consumes(running.home), "the worker to read again")
    assert running.child(CHILDREN["worker"]) == worker


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_asked_to_stop_nothing_is_left(another, number):
    with Running(another) as up:
        until(lambda: len(processes_of(another)) >= 5, "all processes")
        up.process.send_signal(number)
        assert up.process.wait(30) == 0
        assert processes_of(another) == {}
        assert up.output.rstrip().endswith("Stopped")


def test_killed_itself_nothing_is_left_and_the_next_start_works(another):
    with Running(another) as up:
        until(lambda: len(processes_of(another)) >= 5, "all processes")
        up.process.kill()
        up.process.wait()
        with Running(another) as again:  # at once: it waits for the last of the orphans
            assert again.get("/healthz") == (200, "ok\n")
            again.process.kill()
            again.process.wait()
            until(lambda: processes_of(another) == {}, "the orphans to end")


def _one_line(ran, words):
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert re.search(words, ran.stderr), ran.stderr


def test_a_busy_port(another):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _one_line(manage(another, port, "up"), f"Port {port} on 127.0.0.1 is busy")
    assert processes_of(another) == {}


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
def test_what_cannot_be_is_one_line(another, setting, words):
    more = {**setting}
    place = Path(more.pop("QUERENT_HOME", another))
    port = more.pop("PORT", None)
    ran = manage(place, port or free_port(), "up", **more)
    _one_line(ran, words)
    assert processes_of(another) == {}
