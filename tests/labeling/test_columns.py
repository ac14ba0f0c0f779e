"""The SELECT of an export is made of its columns: none can be forgotten, doubled or read from another's place."""

from typing import NamedTuple

import pytest

from labeling.selectors.columns import ANSWER, Column, Selection, answer_columns, read_by
from labeling.selectors.export import fixed_columns
from tests.factories import make_project

pytestmark = pytest.mark.django_db

COLUMNS = [Column("id", "integer", "i.id"), Column("kind", "text", "%s", ("spans",)), Column("votes", "integer")]


class Besides(NamedTuple):
    data: str
    source: str


def selection() -> Selection:
    return Selection(COLUMNS, Besides, source="a.source", data="i.data")


def test_the_select_reads_what_the_columns_say_in_their_order():
    assert selection().sql == "i.id, %s, i.data, a.source", "what is filled in later is not read"
    assert selection().params == ["spans"]


def test_a_record_is_a_row_and_what_was_read_besides():
    record = (7, "spans", "{}", "human")
    assert selection().row(record) == {"id": 7, "kind": "spans", "votes": None}
    assert selection().getter("data")(record) == "{}"
    assert selection().getter("source")(record) == "human"


def test_a_record_that_is_too_short_is_no_row():
    with pytest.raises(ValueError, match="too short"):
        selection().row((7,))


def test_a_record_that_is_too_short_has_nothing_besides():
    with pytest.raises(IndexError):
        selection().getter("source")((7, "spans", "{}"))
    with pytest.raises(ValueError, match="not in tuple"):
        selection().getter("votes")


def test_what_is_read_besides_is_said_whole():
    with pytest.raises(TypeError, match="Besides has data, source"):
        Selection(COLUMNS, Besides, data="i.data")


def test_sql_for_a_column_that_is_not_there_is_refused():
    with pytest.raises(KeyError, match="vote"):
        read_by(COLUMNS, vote="a.vote")


def test_columns_are_read_by_the_sql_that_is_said_for_them():
    made = read_by(COLUMNS, votes="count(*)", kind=("%s", "boxes"))
    assert [(column.sql, column.params) for column in made] == [("i.id", ()), ("%s", ("boxes",)), ("count(*)", ())]


@pytest.mark.parametrize("kind", ["classification", "multilabel", "pairwise"])
def test_no_name_stands_twice(kind):
    project = make_project(kind=kind, modality="text")
    for rows in ("annotations", "items"):
        names = [column.name for column in fixed_columns(project, rows)]
        assert len(names) == len(set(names))


def test_an_answer_about_an_item_has_all_columns_of_an_answer_first():
    names = [column.name for column in answer_columns(make_project(kind="multilabel", modality="image"))]
    assert names == [*(column.name for column in ANSWER), "image_sha256", "text", "group", "origin"]
