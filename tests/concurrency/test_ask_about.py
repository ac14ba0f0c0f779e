"""The choice of what is asked about is made while people answer and an import brings labels."""

import contextlib
import threading

import pytest

from labeling.models import Item, Progress, Split
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip
from labeling.services.imports import run_import, start_import
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.subjects.items import ItemStore
from labeling.services.projects import manage
from labeling.services.projects.manage import update_project
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.slots import LeaseLost
from tests.concurrency.together import LIMIT_S, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

N = 40
PATIENCE_S = 1


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


def test_a_chunk_that_read_the_setting_before_it_changed_is_waited_for(project, people, monkeypatch):
    """The change commits while the chunk, which knows the old setting, is not in yet: it looks at the chunk's items."""
    stored, chosen = threading.Event(), threading.Event()
    spare, carry_out = ItemStore._spare, manage.run_overlap_change

    def pausing(self, *args):
        found = spare(self, *args)
        stored.set()
        chosen.wait(PATIENCE_S)  # in vain: who changes the setting waits for this chunk
        return found

    def noted(change):
        done = carry_out(change)
        chosen.set()
        return done

    monkeypatch.setattr(ItemStore, "_spare", pausing)
    monkeypatch.setattr(manage, "run_overlap_change", noted)

    def choose() -> None:
        assert stored.wait(LIMIT_S)
        update_project(people.manager, project, settings={"ask_about": "unlabeled"})

    together([lambda: bring(project, people, 0, labels=True), choose])
    assert set(Item.objects.filter(annotations__source="import").values_list("is_open", flat=True)) == {False}
    assert [str(found) for found in differences(project)] == []
