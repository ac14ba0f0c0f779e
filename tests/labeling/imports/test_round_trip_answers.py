"""Any answers about items, written in any format that is read back, are what they were, each under its person's name.

People's answers stand beside those that came with the items. Rows of items are in ``test_round_trip_cases``, whose
harness this is.
"""

from collections import Counter
from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labeling.models import Annotation, Item, Project, Task, TaskState, User
from labeling.services.exports import export_file, file_name, format_named
from labeling.services.exports.counting import ConversionCount
from labeling.services.imports.records.rows import Row
from tests.factories import UserFactory
from tests.labeling.imports.test_round_trip_cases import (
    CASES,
    CHANGES,
    OF_TABLES,
    PROJECTS,
    TEXTS,
    Kept,
    announced,
    built,
    differing,
    kept,
    made_like,
    read,
    records,
    shown,
    store,
)
from tests.labeling.test_export import NO_FILTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_case_anew")]

HELD = {
    "jsonl": [*TEXTS, "tabular"], "csv": [*TEXTS, "tabular"], "parquet": [*TEXTS, "tabular"],
    "huggingface": [*TEXTS, "tabular", "photos"], "label-studio": [*TEXTS, "tabular", "photos"],
}  # fmt: skip
#: Where the answer stands in ``Kept.fixed``.
ANSWER = 6
SEVERAL = PROJECTS["multilabel"][1]
SAID: dict[str, Any] = {
    like: st.sampled_from([{"label": name} for name in PROJECTS[like][1]])
    for like in ("classification", "tabular", "photos")
}  # fmt: skip
SAID["multilabel"] = st.sets(st.sampled_from(SEVERAL), max_size=3).map(
    lambda chosen: {"labels": [name for name in SEVERAL if name in chosen]}
)
SAID["rating"] = st.sampled_from([{"rating": step} for step in (1, 2, 3)])
#: The items' own columns that are called as those of rows of answers.
TAKEN = st.dictionaries(
    st.sampled_from(["answer", "annotator", "kind", "item.kind", "revision", "quarantined", "source"]),
    st.sampled_from(["own", "=x", "3", "true"]), max_size=2,
)  # fmt: skip
#: Or as those that say what answers come to, all of them at once.
OF_ITEMS = st.just({"soft_label": "own", "confidence": 3, "votes": 2, "agreement": 1, "weight_missing": "none"})


@st.composite
def answered(draw: Any, like: str) -> tuple[str, list[dict[str, Any]], list[list[Any]]]:
    """A sort of project, the records of its file, and what up to three people say about each of them."""
    found, taken = draw(records(st.one_of(st.none(), PROJECTS[like][2]))), draw(st.one_of(TAKEN, OF_ITEMS))
    said = [draw(st.lists(SAID[like], max_size=3)) for _ in found]
    return like, [{**taken, **record} for record in found], said


#: Who said what, "" for what came with the item; labels of one answer in a fixed order.
Given = list[tuple[str, Any]]


def fixed_order(answer: dict[str, Any]) -> dict[str, Any]:
    return {"labels": sorted(answer["labels"])} if "labels" in answer else answer


def answer(project: Project, said: list[list[Any]], people: list[User]) -> list[Given]:
    """Puts people's answers beside those that came with the items; all of an item, in the order of the import."""
    items = list(Item.objects.filter(project=project).order_by("ordinal"))
    given: dict[int, Given] = {item.pk: [] for item in items}
    for pk, value in Annotation.objects.filter(project=project).values_list("item", "answer"):
        given[pk].append(("", fixed_order(value)))
    asked = [
        (item, person, value)
        for item, theirs in zip(items, said, strict=False)
        for person, value in zip(people, theirs, strict=False)
    ]
    drawn = {"reason": "random", "pool_size": 10, "propensity": 0.1, "draw": 1, "lease_expires_at": timezone.now()}
    tasks = Task.objects.bulk_create(
        Task(project=project, item=item, annotator=person, state=TaskState.ANSWERED, **drawn)
        for item, person, _ in asked
    )
    Annotation.objects.bulk_create(
        Annotation(project=project, item=item, task=task, annotator=person, answer=value)
        for task, (item, person, value) in zip(tasks, asked, strict=True)
    )
    for item, person, value in asked:
        given[item.pk].append((person.username, fixed_order(value)))
    return list(given.values())


def read_back(row: Row) -> tuple[Kept, Given]:
    """The item without its answer, and what was said of it."""
    item = kept(row)
    found = [("", row.answer)] if row.answer else []
    return without_answer(item), [(who, fixed_order(orjson.loads(text))) for who, text in (*found, *row.by_name)]


def without_answer(item: Kept) -> Kept:
    return Kept((*item.fixed[:ANSWER], *item.fixed[ANSWER + 1 :]), item.data)


def trip(
    project: Project, again: Project, name: str, case: list[dict[str, Any]], said: list[list[Any]], people: list[User]
) -> tuple[Counter[str], Counter[str]]:
    """As ``test_round_trip_cases.trip``, of rows of answers: an item's columns stand in a row of every answer."""
    items = store(project, built(project, case))
    answers = answer(project, said, people)
    was = [(without_answer(item), theirs) for item, theirs in zip(items, answers, strict=True) if theirs]
    if not was:
        return Counter(), Counter()
    count = ConversionCount(format_named(name))
    content = b"".join(export_file(project, name, "annotations", NO_FILTER, count))
    came = read(again, content, file_name(project, name, "annotations"))
    assert came.refused == [], case
    assert count.answers == sum(len(theirs) for _, theirs in was)
    was.sort(key=repr)
    back = sorted(map(read_back, came.rows), key=repr)
    assert [(one.fixed, theirs) for one, theirs in back] == [(one.fixed, theirs) for one, theirs in was]
    assert not any("stood beside" in note["many"] for note in came.notes.as_stored())
    changed: Counter[str] = Counter()
    for (one, theirs), (other, _) in zip(was, back, strict=True):
        changed.update({column: len(theirs) for column in differing(one, other)})
    return changed, announced(count, CHANGES | OF_TABLES if project.modality == "tabular" else CHANGES)


@pytest.mark.parametrize("name", HELD)
def test_answers_come_back_with_who_gave_them_but_for_what_is_announced(name):
    made, people = made_like(HELD[name]), UserFactory.create_batch(3)

    @CASES
    @given(st.one_of(*map(answered, HELD[name])))
    def one(case: tuple[str, list[dict[str, Any]], list[list[Any]]]) -> None:
        like, found, said = case
        changed, told = trip(*made[like], name, shown(like, found), said, people)
        if like == "tabular" and name == "csv":
            assert not changed - told  # a table knows numbers by their column, and most come back
        else:
            assert changed == told, found

    one()
