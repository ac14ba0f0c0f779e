"""The tables of a fresh SQLite database come from a file: what it makes is what the migrations make."""

import sqlite3

import pytest
from django.db import connection

from config.sqlite import fresh
from config.versions import known

REFRESH = "config/sqlite/fresh.sql is not what the migrations make: python -m config.sqlite.fresh"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the file is SQLite's")
def test_the_file_is_what_the_migrations_make():
    text = fresh.TABLES.read_text()
    assert fresh.written(connection) == text, REFRESH
    made = sqlite3.connect(":memory:")
    for statement in fresh.statements(text):
        made.execute(statement)
    assert set(made.execute("SELECT app, name FROM django_migrations")) >= known()
    made.close()
