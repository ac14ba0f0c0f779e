"""Requests that want to write while the database is locked for long: reads find a thread, and nobody waits for ever."""

import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction

from config import web_database
from config.environment import databases
from config.web_database import WriteQueue, write_queue
from labeling.models import ApiToken
from labeling.services.outages.patience import patience
from tests.outages.trouble import locked


@pytest.fixture
def now(monkeypatch):
    """The time of the queue's clock, to be moved."""
    at = [100.0]
    monkeypatch.setattr(web_database.time, "monotonic", lambda: at[0])
    return at


def waits_in(queue: WriteQueue, let_go: threading.Event) -> threading.Thread:
    entered = threading.Event()

    def wait() -> None:
        with queue.place():
            entered.set()
            let_go.wait(60)

    thread = threading.Thread(target=wait)
    thread.start()
    assert entered.wait(60)
    return thread


def test_short_waits_are_for_everybody_long_ones_for_half_of_the_threads(now):
    queue, let_go = WriteQueue(), threading.Event()
    queue.places = 2
    waiting = [waits_in(queue, let_go) for _ in range(3)]
    now[0] += web_database.LONG_S + 0.1
    with pytest.raises(OperationalError, match="enough requests wait"), queue.place():
        pass
    let_go.set()
    for thread in waiting:
        thread.join()
    with queue.place():
        pass


def test_whoever_waits_for_long_while_others_get_the_lock_is_only_unlucky(now):
    queue, let_go = WriteQueue(), threading.Event()
    queue.places = 2
    waiting = [waits_in(queue, let_go) for _ in range(3)]
    for _ in range(100):
        now[0] += web_database.LONG_S - 0.1
        with queue.place():  # gets it
            pass
    let_go.set()
    for thread in waiting:
        thread.join()


def test_jobs_wait_as_long_as_it_takes(now):
    queue, let_go = WriteQueue(), threading.Event()
    waiting = [waits_in(queue, let_go) for _ in range(3)]
    now[0] += 1000
    with queue.place():
        pass
    let_go.set()
    for thread in waiting:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_locked_sqlite_refuses_at_once_when_enough_wait(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows, not everybody")
    monkeypatch.setattr(write_queue, "places", 1)
    monkeypatch.setattr(web_database, "LONG_S", 0.05)
    began = threading.Event()

    def one_waits() -> None:
        with patience(30):
            began.set()
            with transaction.atomic():
                pass
        connections.close_all()

    with locked("labeling_apitoken"):
        thread = threading.Thread(target=one_waits)
        thread.start()
        assert began.wait(60)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with patience(0), transaction.atomic():
                    raise AssertionError("the lock is held")
            except OperationalError as error:
                if "enough requests wait" in str(error):
                    break
        else:
            raise AssertionError("never refused at once")
        assert ApiToken.objects.count() == 0  # reads go on
    thread.join()
    with transaction.atomic():
        pass


@pytest.mark.django_db(transaction=True)
def test_of_those_who_wait_already_half_are_told_while_the_lock_is_kept(monkeypatch):
    """Eight requests that came at once held all eight threads for 15 s, and who only wanted to read stood behind."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows, not everybody")
    monkeypatch.setattr(write_queue, "places", 2)
    monkeypatch.setattr(web_database, "LONG_S", 0.3)
    outcomes: list[str] = []

    def wants_to_write() -> None:
        try:
            with patience(120):
                with transaction.atomic():
                    pass
                outcomes.append("written")
        except OperationalError as error:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout")
                outcomes.append(f"{error}, its patience is {cursor.fetchone()[0]} ms")
        finally:
            connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual_ms,) = cursor.fetchone()
    with locked("labeling_apitoken"):
        threads = [threading.Thread(target=wants_to_write) for _ in range(4)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(outcomes) < 2 and time.monotonic() < deadline:
            assert ApiToken.objects.count() == 0  # reads go on
        told = list(outcomes)
    for thread in threads:
        thread.join()
    assert told == [f"{web_database.ENOUGH_WAIT}, its patience is {usual_ms} ms"] * 2
    assert outcomes[2:] == ["written"] * 2


@pytest.mark.django_db(transaction=True)
def test_the_web_process_waits_for_no_lock_longer_than_the_limit(monkeypatch):
    """In a thread of its own, whose connection is made anew as that of a web thread."""
    place = connections.settings["default"]
    own = databases(Path())["default"]["OPTIONS"]  # the suite's commits do not wait for the disk
    monkeypatch.setitem(place, "OPTIONS", {**place["OPTIONS"], **own})
    monkeypatch.setattr(write_queue, "places", None)
    web_database.limit_waits()
    found = []

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout")
            found.extend(cursor.fetchone())
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA synchronous")
                found.extend(cursor.fetchone())
        connections.close_all()

    try:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    finally:
        web_database.connection_created.disconnect(web_database._set_lock_timeout)
    full = 2
    assert found == ([15_000, full] if connection.vendor == "sqlite" else ["15s"])
