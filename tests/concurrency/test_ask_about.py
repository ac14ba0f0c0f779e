"""The choice of what is asked about is made while people answer and an import brings labels."""

import contextlib
import threading

import pytest

from labeling.models import Item, Progress, Split
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip
from labeling.services.imports import run_import, start_import
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.projects.manage import update_project
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.slots import LeaseLost
from tests.concurrency.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

N = 40


def rows(start: int, *, labels: bool) -> list[dict]:
    return [
        {"id": f"row {n}", "text": f"text {n}", "split": "pool", **({"label": "ham"} if labels and n % 2 else {})}
        for n in range(start, start + N)
    ]


def bring(project, people, start: int, *, labels: bool) -> None:
    run_import(start_import(people.manager, project, rows=rows(start, labels=labels)).pk)


@pytest.mark.parametrize("ends_with", ["unlabeled", "all"])
def test_no_item_slips_through_between_an_import_people_and_the_choice(project, people, monkeypatch, ends_with):
    monkeypatch.setattr(JsonlReader, "chunk_rows", 5)
    bring(project, people, 0, labels=False)
    done = threading.Event()

    def choose() -> None:
        choices = ["all", "unlabeled"] * 4
        for about in [*choices, "all"] if ends_with == "all" else choices:
            update_project(people.manager, project, settings={"ask_about": about})
        done.set()

    def work(person) -> None:
        while not done.is_set():
            for number, task in enumerate(next_tasks(person, project, 3)):
                with contextlib.suppress(LeaseLost):
                    skip(person, task.pk, "unclear") if number else record_answer(person, task.pk, {"label": "ham"})

    together([
        choose,
        lambda: bring(project, people, 0, labels=True),  # brings labels to what is there
        lambda: bring(project, people, N, labels=True),
        lambda: work(people.annotator),
        lambda: work(people.reviewer),
    ])  # fmt: skip
    update_project(people.manager, project, settings={"overlap": 1})
    assert [str(found) for found in differences(project)] == []
    labeled = Item.objects.filter(project=project, annotations__source="import").distinct()
    assert labeled.count() == N
    unanswered = labeled.filter(slots_taken=0, status="active")
    assert {item.is_open for item in unanswered} == {ends_with == "all"}
    others = Item.objects.filter(project=project).exclude(annotations__source="import")
    assert {item.annotations_required for item in others} == {1}
    pool = Item.objects.filter(split=Split.POOL)
    assert Progress.objects.get(project=project).pool_open == pool.filter(is_open=True).count()
