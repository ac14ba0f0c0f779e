"""The numbers shown about a project: progress, agreement, throughput, balance, and the history of an item."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Annotation, Progress, Source
from labeling.selectors import progress as selectors
from labeling.selectors.agreement import agreement
from labeling.selectors.item_view import ItemView, look
from labeling.selectors.items import answers_of, history
from labeling.selectors.progress import label_balance, progress
from labeling.selectors.throughput import throughput
from tests.factories import make_answer, make_items, make_project
from tests.item_views import page_of_view


@pytest.mark.django_db
def test_agreement_counts_only_current_answers_of_people(people):
    project = make_project(overlap=2)
    items = make_items(project, ["a", "b"])
    for item, (first, second) in zip(items, (("ham", "ham"), ("ham", "spam")), strict=True):
        make_answer(item, people.annotator, {"label": first})
        make_answer(item, people.reviewer, {"label": second})
    Annotation.objects.create(project=project, item=items[0], source=Source.IMPORT, answer={"label": "spam"})
    assert agreement(project) == {"items": 2, "answers": 4, "percent": 0.5, "alpha": pytest.approx(0.0)}


@pytest.mark.django_db
def test_throughput_counts_days_in_utc(project, people):
    items = make_items(project, ["a", "b", "c", "d"])
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for item, at in zip(items, (0, 0, 1, 14), strict=True):
        made = make_answer(item, people.annotator, {"label": "ham"})
        Annotation.objects.filter(pk=made.pk).update(created_at=midnight - timedelta(days=at))
    found = throughput(project)
    assert [day["answers"] for day in found["per_day"]] == [0] * 12 + [1, 2]
    assert found["per_day"][-1]["date"] == midnight.date().isoformat()
    assert (found["today"], found["median_ms"]) == (2, 1200)


@pytest.mark.django_db
def test_progress_of_an_empty_and_of_a_half_done_project(project, people):
    assert progress(project)["share_done"] == 0
    items = make_items(project, ["a", "b", "c", "d"])
    make_answer(items[0], people.annotator, {"label": "ham"})
    Progress.objects.filter(project=project).update(set_aside=2)
    found = progress(project)
    assert (found["items"], found["done"], found["share_done"]) == (4, 1, 0.5)


@pytest.mark.django_db
def test_the_balance_of_several_labels_counts_each(people):
    project = make_project(kind="multilabel", labels=("a", "b", "c"))
    items = make_items(project, ["x", "y"])
    make_answer(items[0], people.annotator, {"labels": ["a", "b"]})
    make_answer(items[1], people.annotator, {"labels": ["a"]})
    assert [(row["name"], row["answers"], row["share"]) for row in label_balance(project)] == [
        ("a", 2, pytest.approx(2 / 3)), ("b", 1, pytest.approx(1 / 3)), ("c", 0, 0),
    ]  # fmt: skip


@pytest.mark.django_db
def test_who_labeled_how_much(project, people):
    (item,) = make_items(project, ["a"])
    make_answer(item, people.annotator, {"label": "ham"})
    members = selectors.people(project)
    assert members[0] == {"username": "annotator", "role": "annotator", "answers": 1}
    assert len(members) == 4


@pytest.mark.django_db
def test_the_history_of_an_item_tells_everything_in_order(project, people):
    (item,) = make_items(project, ["a"])
    first = make_answer(item, people.annotator, {"label": "ham"})
    Annotation.objects.filter(pk=first.pk).update(is_current=False)
    Annotation.objects.create(
        project=project, item=item, task=first.task, annotator=people.annotator, answer=None, revision=2
    )
    told = [(event.what, event.person, event.flat) for event in history(item)]
    assert told == [
        ("imported", "", ""), ("asked", "annotator", ""), ("answered", "annotator", "ham"),
        ("taken back", "annotator", ""),
    ]  # fmt: skip
    assert answers_of([item]) == {item.pk: []}


@pytest.mark.django_db
def test_a_page_of_a_view_costs_the_same_queries_whatever_is_on_it(project, people, django_assert_num_queries):
    make_items(project, [f"text {n}" for n in range(30)])
    page_of_view(project)
    view = ItemView(split="pool", status="active", q="text")
    for limit in (1, 20):
        with django_assert_num_queries(4):  # the index, its blocks, who holds the words, the items
            assert len(look(project, view, str, limit=limit).items) == limit
