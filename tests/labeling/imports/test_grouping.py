"""Records about one item that stand anywhere in a file are one row: what that costs grows with the file, not faster."""

import sqlite3

from labeling.services.imports.foreign.base import Told
from labeling.services.imports.readers import grouping
from labeling.services.imports.readers.grouping import grouped
from labeling.services.imports.records.rows import Rejection

STEPS_A_CALL = 100


def test_columns_are_those_of_the_first_record_and_answers_those_of_all():
    refused = Rejection(0, "no")
    found = [
        Told({"id": 1, "text": "one"}, ["ham"], "1"), Told({"id": 2}, ["spam"], "2"), refused,
        Told({"id": 1, "text": "uno", "late": 3}, ["spam"], "1"), {"plain": True}, Told({"id": 2}, [], "2"),
    ]  # fmt: skip
    first, second, third, fourth = grouped(found)
    assert (first.record, first.answers) == ({"id": 1, "text": "one", "late": 3}, ["ham", "spam"])
    assert (second.record, second.answers) == ({"id": 2}, ["spam"])
    assert (third.reason, fourth) == ("no", {"plain": True})


def test_four_times_the_records_are_four_times_the_steps(monkeypatch):
    """Of the database's machine: every item was once looked for in all records, 0.9 ms a row of 10,000."""
    calls = [0]
    connect = sqlite3.connect

    def counting(path):
        database = connect(path)
        database.set_progress_handler(lambda: calls.__setitem__(0, calls[0] + 1), STEPS_A_CALL)
        return database

    def steps(records: int) -> int:
        calls[0] = 0
        assert len(list(grouped(Told({"id": n}, ["ham"], str(n)) for n in range(records)))) == records
        return calls[0]

    monkeypatch.setattr(grouping.sqlite3, "connect", counting)
    assert 0 < steps(4_000) < 5 * steps(1_000)
