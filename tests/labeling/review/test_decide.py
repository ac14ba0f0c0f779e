"""A reviewer decides about an item: what he says is its label everywhere, and no answer is lost or counted twice."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from labeling.kinds import InvalidAnswer
from labeling.models import (
    Annotation,
    AuditEvent,
    Item,
    Member,
    Progress,
    ReviewDecision,
    ReviewPlan,
    Role,
    Source,
    Split,
)  # fmt: skip
from labeling.selectors.agreement import agreement
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.people import people_of
from labeling.selectors.progress import label_balance
from labeling.selectors.recount import differences
from labeling.selectors.set_facts import answers_each, set_facts
from labeling.selectors.throughput import throughput
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.items.status import set_aside
from labeling.services.members.measure import pause, set_measure
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.manage import remove_member
from labeling.services.quality.quarantine import set_in_quarantine
from labeling.services.review.decide import decide, undo
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def second(project):
    """A second annotator."""
    person = UserFactory(username="second")
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


@pytest.fixture
def disputed(project, people, second) -> Item:
    """An item on which the two disagree; the project has two people an item."""
    project.overlap = 2
    project.save()
    (item,) = make_items(project, ["is it?"])
    make_answer(item, people.annotator, {"label": "ham"})
    make_answer(item, second, {"label": "spam"})
    return item


def miscounts(project) -> list[str]:
    return [str(found) for found in differences(project)]


def label_of(project, item) -> tuple:
    row = next(row for row in export_rows(project, "items", Filters()) if row["item_id"] == item.pk)
    return row["label"], row["reviewed"], row["reviewed_by"]


def in_force(item) -> list:
    return list(Annotation.objects.current().filter(item=item, source=Source.REVIEW).values_list("answer", flat=True))


def test_an_answer_is_chosen_where_people_disagree(project, people, disputed):
    assert label_of(project, disputed) == (None, False, None)
    before = Progress.objects.get(project=project)
    decision = decide(people.reviewer, project, disputed.pk, "change", answer={"label": "spam"})
    assert (decision.verdict, decision.is_same, decision.of_own_answer) == ("change", False, False)
    assert label_of(project, disputed) == ("spam", True, "reviewer")
    row = next(iter(export_rows(project, "items", Filters())))
    assert (row["votes"], row["agreement"], row["confidence"], row["soft_label"]) == (2, 0.0, 1.0, {"spam": 1.0})
    assert row["reviewed_at"].endswith("Z")
    assert row["reason"] == "random"
    after = Progress.objects.get(project=project)
    assert (after.annotations, after.changes) == (before.annotations, before.changes + 1)
    assert miscounts(project) == []
    event = AuditEvent.objects.get(action="review.decided")
    assert (event.user_name, event.after) == ("reviewer", {"verdict": "change", "answer": {"label": "spam"}})


def test_what_people_came_to_is_accepted(project, people):
    (item,) = make_items(project, ["one"])
    make_answer(item, people.annotator, {"label": "ham"})
    decision = decide(people.reviewer, project, item.pk, "accept")
    assert (decision.verdict, decision.is_same) == ("accept", True)
    assert label_of(project, item) == ("ham", True, "reviewer")


def test_the_same_decision_again_changes_nothing_and_another_one_supersedes_it(project, people, disputed):
    first = decide(people.reviewer, project, disputed.pk, "change", answer={"label": "spam"})
    assert decide(people.reviewer, project, disputed.pk, "change", answer={"label": "spam"}) == first
    second = decide(people.manager, project, disputed.pk, "change", answer={"label": "ham"})
    assert in_force(disputed) == [{"label": "ham"}]
    assert label_of(project, disputed) == ("ham", True, "manager")
    rows = Annotation.objects.filter(item=disputed, source=Source.REVIEW).order_by("revision")
    assert list(rows.values_list("revision", "is_current")) == [(1, False), (2, True)]
    with pytest.raises(Invalid, match="Another decision followed"):
        undo(people.reviewer, project, first.pk)
    undo(people.reviewer, project, second.pk)
    assert label_of(project, disputed) == ("spam", True, "reviewer")
    assert undo(people.reviewer, project, second.pk).undone_by == people.reviewer
    undo(people.reviewer, project, first.pk)
    assert (in_force(disputed), label_of(project, disputed)) == ([], (None, False, None))
    assert Annotation.objects.filter(item=disputed, source=Source.REVIEW).count() == 4  # nothing was overwritten
    assert AuditEvent.objects.filter(action="review.undone").count() == 2
    assert miscounts(project) == []


@pytest.mark.parametrize("split", Split.values)
def test_a_tie_cannot_be_accepted_and_an_unknown_label_cannot_be_chosen(project, people, disputed, split):
    Item.objects.filter(pk=disputed.pk).update(split=split)
    with pytest.raises(Invalid, match="come to nothing"):
        decide(people.reviewer, project, disputed.pk, "accept")
    with pytest.raises(InvalidAnswer):
        decide(people.reviewer, project, disputed.pk, "change", answer={"label": "egg"})
    assert not ReviewDecision.objects.exists()
    assert in_force(disputed) == []
    decide(
        people.reviewer, project, disputed.pk, "change", answer={"label": "ham"}
    )  # people make the truth of eval, too


def test_a_median_between_two_steps_cannot_be_accepted(people):
    project = make_project(kind="rating", labels=("1", "2", "3"), manager=people.manager, overlap=2)
    (item,) = make_items(project, ["how good?"])
    for person, step in ((people.annotator, 2), (people.reviewer, 3)):
        make_answer(item, person, {"rating": step})
    with pytest.raises(Invalid, match="come to nothing"):
        decide(people.manager, project, item.pk, "accept")
    decide(people.manager, project, item.pk, "change", answer={"rating": 3})
    row = next(iter(export_rows(project, "items", Filters())))
    assert (row["label"], row["votes"], row["reviewed"]) == (3, 2, True)


def test_several_labels_that_nobody_gave_together_are_accepted(people):
    project = make_project(kind="multilabel", labels=("a", "b", "c"), manager=people.manager, overlap=3)
    (item,) = make_items(project, ["what is in it?"])
    for person, labels in ((people.annotator, ["a", "b"]), (people.reviewer, ["b", "c"]), (people.viewer, ["a", "c"])):
        make_answer(item, person, {"labels": labels})
    decision = decide(people.manager, project, item.pk, "accept")
    assert decision.annotation.answer == {"labels": ["a", "b", "c"]}


def test_a_decision_is_no_answer_of_a_person(project, people, disputed, second):
    """Neither counts, nor pace, nor agreement, nor a card knows of it."""

    def figures():
        cards = {
            card.name: (card.answers, card.agreement, card.per_week, card.median_ms)
            for card in people_of(project).cards
        }
        facts = set_facts(project, Filters(last_annotation_id=10**6))
        return (
            cards, agreement(project), label_balance(project), throughput(project),
            answers_each(project, Filters(last_annotation_id=10**6)), facts.answers,
        )  # fmt: skip

    *before, answers = figures()
    decide(people.reviewer, project, disputed.pk, "change", answer={"label": "spam"})
    *after, with_review = figures()
    assert after == before
    assert with_review == answers + 1  # a row of the set, and it says what it is
    facts = set_facts(project, Filters(last_annotation_id=10**6))
    assert facts.reasons["decided by a reviewer"] == 1
    assert facts.people["reviewer (in review)"] == 1
    assert "reviewer" not in facts.people
    rows = list(export_rows(project, "annotations", Filters()))
    assert [(row["source"], row["annotator"]) for row in rows][-1] == ("review", "reviewer")
    assert rows[-1]["weight_missing"] == "decided by a reviewer"
    assert [row["source"] for row in export_rows(project, "annotations", Filters(source="review"))] == ["review"]
    assert next(iter(export_rows(project, "items", Filters(source="human"))))["label"] is None
    assert next(iter(export_rows(project, "items", Filters(source="review"))))["label"] == "spam"


def test_an_older_data_set_keeps_the_decision_it_was_made_with(project, people, disputed):
    first = decide(people.reviewer, project, disputed.pk, "change", answer={"label": "spam"})
    then = Filters(last_annotation_id=first.annotation_id)
    decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})
    assert next(iter(export_rows(project, "items", then)))["label"] == "spam"
    assert next(iter(export_rows(project, "items", Filters())))["label"] == "ham"
    undone = decide(people.manager, project, disputed.pk, "change", answer={"label": "spam"})
    undo(people.manager, project, undone.pk)
    assert next(iter(export_rows(project, "items", then)))["label"] == "spam"


def test_an_answer_goes_back_to_its_author_and_waits_for_him(project, people, second, disputed):
    with pytest.raises(Invalid, match="empty"):
        decide(people.reviewer, project, disputed.pk, "send_back", author="second")
    with pytest.raises(Invalid, match="Several people"):
        decide(people.reviewer, project, disputed.pk, "send_back", comment="Look again.")
    decision = decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Look again.")
    assert (
        decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Look again.") == decision
    )
    assert Member.objects.get(project=project, user=second).sent_back == 1
    assert miscounts(project) == []
    assert next_tasks(people.annotator, project, 5) == []
    (task,) = next_tasks(second, project, 5)
    assert (task.item_id, task.returned) == (
        disputed.pk, {"comment": "Look again.", "answer": {"label": "spam"}, "remark": {"doubt": False, "comment": ""}},
    )  # fmt: skip
    recorded = record_answer(second, task.pk, {"label": "ham"})
    assert (recorded.created, recorded.annotation.revision) == (False, 2)
    decision.refresh_from_db()
    assert (decision.waits, decision.answered_at is not None) == (False, True)
    assert next_tasks(second, project, 5) == []
    assert label_of(project, disputed)[0] == "ham"
    assert miscounts(project) == []
    with pytest.raises(Invalid, match="looked at it again"):
        undo(people.reviewer, project, decision.pk)


@pytest.mark.parametrize("act", ["same", "skip", "undo"])
def test_whoever_has_looked_at_it_is_not_asked_again(project, people, second, disputed, act):
    decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Sure?")
    (task,) = next_tasks(second, project)
    match act:
        case "same":
            record_answer(second, task.pk, {"label": "spam"})
        case "skip":
            skip(second, task.pk, "unclear")
        case "undo":
            take_back(second, task.pk)
    assert Member.objects.get(project=project, user=second).sent_back == 0
    assert all(not hasattr(task, "returned") for task in next_tasks(second, project))
    assert miscounts(project) == []


def test_a_quota_keeps_nothing_that_was_sent_back_and_nothing_goes_to_who_is_paused(project, people, second, disputed):
    member = Member.objects.select_related("project").get(project=project, user=second)
    set_measure(people.manager, member, {"quota_total": 1})
    Member.objects.filter(pk=member.pk).update(answers=1)
    assert next_tasks(second, project, 5) == []
    decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Sure?")
    assert [task.returned["comment"] for task in next_tasks(second, project, 5)] == ["Sure?"]
    (task,) = next_tasks(second, project, 1)
    record_answer(second, task.pk, {"label": "spam"})
    assert next_tasks(second, project, 5) == []
    pause(people.manager, member)
    with pytest.raises(Invalid, match="is paused"):
        decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Really?")


def test_what_was_sent_back_waits_no_more_once_something_else_is_decided(project, people, second, disputed):
    sent = decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Sure?")
    made = decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})
    assert next_tasks(second, project) == []
    undo(people.reviewer, project, made.pk)
    assert [task.returned["comment"] for task in next_tasks(second, project)] == ["Sure?"]
    undo(people.reviewer, project, sent.pk)
    assert next_tasks(second, project) == []
    assert miscounts(project) == []


def test_nobody_waits_for_who_has_left(project, people, second, disputed):
    decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Sure?")
    remove_member(project, second, by=people.manager)
    assert not ReviewDecision.objects.waiting().exists()
    with pytest.raises(Invalid, match="asked nothing here any more"):
        decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Sure?")


def test_somebody_else_is_asked(project, people, second):
    (item,) = make_items(project, ["one"])
    make_answer(item, people.annotator, {"label": "ham"})
    decide(people.reviewer, project, item.pk, "accept")
    decision = decide(people.reviewer, project, item.pk, "ask_again")
    assert in_force(item) == []  # it is open again what it is
    assert [task.item_id for task in next_tasks(second, project)] == [item.pk]
    with pytest.raises(Invalid, match="asked already"):
        undo(people.reviewer, project, decision.pk)
    assert miscounts(project) == []


def test_an_item_is_set_aside_and_comes_back(project, people, disputed):
    decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})
    decision = decide(people.reviewer, project, disputed.pk, "set_aside")
    disputed.refresh_from_db()
    assert disputed.status == "set_aside"
    with pytest.raises(Invalid, match="set aside"):
        decide(people.reviewer, project, disputed.pk, "accept")
    undo(people.reviewer, project, decision.pk)
    disputed.refresh_from_db()
    assert (disputed.status, in_force(disputed)) == ("active", [{"label": "ham"}])
    assert miscounts(project) == []


def test_nobody_reviews_what_only_he_has_answered_unless_the_manager_allows_it(project, people, second):
    (item,) = make_items(project, ["one"])
    make_answer(item, people.reviewer, {"label": "ham"})
    with pytest.raises(Invalid, match="Nobody but you"):
        decide(people.reviewer, project, item.pk, "accept")
    decide(people.manager, project, item.pk, "accept")
    ReviewPlan.objects.create(project=project, own_allowed=True)
    assert decide(people.reviewer, project, item.pk, "change", answer={"label": "spam"}).of_own_answer
    with pytest.raises(Invalid, match="your own answer"):
        decide(people.reviewer, project, item.pk, "send_back", comment="Hm.")


def test_what_a_reviewer_in_quarantine_decided_does_not_count(project, people, disputed):
    decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})
    set_in_quarantine(people.manager, project, "reviewer", "Decides at random.")
    assert label_of(project, disputed) == (None, False, None)
    with pytest.raises(PermissionDenied):
        decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})


def test_who_may_not_decide_and_what_cannot_be_decided(project, people, disputed):
    for person, error in (
        (people.annotator, PermissionDenied),
        (people.viewer, PermissionDenied),
        (people.stranger, Http404),
    ):
        with pytest.raises(error):
            decide(person, project, disputed.pk, "accept")
    with pytest.raises(Invalid, match="One of"):
        decide(people.reviewer, project, disputed.pk, "perhaps")
    (unanswered,) = make_items(project, ["nobody has seen it"])
    (held_out,) = make_items(project, ["nobody has seen that"], split=Split.EVAL)
    for item, verdict in ((unanswered, "accept"), (held_out, "change")):
        with pytest.raises(Invalid, match="Nobody has answered"):
            decide(people.reviewer, project, item.pk, verdict, answer={"label": "ham"})
    assert decide(people.reviewer, project, unanswered.pk, "change", answer={"label": "ham"}).is_same is False
    with pytest.raises(Http404):
        decide(people.reviewer, project, 10**9, "accept")
    pairs = make_project(kind="pairwise", labels=(), manager=people.manager)
    with pytest.raises(Invalid, match="pairs"):
        decide(people.manager, pairs, disputed.pk, "accept")


def test_a_deleted_project_leaves_no_decision_behind(project, people, second, disputed):
    decide(people.reviewer, project, disputed.pk, "send_back", author="second", comment="Sure?")
    decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})
    delete_project(people.manager, project)
    assert not ReviewDecision.objects.exists()


def test_setting_a_reviewed_item_aside_is_news_for_the_model(project, people, disputed):
    decide(people.reviewer, project, disputed.pk, "change", answer={"label": "ham"})
    before = Progress.objects.get(project=project).changes
    set_aside(people.reviewer, disputed)
    assert Progress.objects.get(project=project).changes == before + 3  # two answers and the decision
