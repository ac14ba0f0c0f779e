"""Exported rows say whether the model version that had a say in them was verified."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import extensions
from labeling.models import Annotation, Source
from labeling.selectors.export import Filters, export_rows, fixed_columns
from labeling.services.answers.record import record_answer
from labeling.services.exports import FORMATS, export_file
from labeling.services.serving.next_tasks import next_tasks
from learning.families.pairwise import export_rows as pairs
from learning.models import ModelVersion
from tests.factories import make_answer, make_items, make_project
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, make_pairwise_project
from tests.learning.pairwise.test_run import learn

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def asked(project, people):
    """Asked by model 1, which is verified, by model 2, which only ranked, at random, and imported."""
    for number, verified, n_eval in ((1, True, 250), (2, False, 250)):
        ModelVersion.objects.create(
            project=project, number=number, encoder="e", trained_on=9, verified=verified, n_eval=n_eval
        )
    items = make_items(project, ["a", "b", "c", "d"])
    for item, number in zip(items, (1, 2, None), strict=False):
        make_answer(item, people.annotator, {"label": "ham"}, model_version=number)
    Annotation.objects.create(project=project, item=items[3], source=Source.IMPORT, answer={"label": "ham"})
    return project


def read(project, format_: str, rows: str) -> list[object]:
    data = b"".join(export_file(project, format_, rows, Filters()))
    if format_ == "parquet":
        return pq.read_table(io.BytesIO(data)).column("model_verified").to_pylist()
    if format_ == "csv":
        return [row["model_verified"] for row in csv.DictReader(io.StringIO(data.decode(), newline=""))]
    return [json.loads(line)["model_verified"] for line in data.splitlines()]


@pytest.mark.parametrize("format_", sorted(FORMATS))
@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_a_row_says_whether_the_version_that_asked_is_verified(asked, format_, rows):
    written = ["true", "false", "", ""] if format_ == "csv" else [True, False, None, None]
    assert read(asked, format_, rows) == written
    names = [column.name for column in fixed_columns(asked, rows)]
    assert names.index("model_verified") == names.index("model_version") + 1


def test_a_version_of_another_project_with_the_same_number_says_nothing(asked, people):
    other = make_project(manager=people.manager)
    make_answer(make_items(other, ["a"])[0], people.annotator, {"label": "ham"}, model_version=1)
    assert read(other, "jsonl", "annotations") == [None]


def test_without_learning_nobody_knows(asked, monkeypatch):
    monkeypatch.setattr(extensions, "_installed", extensions.NOTHING)
    assert read(asked, "jsonl", "annotations") == [None] * 4


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_it_costs_one_query_an_export_not_one_a_row(asked, people, rows):
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as counted:
            list(export_rows(asked, rows, Filters()))
        return [query["sql"] for query in counted if "learning_modelversion" in query["sql"]]

    assert len(queries()) == 1
    for item in make_items(asked, [f"more {n}" for n in range(30)]):
        make_answer(item, people.annotator, {"label": "ham"}, model_version=1)
    assert len(queries()) == 1


def test_judgments_scores_and_rankings_say_so_too(people):
    project = make_pairwise_project(people.manager, random_share=0.0)
    bring(project, people.manager, item_rows())
    bring(project, people.manager, judgments(0, 40, {"ann": honest, "bob": honest}))
    learn(project)
    (task,) = next_tasks(people.manager, project, 1)
    record_answer(people.manager, task.pk, {"winner": "left"})
    for verified in (False, True):
        ModelVersion.objects.update(verified=verified, n_eval=250)
        for rows in (pairs.scores(project, Filters()), pairs.rankings(project, Filters())):
            assert {(row["model_version"], row["model_verified"]) for row in rows} == {(1, verified)}
        said = [(row["model_version"], row["model_verified"]) for row in export_rows(project, "annotations", Filters())]
        assert said == [(None, None)] * 40 + [(1, verified)]
