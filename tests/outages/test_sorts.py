"""Which errors are an outage that passes, by the drivers' own errors, and which are a mistake of ours."""

import errno
import sqlite3

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connection
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from labeling.services.outages.causes import Cause, outage_of
from tests.outages.trouble import full_database, no_space


def cause_of(error: BaseException) -> Cause | None:
    outage = outage_of(error)
    return outage.cause if outage else None


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Cause.DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Cause.DISK_FULL),
        (OSError(errno.EROFS, "Read-only file system"), Cause.AWAY),
        (OSError(errno.ENOENT, "No such file"), None),
        (BrokenPipeError(errno.EPIPE, "the client left"), None),
        (OperationalError("database is locked"), Cause.BUSY),
        (InterfaceError("connection already closed"), Cause.AWAY),
        (psycopg2.OperationalError("connection to server failed"), Cause.AWAY),
        (psycopg2.InterfaceError("connection already closed"), Cause.AWAY),
        (psycopg2.DatabaseError("error with status PGRES_TUPLES_OK and no message from the libpq"), Cause.AWAY),
        (psycopg2.DatabaseError("something else"), None),
        (ProgrammingError("relation does not exist"), None),
        (BrokerError("Error 111 connecting"), Cause.AWAY),
        (RedisConnectionError("Connection refused"), Cause.AWAY),
        (ResponseError("wrong number of arguments"), None),
        (ValueError("ours"), None),
    ],
    ids=repr,
)
def test_errors_by_their_own_class(error, cause):
    assert cause_of(error) is cause


def failed_step():
    try:
        no_space()
    except OSError as error:
        raise RuntimeError("the step failed") from error


def another_matter():
    try:
        no_space()
    except OSError:
        raise RuntimeError("deliberately another matter") from None


@pytest.mark.parametrize(("work", "cause"), [(failed_step, Cause.DISK_FULL), (another_matter, None)])
def test_an_outage_is_found_behind_what_it_caused(work, cause):
    with pytest.raises(RuntimeError) as raised:
        work()
    assert cause_of(raised.value) is cause


def test_sqlite_says_locked(tmp_path):
    holder = sqlite3.connect(tmp_path / "db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(tmp_path / "db", isolation_level=None, timeout=0).execute("BEGIN IMMEDIATE")
    assert cause_of(raised.value) is Cause.BUSY


def test_sqlite_says_that_a_table_is_missing_which_is_no_outage():
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(":memory:").execute("SELECT * FROM nowhere")
    assert cause_of(raised.value) is None


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.django_db(transaction=True)
def test_sqlite_says_full():
    with full_database(), connection.cursor() as cursor, pytest.raises(OperationalError, match="full") as raised:
        cursor.execute("CREATE TABLE much AS SELECT randomblob(1000000)")
    assert cause_of(raised.value) is Cause.DISK_FULL


SQLSTATES = {
    "53100": Cause.DISK_FULL,
    "55P03": Cause.BUSY,
    "40P01": Cause.BUSY,
    "57P01": Cause.AWAY,
    "53300": Cause.AWAY,
}


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [*SQLSTATES, "22012"])
def test_postgresql_says_it_by_its_code(code):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's codes")
    with pytest.raises(DatabaseError) as raised, connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'as the server says it'; END $$"
        )
    assert cause_of(raised.value) is SQLSTATES.get(code)
