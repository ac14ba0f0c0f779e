"""A statement is turned into SQLite's own form once, and means the same: long ones and names too."""

import sqlite3

import pytest
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from config.sqlite.base import REMEMBERED_CHARS, Cursor, _with_places

LONG = "SELECT " + ", ".join(["%s"] * REMEMBERED_CHARS)
STATEMENTS = ["SELECT %s, '100 %%', '%%s'", "SELECT 1", "SELECT '?', %s", LONG]


@pytest.fixture
def connection():
    made = sqlite3.connect(":memory:")
    yield made
    made.close()


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
def test_places_are_those_of_django(connection, statement):
    ours, theirs = connection.cursor(factory=Cursor), connection.cursor(factory=SQLiteCursorWrapper)
    for _ in range(2):
        assert ours.convert_query(statement) == theirs.convert_query(statement)


def test_values_and_names_arrive(connection):
    cursor = connection.cursor(factory=Cursor)
    for value in ("a", "50 %"):
        assert cursor.execute("SELECT %s, '100 %%'", [value]).fetchone() == (value, "100 %")
    assert cursor.execute("SELECT %(b)s, %(a)s", {"a": 1, "b": 2}).fetchone() == (2, 1)


def test_a_long_statement_is_not_kept(connection):
    kept = _with_places.cache_info().currsize
    connection.cursor(factory=Cursor).convert_query(LONG)
    assert _with_places.cache_info().currsize == kept
