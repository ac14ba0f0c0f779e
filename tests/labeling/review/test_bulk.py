"""Many items accepted as one batch: one decision each, one undo, and nothing of anybody else's is overwritten."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from labeling.models import (
    Annotation,
    AuditEvent,
    Item,
    Member,
    Progress,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
    Role,
    Source,
    Split,
)
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.selectors.reviewing import newest_batches, unsuspected_errors
from labeling.services.items.status import set_aside
from labeling.services.review.bulk import MAX_ITEMS, accept_many, in_words, look_at, undo_batch
from labeling.services.review.decide import decide
from labeling.services.review.queue import fill, next_entries
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_answer, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def two(project):
    """Two annotators, asked both about every item."""
    project.overlap = 2
    project.save()
    made = [UserFactory(username=f"annotator{number}") for number in range(2)]
    Member.objects.bulk_create(Member(project=project, user=person, role=Role.ANNOTATOR) for person in made)
    return made


def said(project, people, *labels, split=Split.POOL) -> Item:
    (item,) = make_items(project, [f"{labels} {Item.objects.count()}"], split=split)
    for person, label in zip(people, labels, strict=False):
        make_answer(item, person, {"label": label})
    return item


def in_force() -> int:
    return Annotation.objects.current().filter(source=Source.REVIEW).count()


def label_of(project, item):
    return next(row["label"] for row in export_rows(project, "items", Filters()) if row["item_id"] == item.pk)


def test_what_people_came_to_is_accepted_and_all_else_is_named(project, people, two):
    ReviewPlan.objects.create(project=project, random_share=1.0)
    claimed = said(project, two, "ham", "spam")
    next_entries(people.manager, project, 1)
    hams, spam = [said(project, two, *["ham"] * n) for n in (2, 1)], said(project, two, "spam", "spam")
    decided, waits, aside = (said(project, two, "ham", "ham") for _ in range(3))
    decide(people.manager, project, decided.pk, "change", answer={"label": "spam"})
    decide(people.reviewer, project, waits.pk, "send_back", author=two[0].username, comment="Sure?")
    set_aside(people.manager, aside)
    left_out = {
        said(project, two, "ham", "ham", split=Split.EVAL).pk: "held_out",
        said(project, two, "ham", "spam").pk: "undecided",
        said(project, [people.reviewer], "ham").pk: "own",
        said(project, [], "").pk: "unanswered",
        claimed.pk: "claimed",
        decided.pk: "decided",
        waits.pk: "waits",
        aside.pk: "set_aside",
        10**9: "unknown",
    }
    wanted = [*left_out, *(item.pk for item in (*hams, spam))]
    fill(project)
    looked = look_at(people.reviewer, project, wanted)
    assert (in_words(project, looked), looked.left_out) == ([("ham", 2), ("spam", 1)], left_out)
    assert in_force() == 1
    make_answer(hams[1], two[1], {"label": "ham"})  # somebody answers before it is done
    before = Progress.objects.get(project=project).changes

    found = accept_many(people.reviewer, project, wanted, batch="mine", last_annotation=looked.last_annotation)
    assert list(found.accepted) == [hams[0].pk, spam.pk]
    assert found.left_out == left_out | {hams[1].pk: "news"}
    assert Progress.objects.get(project=project).changes == before + 2
    rows = ReviewDecision.objects.filter(batch="mine").order_by("item")
    assert list(rows.values_list("item", "verdict", "sort", "is_same")) == [
        (pk, "accept", "random", True) for pk in (hams[0].pk, spam.pk)
    ]
    assert [label_of(project, item) for item in (hams[0], spam, decided)] == ["ham", "spam", "spam"]
    assert not ReviewEntry.objects.filter(item__in=[hams[0].pk, spam.pk]).exists()
    assert unsuspected_errors(project) is None  # nobody looked at each
    told = AuditEvent.objects.get(action="review.accepted_many")
    assert (told.subject, told.after) == (
        "batch mine", {"items": 2, "answers": {"ham": 1, "spam": 1}, "left_out": 10},
    )  # fmt: skip
    again = accept_many(people.reviewer, project, wanted, batch="mine")  # the answer was lost on its way
    assert (again.accepted, ReviewDecision.objects.filter(batch="mine").count()) == (found.accepted, 2)
    with pytest.raises(Invalid, match="Another reviewer"):
        accept_many(people.manager, project, wanted, batch="mine")
    assert [str(one) for one in differences(project)] == []


def test_a_batch_is_undone_as_one_but_for_what_was_decided_since(project, people, two):
    items = [said(project, two, "ham", "ham") for _ in range(3)]
    found = accept_many(people.reviewer, project, [item.pk for item in items[1:]])
    assert [(one.name, one.items) for one in newest_batches(project)] == [(found.batch, 2)]
    later = decide(people.manager, project, items[1].pk, "change", answer={"label": "spam"})
    before = Progress.objects.get(project=project).changes
    for _ in range(2):  # harmless to repeat
        undone = undo_batch(people.manager, project, found.batch)
        assert (undone.items, undone.left_out) == ([items[2].pk], [items[1].pk])
    assert Progress.objects.get(project=project).changes == before + 1
    assert (label_of(project, items[1]), in_force()) == ("spam", 1)
    assert ReviewDecision.objects.get(item=items[2]).undone_by == people.manager
    assert ReviewDecision.objects.get(pk=later.pk).undone_at is None
    again = accept_many(people.manager, project, [items[2].pk])  # a further revision
    assert list(again.accepted) == [items[2].pk]
    assert list(Annotation.objects.filter(item=items[2], source=Source.REVIEW).values_list("revision", flat=True)) == [
        1, 2, 3,
    ]  # fmt: skip
    assert AuditEvent.objects.filter(action="review.undone_many").count() == 1


def test_what_is_no_batch_is_refused(project, people, two):
    item = said(project, two, "ham", "ham")
    for ids, fields, why in (
        ([], {}, "Name the items"),
        (range(1, MAX_ITEMS + 2), {}, "At most 1,000 items at a time; these are 1,001"),
        ([item.pk], {"batch": "b" * 33}, "At most 32"),
    ):
        with pytest.raises(Invalid, match=why):
            accept_many(people.reviewer, project, ids, **fields)
    with pytest.raises(Invalid, match="no such batch"):
        undo_batch(people.reviewer, project, "")
    with pytest.raises(PermissionDenied):
        accept_many(people.annotator, project, [item.pk])


@pytest.mark.django_db(transaction=True)
def test_of_two_batches_at_once_every_item_is_in_one(project, people, two):
    items = [said(project, two, "ham", "ham").pk for _ in range(8)]
    start, found = threading.Barrier(2), {}

    def work(name):
        try:
            start.wait()
            found[name] = accept_many(getattr(people, name), project, items)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[name]) for name in ("reviewer", "manager")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    accepted, left_out = (
        [pk for one in found.values() for pk in getattr(one, name)] for name in ("accepted", "left_out")
    )
    assert sorted(accepted) == sorted(left_out) == items
    assert ReviewDecision.objects.count() == in_force() == 8
