"""Which columns leave: those that were chosen, and every one of them in every line."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from labeling.models import Item
from labeling.services.exports import jsonl
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db

DATA = [{"a": 1}, {"b": None, "c": "x"}, {}, {"late": [1], "a": 2.5}]


@pytest.fixture
def labeled(project, people):
    for item, data in zip(make_items(project, ["one", "two", "three", "four"]), DATA, strict=True):
        Item.objects.filter(pk=item.pk).update(data=data)
        make_answer(item, people.annotator, {"label": "ham"})
    return project


def export(client, project, **query):
    response = client.get(f"/api/v1/projects/{project.slug}/export/", query)
    return b"".join(response.streaming_content) if response.status_code == 200 else response.json()


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_a_line_of_json_has_every_column_of_the_file(labeled, people, api, rows):
    found = [json.loads(line) for line in export(api(people.manager), labeled, rows=rows).splitlines()]
    assert len({frozenset(row) for row in found}) == 1
    assert [{name: row[name] for name in ("a", "b", "c", "late")} for row in found] == [
        {"a": None, "b": None, "c": None, "late": None} | data for data in DATA
    ]


def test_a_file_with_a_column_for_every_row_leaves_absent_ones_out(labeled, people, api, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_COLUMNS", 10)
    found = [json.loads(line) for line in export(api(people.manager), labeled).splitlines()]
    assert ["late" in row for row in found] == [False, False, False, True]


def test_chosen_columns_come_in_the_order_given(labeled, people, api):
    client = api(people.manager)
    wanted = {"columns": " text ,late,item_id,text", "rows": "items"}
    lines = [json.loads(line) for line in export(client, labeled, **wanted).splitlines()]
    assert [list(line) for line in lines] == [["text", "late", "item_id"]] * 4
    assert [line["late"] for line in lines] == [None, None, None, [1]]
    table = csv.DictReader(io.StringIO(export(client, labeled, format="csv", **wanted).decode(), newline=""))
    assert table.fieldnames == ["text", "late", "item_id"]
    assert pq.read_table(io.BytesIO(export(client, labeled, format="parquet", **wanted))).column_names == [
        "text", "late", "item_id",
    ]  # fmt: skip


def test_people_are_under_pseudonyms_in_chosen_columns_too(labeled, people, api):
    (first, *_) = export(api(people.viewer), labeled, columns="annotator").splitlines()
    assert json.loads(first)["annotator"].startswith("person-")


def test_a_column_that_is_not_there_is_refused_by_name(labeled, people, api):
    said = export(api(people.manager), labeled, columns="text,nope")
    assert "'nope'" in said["columns"][0]
    assert "There are: item_id" in said["columns"][0]
