"""The kept counts of answers: whatever happens and whenever a worker counts, they are what counting all gives."""

import random
from datetime import timedelta

import pytest
from django.db.models import F

from labeling.models import Annotation, AnswerCounts, Progress, Source, Task
from labeling.selectors import answer_counts as reading
from labeling.selectors.progress import label_balance
from labeling.selectors.recount import differences
from labeling.selectors.throughput import throughput
from labeling.services.answers.record import record_answer, take_back
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.recount import repair
from labeling.services.reports import answer_counts as keeping
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_items, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def counted_whole(project):
    """By another way: the current answers, one after the other."""
    rows = Annotation.objects.current().filter(project=project).exclude(source=Source.REVIEW)
    labels, days = {}, {}
    for source, answer, at in rows.values_list("source", "answer", "created_at"):
        for label in answer["labels"]:
            labels[label] = labels.get(label, 0) + 1
        if source == Source.HUMAN:
            days[f"{at:%Y-%m-%d}"] = days.get(f"{at:%Y-%m-%d}", 0) + 1
    return labels, days


def figures(project):
    found = reading.answer_figures(project)
    return {name: n for name, n in found.labels.items() if n}, {day: n for day, n in found.days.items() if n}


def test_answers_revisions_and_take_backs_are_counted_once_whenever_a_worker_counts(people, monkeypatch):
    monkeypatch.setattr(keeping, "all_over_since", lambda *_: True)  # but for this test's own transaction
    monkeypatch.setattr(keeping, "ASK_FROM", 2)
    monkeypatch.setattr(keeping, "AT_ONCE", 7)
    project = make_project(kind="multilabel", labels=("a", "b"), manager=people.manager, eval_share=0)
    project.members.create(user=people.annotator, role="annotator")
    items, rng = make_items(project, [f"text {n}" for n in range(60)]), random.Random(3)
    Annotation.objects.bulk_create(
        Annotation(project=project, item=item, source=source, answer={"labels": ["a"]}, annotator=people.reviewer)
        for item, source in [(item, Source.IMPORT) for item in items[:9]] + [(items[0], Source.REVIEW)]
    )
    assert reading.answer_figures(project).as_of is None, "a small project is counted by whoever looks"
    folded, tasks, newest = [], [], Annotation.objects.latest("pk").pk
    for _ in range(80):
        match rng.randrange(8):
            case 0 if folded == [] or rng.random() < 0.7:
                folded.append(keeping.go_on(project.pk))
            case 1 | 2 if tasks:
                take_back(people.annotator, rng.choice(tasks))
            case _:
                if len(tasks) < 30:
                    tasks.append(next_tasks(people.annotator, project, 1, rng)[0].pk)
                chosen = rng.choice(tasks)
                record_answer(people.annotator, chosen, {"labels": rng.choice([["a"], ["b"], ["a", "b"]])})
        some_time = timedelta(days=rng.randrange(3), minutes=rng.randrange(200))
        Annotation.objects.filter(pk__gt=newest).update(created_at=F("created_at") - some_time)
        newest = Annotation.objects.latest("pk").pk
        assert figures(project) == counted_whole(project)
    assert len(set(folded)) > 3
    assert Task.objects.get(pk=tasks[0]).annotations.count() > 1, "something was revised"
    counts = AnswerCounts.objects.get(project=project)
    assert {row["name"]: row["answers"] for row in label_balance(project)} == figures(project)[0]
    assert throughput(project)["today"] == counted_whole(project)[1].get(throughput(project)["per_day"][-1]["date"], 0)

    Progress.objects.filter(project=project).update(imported_annotations=9)
    assert list(differences(project)) == []
    AnswerCounts.objects.update(labels={"a": 1_000})
    assert [(one.row, one.name) for one in repair(project)] == [("answer counts", "labels")]
    assert list(differences(project)) == []

    # beyond what is counted while somebody waits it is told as of before, and a worker is asked once
    monkeypatch.setattr(reading, "MOST_COUNTED", 0)
    AnswerCounts.objects.update(folded=counts.folded - 1)
    told = reading.answer_figures(project)
    assert (told.as_of, told.is_known) == (counts.updated_at, True)
    AnswerCounts.objects.update(scheme="of other labels", folded=counts.folded - 5)
    assert reading.answer_figures(project).is_known is False
    keeping.keep_up(project)
    asked_at = AnswerCounts.objects.get().asked_at
    keeping.keep_up(project)
    assert AnswerCounts.objects.get().asked_at == asked_at
    assert keeping.go_on(project.pk) == Annotation.objects.latest("pk").pk, "it is counted anew"
    monkeypatch.undo()
    assert figures(project) == counted_whole(project)
    delete_project(people.manager, project)
    assert not AnswerCounts.objects.exists()
    assert keeping.go_on(project.pk) == 0
