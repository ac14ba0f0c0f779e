"""An import keeps one answer of an item for every person it names, and one that is nobody's."""

import json
from io import BytesIO

import pytest

from labeling.models import Annotation, Item
from labeling.selectors.agreement import agreement
from labeling.selectors.export import export_rows
from labeling.selectors.people.compared import compared
from labeling.selectors.recount import differences
from labeling.services.imports.certificate import certificate_of
from labeling.services.imports.look import look_at
from labeling.services.projects.manage import update_project
from labeling.services.quality.quarantine import lift, set_in_quarantine
from learning.families.labels.training_data import freeze
from learning.models import Run
from learning.services.runs.decide import data_watermark
from tests.factories import make_answer, make_project
from tests.labeling.imports.conftest import assert_counts_true, counts, reasons, said
from tests.labeling.test_export import NO_FILTER

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CHOSEN = {"columns": {"who": "annotator"}}
#: Three people about one item, the last with another spelling of its text; one about another.
ROWS = [
    {"id": "1", "text": "one", "label": "ham", "who": "ann", "split": "pool"},
    {"id": "1", "text": "one", "label": "spam", "who": "bob", "split": "pool"},
    {"id": "2", "text": "two", "label": "ham", "who": "ann", "split": "pool"},
    {"id": "1", "text": "one ", "label": "ham", "who": "007", "split": "pool"},
]


def by_name(project, external_id="1") -> dict[str, str]:
    rows = Annotation.objects.filter(item__project=project, item__external_id=external_id, source="import")
    return {row.imported_annotator: row.answer["label"] for row in rows}


def item_row(project, external_id="1") -> dict:
    rows = export_rows(project, "items", NO_FILTER)
    return next(row for row in rows if row["external_id"] == external_id)


def counts_hold(project) -> None:
    assert_counts_true(project)
    assert [str(found) for found in differences(project)] == []


@pytest.mark.parametrize("chunks", ["one chunk", "chunks of one row"])
def test_each_keeps_its_answer_and_the_same_file_again_brings_nothing(project, bring_in, chunks, monkeypatch):
    if chunks != "one chunk":
        monkeypatch.setattr("labeling.services.imports.readers.jsonl.JsonlReader.chunk_rows", 1)
    file = b"\n".join(json.dumps(row).encode() for row in ROWS), "a.jsonl"
    batch = bring_in(project, *file, options=CHOSEN)
    assert (counts(batch), reasons(batch)) == (("done", 2, 2, 0), {})
    assert by_name(project) == {"ann": "ham", "bob": "spam", "007": "ham"}
    assert (by_name(project, "2"), Item.objects.get(project=project, external_id="1").data) == ({"ann": "ham"}, {})
    told = certificate_of(batch)["answers"]
    assert told == {"read": 4, "stored": 4, "not_stored": 0, "contradicted": 0, "by_name": 4}
    counts_hold(project)
    again = bring_in(project, *file, options=CHOSEN)
    assert (counts(again), certificate_of(again)["answers"]["stored"]) == (("done", 0, 4, 0), 0)
    changed = [{**ROWS[1], "label": "ham"}, {**ROWS[1], "who": "eve"}, {**ROWS[0], "who": ""}]
    more = certificate_of(bring_in(project, changed, options=CHOSEN))["answers"]
    assert (more["stored"], more["contradicted"], more["by_name"]) == (2, 1, 2)
    assert by_name(project) == {"ann": "ham", "bob": "spam", "007": "ham", "eve": "spam", "": "ham"}
    counts_hold(project)


def test_people_here_count_before_those_of_an_import_and_these_before_nobody(project, people, bring_in):
    bring_in(project, [{"id": "1", "text": "one", "label": "spam"}])
    assert (item_row(project)["label"], item_row(project)["votes"]) == ("spam", 1)
    bring_in(project, ROWS, options=CHOSEN)
    row = item_row(project)
    assert (row["label"], row["votes"], row["soft_label"]) == ("ham", 3, {"ham": 2 / 3, "spam": 1 / 3})
    assert agreement(project)["items"] == 1
    agreed = {key.imported_name: found.agreed for key, found in compared(project, 0).items()}
    assert agreed == {"bob": [False]}  # the others of ann and 007 are split
    data = freeze(Run(project=project, **data_watermark(project)))
    assert [list(shares) for shares in data.pool.soft] == [[2 / 3, 1 / 3], [1, 0]]
    assert data.pool.imported.all()
    said_of = [(row["annotator"], row["source"]) for row in export_rows(project, "annotations", NO_FILTER)]
    assert sorted(said_of, key=str) == [
        ("007", "import"), ("ann", "import"), ("ann", "import"), ("bob", "import"), (None, "import"),
    ]  # fmt: skip
    make_answer(Item.objects.get(project=project, external_id="1"), people.annotator, {"label": "spam"})
    assert (item_row(project)["label"], item_row(project)["votes"]) == ("spam", 1)
    assert agreement(project)["items"] == 0  # one person answered here


def test_answers_of_a_name_in_quarantine_are_kept_and_do_not_count(project, people, bring_in):
    bring_in(project, ROWS, options=CHOSEN)
    made = set_in_quarantine(people.manager, project, "bob", "guesses")
    assert (item_row(project)["votes"], item_row(project)["soft_label"]) == (2, {"ham": 1.0})
    left_out = {row["annotator"] for row in export_rows(project, "annotations", NO_FILTER) if row["quarantined"]}
    assert left_out == {"bob"}
    data = freeze(Run(project=project, **data_watermark(project)))
    assert (data.n_left_out, [list(shares) for shares in data.pool.soft]) == (1, [[1, 0], [1, 0]])
    assert agreement(project)["answers"] == 2
    lift(people.manager, made, "it was a mistake")
    assert item_row(project)["votes"] == 3


def test_one_named_answer_is_an_answer_where_only_the_rest_is_asked_about(project, people, bring_in):
    update_project(people.manager, project, settings={"ask_about": "unlabeled"})
    rows = [*ROWS[:3], {"id": "3", "text": "three", "who": "ann", "split": "pool"}]
    batch = bring_in(project, rows, options=CHOSEN)
    assert "1 row says who gave an answer and gives none." in certificate_of(batch)["summary"]
    open_ = Item.objects.filter(project=project, is_open=True).values_list("external_id", flat=True)
    assert list(open_) == ["3"]
    counts_hold(project)


def test_a_column_called_annotator_is_data_until_it_is_chosen(project, bring_in):
    rows = [{"id": "1", "text": "one", "label": "ham", "annotator": "ann"}]
    bring_in(project, rows)
    assert (by_name(project), Item.objects.get(project=project).data) == ({"": "ham"}, {"annotator": "ann"})
    chosen = make_project(labels=("ham", "spam"))
    bring_in(chosen, rows, options={"columns": {"annotator": "annotator"}})
    assert (by_name(chosen), Item.objects.get(project=chosen).data) == ({"ann": "ham"}, {})
    batch = bring_in(chosen, [{**ROWS[2], "who": "x" * 151}], options=CHOSEN)
    assert reasons(batch) == {1: "151 characters; at most 150 are accepted."}


def test_a_look_proposes_it_and_counts_as_the_import_would(project):
    content = b"text,label,annotator\none,ham,ann\none,eggs,bob\n"
    look = look_at(BytesIO(content), project, "csv", "a.csv")
    assert look.mapping == {"text": "text", "label": "label", "annotator": "annotator"}
    assert (look.labeled, look.unknown) == (1, {"eggs": 1})
    kept = look_at(BytesIO(content), project, "csv", "a.csv", {"columns": {"label": "label"}})
    assert [each.purpose for each in kept.columns] == ["text", "label", ""]
    assert said(kept.notes) == []
