"""Raw judgments and items of a pairwise project, in every format."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from labeling.selectors.export import Filters
from labeling.selectors.row_count import export_row_count
from labeling.services.answers.record import record_answer, take_back
from labeling.services.exports import export_file
from labeling.services.serving.next_tasks import next_tasks
from tests.labeling.pairs.conftest import item

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def exported(project, rows, **filters) -> list[dict]:
    content = b"".join(export_file(project, "jsonl", rows, Filters(**filters)))
    found = [json.loads(line) for line in content.splitlines()]
    assert len(found) == export_row_count(project, rows, Filters(**filters))
    return found


@pytest.fixture
def judged(filled, people, bring_in):
    """Two answers by a person, one of them revised, one taken back; two imported judgments, one pair gold."""
    tasks = next_tasks(people.annotator, filled, 3)
    record_answer(people.annotator, tasks[0].pk, {"winner": "left"}, 800, ui_version="v1", viewport="narrow")
    record_answer(people.annotator, tasks[1].pk, {"winner": "left"})
    record_answer(people.annotator, tasks[1].pk, {"winner": "neither"})
    record_answer(people.annotator, tasks[2].pk, {"winner": "tie"})
    take_back(people.annotator, tasks[2].pk)
    rows = [
        {"left": "c1i3", "right": "c1i0", "winner": "right", "annotator": "ann", "gold": "left"},
        {"left": "c1i0", "right": "c1i3", "winner": "tie", "annotator": "bob"},
    ]
    bring_in(filled, rows)
    return tasks


def test_judgments_carry_both_items_the_side_and_where_they_come_from(filled, people, judged):
    rows = exported(filled, "annotations")
    assert [row["answer"]["winner"] for row in rows] == ["left", "neither", "right", "tie"]
    first = rows[0]
    task = judged[0]
    assert first["item_id"] is None
    assert (first["left_id"], first["right_id"]) == (task.left_id, task.pair.other(task.left_id).pk)
    assert (first["reason"], first["propensity"], first["annotator"]) == ("random", task.propensity, "annotator")
    assert (first["ui_version"], first["viewport"], first["elapsed_ms"]) == ("v1", "narrow", 800)
    assert first["context"] == task.pair.context.text
    assert first["context_external_id"] == task.pair.context.external_id
    assert first["context_purpose"] == "Which argument convinces more?"
    ann, bob = rows[2:]
    assert (ann["left_external_id"], ann["right_external_id"], ann["annotator"]) == ("c1i3", "c1i0", "ann")
    assert (ann["source"], ann["gold"], bob["gold"], bob["annotator"]) == ("import", "left", "right", "bob")
    assert [row["annotator"] for row in exported(filled, "annotations", source="import")] == ["ann", "bob"]
    assert exported(filled, "annotations", split="eval") == []
    assert len(exported(filled, "annotations", only="iid")) == 2


def test_items_come_with_their_context(filled, judged):
    rows = exported(filled, "items")
    assert [row["external_id"] for row in rows] == [f"c{c}i{i}" for c in range(2) for i in range(4)]
    assert rows[5]["item_id"] == item("c1i1").pk
    assert (rows[5]["context"], rows[5]["text"]) == ("Debate 1?", "argument 1 of debate 1")


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_every_format_tells_the_same(filled, judged, rows):
    expected = exported(filled, rows)
    sheet = b"".join(export_file(filled, "csv", rows, Filters())).decode()
    cells = list(csv.DictReader(io.StringIO(sheet, newline="")))
    table = pq.read_table(io.BytesIO(b"".join(export_file(filled, "parquet", rows, Filters())))).to_pylist()
    assert len(cells) == len(table) == len(expected)
    for name in ("left_id", "right_id", "split", "context_id") if rows == "annotations" else ("item_id", "context"):
        assert [row[name] for row in table] == [row[name] for row in expected]
        assert [row[name] for row in cells] == [str(row[name]) for row in expected]
    if rows == "annotations":
        assert [row["answer"] for row in cells] == ["left", "neither", "right", "tie"]
