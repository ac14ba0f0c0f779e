"""Whatever rows a file holds, and wherever its chunks end: every row has one fate, and the counts stay true."""

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from labeling.models import ImportBatch, Project
from labeling.selectors.recount import differences
from labeling.services.imports import run_import, start_import
from labeling.services.imports.readers.jsonl import JsonlReader
from tests.factories import make_project
from tests.labeling.imports.test_resume import end_state, pairs_state

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NUMBERS = count()
#: Of more than eleven Hypothesis draws every sixth, and runs the others with one part copied over another.
FEW = settings(
    max_examples=11, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # making a failure smaller takes minutes of imports
)  # fmt: skip
CHUNKS = st.integers(1, 7)

NAMES = st.sampled_from(["a", "b", "c", "d", "e", "f"])
ITEM = st.fixed_dictionaries(
    {"text": st.sampled_from(["one", "two", "three", "four", " ", "five\0"])},
    optional={
        "id": NAMES,
        "label": st.sampled_from(["ham", "spam", "eggs", ""]),
        "group": st.sampled_from(["g", "h", ""]),
        "split": st.sampled_from(["pool", "eval", "test", ""]),
    },
)
#: Items of contexts that are described by now, then pairs of them.
IN_CONTEXT = st.fixed_dictionaries(
    {"text": st.sampled_from(["one", "two", "three"]), "context_id": st.sampled_from(["x", "y"])},
    optional={"id": NAMES, "context": st.sampled_from(["Which?", "Who?"]), "split": st.sampled_from(["pool", "eval"])},
) | st.just({"text": "one", "context_id": "never described"})
PAIR = st.fixed_dictionaries(
    {"left": NAMES, "right": NAMES},
    optional={
        "winner": st.sampled_from(["left", "right", "tie", "both"]),
        "gold": st.sampled_from(["left", "right", "neither"]),
        "annotator": st.sampled_from(["ann", "bob"]),
    },
)
DESCRIBED = [
    {"id": f"first of {name}", "text": name, "context_id": name, "context": "Which?", "context_split": split}
    for name, split in (("x", "pool"), ("y", "eval"))
]


def bring(people, rows: list[dict], chunk_rows: int, monkeypatch, **fields) -> Project:
    project = make_project(slug=f"p{next(NUMBERS)}", split_seed="s", eval_share=0.4, manager=people.manager, **fields)
    monkeypatch.setattr(JsonlReader, "chunk_rows", chunk_rows)
    run_import(start_import(people.manager, project, rows=rows).pk)
    return project


def assert_every_row_has_one_fate(project: Project, rows: int, state: dict) -> None:
    outcome, cursor, total, accepted, duplicates, rejected = state["batch"]
    assert (outcome, cursor, total) == ("done", rows, rows)
    assert accepted + duplicates + rejected == rows
    assert len(state["rejections"]) == rejected
    assert len({row for row, *_ in state["rejections"]}) == rejected
    assert [str(found) for found in differences(project)] == []


@FEW
@given(rows=st.lists(ITEM, min_size=1, max_size=14), chunk_rows=CHUNKS)
def test_items_come_to_the_same_whatever_chunks_they_come_in(people, monkeypatch, rows, chunk_rows):
    whole, cut = (bring(people, rows, size, monkeypatch) for size in (1_000, chunk_rows))
    expected, found = end_state(whole), end_state(cut)
    assert found == expected
    assert_every_row_has_one_fate(cut, len(rows), found)


@FEW
@given(items=st.lists(IN_CONTEXT, max_size=8), pairs=st.lists(PAIR, min_size=1, max_size=14), chunk_rows=CHUNKS)
def test_pairs_come_to_the_same_whatever_chunks_they_come_in(people, monkeypatch, items, pairs, chunk_rows):
    rows = [*DESCRIBED, *items, *pairs]
    whole, cut = (bring(people, rows, size, monkeypatch, kind="pairwise", labels=()) for size in (1_000, chunk_rows))
    expected, found = pairs_state(whole), pairs_state(cut)
    assert found == expected
    assert_every_row_has_one_fate(cut, len(rows), found)


@FEW
@given(items=st.lists(IN_CONTEXT, max_size=8), pairs=st.lists(PAIR, min_size=1, max_size=14), chunk_rows=CHUNKS)
def test_what_is_brought_again_changes_nothing(people, monkeypatch, items, pairs, chunk_rows):
    rows = [*DESCRIBED, *items, *pairs]
    project = bring(people, rows, 1_000, monkeypatch, kind="pairwise", labels=())
    first = pairs_state(project)
    ImportBatch.objects.filter(project=project).delete()
    monkeypatch.setattr(JsonlReader, "chunk_rows", chunk_rows)
    run_import(start_import(people.manager, project, rows=rows).pk)
    again = pairs_state(project)
    _, _, _, accepted, duplicates, rejected = first["batch"]
    assert again["batch"] == ("done", len(rows), len(rows), 0, accepted + duplicates, rejected)
    assert again == {**first, "batch": again["batch"]}
    assert [str(found) for found in differences(project)] == []
