"""Labels are called otherwise by two managers while people answer, an import comes in and a snapshot is taken."""

import contextlib
import hashlib
import threading
from collections import Counter

import pytest

from labeling.models import Annotation, AuditEvent, Label, Snapshot
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer
from labeling.services.exports.snapshots import opened, run_snapshot, start_snapshot
from labeling.services.imports import run_import, start_import
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.projects.renames import rename_label
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.concurrency.together import together
from tests.factories import make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

#: What the first label is called, one name after the other; people know any of them.
NAMES = ("spam", "junk", "unwanted", "bulk")
N = 40


def labels_of(project) -> Counter[str]:
    return Counter(row["answer"]["label"] for row in export_rows(project, "annotations", Filters()))


def test_every_answer_is_of_the_label_that_was_meant_whatever_it_was_called_meanwhile(project, people, monkeypatch):
    monkeypatch.setattr(JsonlReader, "chunk_rows", 5)
    make_items(project, [f"message {n}" for n in range(N)])
    done, given = threading.Event(), Counter[str]()

    def rename() -> None:
        for _ in range(4):
            for old, new in zip(NAMES, (*NAMES[1:], NAMES[0]), strict=True):
                with contextlib.suppress(Invalid):  # the other manager was first
                    rename_label(people.manager, project, old, new)
        done.set()

    def answer(person) -> None:
        while not done.is_set():
            for task in next_tasks(person, project, 2):
                now = Label.objects.get(project=project, position=1).name
                label = now if task.pk % 2 else "ham"
                with contextlib.suppress(Invalid):  # renamed twice between the look and the answer
                    record_answer(person, task.pk, {"label": label})
                    given["ham" if label == "ham" else "other"] += 1

    def bring() -> None:
        rows = [{"id": f"new {n}", "text": f"new {n}", "label": "ham" if n % 2 else "spam"} for n in range(N)]
        batch = start_import(people.manager, project, rows=rows)
        run_import(batch.pk)

    together([rename, rename, lambda: answer(people.annotator), lambda: answer(people.reviewer), bring])
    name = Label.objects.get(project=project, position=1).name
    assert name in NAMES
    found = labels_of(project)
    assert set(found) <= {name, "ham"}, "no answer says a name that no label has"
    human = Annotation.objects.filter(source="human").count()
    assert human == given.total()
    assert found.total() == human + N - project.imports.get().rejected
    assert found["ham"] == given["ham"] + N // 2, "ham was never renamed"
    assert [str(difference) for difference in differences(project)] == []
    renames = AuditEvent.objects.filter(action="project.label_renamed").count()
    project.refresh_from_db()
    assert project.label_renames == renames >= len(NAMES)


def test_a_snapshot_keeps_its_bytes_and_the_next_one_says_the_new_name(project, people):
    make_items(project, ["win a prize", "see you"])
    for task in next_tasks(people.annotator, project, 2):
        record_answer(people.annotator, task.pk, {"label": "spam"})

    def snapshot() -> tuple[Snapshot, str]:
        made = start_snapshot(people.manager, project, export_format="jsonl", rows="items")
        run_snapshot(made.pk)
        made.refresh_from_db()
        return made, made.sha256

    (before, sum_before) = snapshot()
    rename_label(people.manager, project, "spam", "junk")
    (after, sum_after) = snapshot()
    before.refresh_from_db()
    assert before.sha256 == sum_before != sum_after
    with opened(before) as file:
        old = file.read()
    with opened(after) as file:
        new = file.read()
    assert hashlib.sha256(old).hexdigest() == sum_before
    assert (old.count(b'"label":"spam"'), new.count(b'"label":"junk"')) == (2, 2)
    assert b"spam" not in new
