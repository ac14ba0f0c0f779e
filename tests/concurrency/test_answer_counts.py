"""The kept counts of answers while others answer: none committed late is missed, none is counted twice."""

import time
from functools import partial

import pytest
from django.db import connection

from labeling.models import Annotation, AnswerCounts, Source
from labeling.selectors.answer_counts import answer_figures
from labeling.services.answers.record import record_answer, take_back
from labeling.services.reports import answer_counts as keeping
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.together import together, written_and_not_committed
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
LIMIT_S = 60


def test_people_answer_change_and_take_back_while_workers_count(people, monkeypatch):
    monkeypatch.setattr(keeping, "AT_ONCE", 5)
    project = make_project(manager=people.manager, eval_share=0)
    make_items(project, [f"text {n}" for n in range(40)])
    users = [UserFactory(), UserFactory()]
    for user in users:
        project.members.create(user=user, role="annotator")

    def label(user):
        for n in range(12):
            (task,) = next_tasks(user, project, 1)
            record_answer(user, task.pk, {"label": "ham"})
            if n % 3 == 0:
                record_answer(user, task.pk, {"label": "spam"})
            if n % 4 == 0:
                take_back(user, task.pk)
                record_answer(user, task.pk, {"label": "spam"})

    def count():
        for _ in range(6):
            keeping._step(project)
            time.sleep(0.02)

    together([*(partial(label, user) for user in users), count, count])
    until = time.monotonic() + LIMIT_S
    while keeping.go_on(project.pk) < Annotation.objects.latest("pk").pk:
        assert time.monotonic() < until
    rows = Annotation.objects.current().filter(project=project)
    counts = AnswerCounts.objects.get(project=project)
    assert counts.labels == {name: rows.filter(answer={"label": name}).count() for name in ("ham", "spam")}
    assert sum(counts.days.values()) == rows.count() == 24

    if not connection.features.has_select_for_update:  # SQLite's writers take turns, and so do their numbers
        return
    monkeypatch.setattr(keeping, "WAIT_S", 0.0)
    item = make_items(project, ["late"])[0]
    imported = partial(
        Annotation.objects.create, project=project, item=item, source=Source.IMPORT, answer={"label": "ham"}
    )
    with written_and_not_committed(imported):
        before = keeping.go_on(project.pk)
        newest = imported(imported_annotator="ann").pk
        time.sleep(1.1)  # within this a transaction may have its number and not be known to be under way
        assert keeping.go_on(project.pk) == before, "somebody may still bring an older number"
        assert answer_figures(project).labels["ham"] == counts.labels["ham"] + 1
    monkeypatch.setattr(keeping, "WAIT_S", LIMIT_S)
    assert keeping.go_on(project.pk) == newest
    assert AnswerCounts.objects.get().labels["ham"] == counts.labels["ham"] + 2
