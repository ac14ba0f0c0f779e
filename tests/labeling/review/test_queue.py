"""What waits for reviewers, why, and that two of them never have the same item."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection

from labeling import extensions
from labeling.models import (
    Annotation,
    Item,
    Member,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
    ReviewSort,
    Role,
    Source,
    Split,
)
from labeling.selectors.reviewing import entries_json, unsuspected_errors, waiting_by_sort
from labeling.services.answers.record import record_answer
from labeling.services.review.bulk import look_at
from labeling.services.review.decide import decide, undo
from labeling.services.review.plan import change_plan
from labeling.services.review.queue import fill, next_entries, release
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.slots import LeaseLost
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_answer, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def three(project):
    """Three annotators; the project has three people an item."""
    project.overlap = 3
    project.save()
    made = [UserFactory(username=f"annotator{number}") for number in range(3)]
    Member.objects.bulk_create(Member(project=project, user=person, role=Role.ANNOTATOR) for person in made)
    return made


def said(project, people, *labels, split=Split.POOL) -> Item:
    (item,) = make_items(project, [f"{labels} {Item.objects.count()}"], split=split)
    for person, label in zip(people, labels, strict=False):
        make_answer(item, person, {"label": label})
    return item


@pytest.fixture
def suspect(monkeypatch):
    """``suspect(item, …)``: models do not believe their answers."""

    def name(*items):
        port = replace(extensions.installed(), suspected_items=lambda project: {item.pk: 0.1 for item in items})
        monkeypatch.setattr(extensions, "_installed", port)

    return name


def queue(project) -> dict[int, str]:
    ReviewPlan.objects.filter(project=project).update(filled_at=None)
    fill(project)
    return dict(ReviewEntry.objects.filter(project=project).in_order().values_list("item", "sort"))


def test_everything_says_why_it_waits(project, three, suspect):
    ReviewPlan.objects.create(project=project, random_share=1.0)
    tie = said(project, three, "ham", "spam")
    most = said(project, three, "ham", "spam", "ham")
    doubted, held = said(project, three, "ham"), said(project, three, "ham", split=Split.EVAL)
    agreed = said(project, three, "ham", "ham", "ham")
    said(project, three)
    suspect(doubted, held)  # a model that names an eval item has no say about it
    assert queue(project) == {
        tie.pk: "disputed", most.pk: "low_confidence", doubted.pk: "suspected", agreed.pk: "random",
    }  # fmt: skip
    whys = dict(ReviewEntry.objects.values_list("item", "why"))
    assert whys[tie.pk] == "2 people disagree, no answer has more than half."
    assert whys[most.pk] == "Of 3 people 2 agree."
    assert waiting_by_sort(project)["suspected"] == 1


def test_imported_people_who_disagree_are_disputed_too(project, people):
    (item,) = make_items(project, ["crowd"])
    for name, label in (("ann", "ham"), ("bob", "spam")):
        Annotation.objects.create(
            project=project, item=item, source=Source.IMPORT, imported_annotator=name, answer={"label": label}
        )
    assert queue(project) == {item.pk: "disputed"}


def test_what_is_decided_leaves_and_comes_back_when_it_is_undone(project, people, three, browser_of):
    item = said(project, three, "ham", "spam")
    assert queue(project) == {item.pk: "disputed"}
    ReviewPlan.objects.update(filled_at=datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    assert "waiting as of 1 Mar 09:05 UTC" in browser_of(people.reviewer).get("/p/sms/").content.decode()
    ReviewPlan.objects.update(filled_at=None)
    decision = decide(people.reviewer, project, item.pk, "change", answer={"label": "ham"})
    assert (decision.sort, queue(project)) == ("disputed", {})
    undo(people.reviewer, project, decision.pk)
    assert queue(project) == {item.pk: "disputed"}


def test_what_was_sent_back_waits_for_its_author_and_comes_first_then(project, people, three):
    item, other = said(project, three, "ham", "spam"), said(project, three, "spam", "ham")
    decide(people.reviewer, project, item.pk, "send_back", author="annotator1", comment="Sure?")
    assert queue(project) == {other.pk: "disputed"}
    (task, *_) = next_tasks(three[1], project)
    record_answer(three[1], task.pk, {"label": "ham"})
    assert list(queue(project).items()) == [(item.pk, "returned"), (other.pk, "disputed")]
    decide(people.reviewer, project, item.pk, "accept")
    assert queue(project) == {other.pk: "disputed"}


def test_what_somebody_else_is_asked_about_waits_for_him(project, people, three):
    project.overlap = 2
    project.save()
    item = said(project, three, "ham", "spam")
    decide(people.reviewer, project, item.pk, "ask_again")
    assert queue(project) == {}
    task = next(task for task in next_tasks(three[2], project) if task.item_id == item.pk)
    record_answer(three[2], task.pk, {"label": "ham"})
    assert queue(project) == {item.pk: "low_confidence"}


def test_a_random_share_is_the_same_however_often_it_is_drawn_and_of_its_size(project, three):
    project.overlap = 1
    project.save()
    for item in make_items(project, [f"text {number}" for number in range(40)]):
        make_answer(item, three[0], {"label": "ham"})
    ReviewPlan.objects.create(project=project, random_share=0.25)
    first = queue(project)
    assert (len(first), set(first.values())) == (10, {"random"})
    assert queue(project) == first
    ReviewPlan.objects.filter(project=project).update(random_share=0.0)
    assert queue(project) == {}


def test_how_wrong_what_nobody_suspects_is_has_an_interval(project, people, three):
    ReviewPlan.objects.create(project=project, random_share=1.0)
    tie = said(project, three, "ham", "spam")
    project.overlap = 1
    project.save()
    items = [said(project, three, "ham") for _ in range(12)]
    queue(project)
    for item in items[3:]:
        decide(people.reviewer, project, item.pk, "accept")
    for item in items[:3]:
        decide(people.reviewer, project, item.pk, "change", answer={"label": "spam"})
    decide(people.reviewer, project, tie.pk, "change", answer={"label": "spam"})  # suspicious: another population
    found = unsuspected_errors(project)
    assert (found.count, found.n) == (3, 12)
    assert found.low < 0.25 < found.high


def test_what_is_drawn_blind_is_decided_without_seeing_what_was_said(project, people, three):
    ReviewPlan.objects.create(project=project, blind_share=1.0, sorts=["returned"])
    tie, agreed = said(project, three, "ham", "spam"), said(project, three, "ham", "ham", "ham")
    own = said(project, [people.reviewer, *three[:2]], "ham", "ham", "ham")
    Item.objects.filter(pk=tie.pk).update(is_open=False)
    assert queue(project) == dict.fromkeys((tie.pk, agreed.pk, own.pk), "blind")
    entries = next_entries(people.reviewer, project, 5)
    assert {entry.item_id for entry in entries} == {tie.pk, agreed.pk}  # not what he has answered himself
    for told in entries_json(project, entries, str):
        assert (told["answers"], told["accepted"], told["comments"]) == ([], None, [])
    with pytest.raises(Invalid, match="without seeing"):
        decide(people.reviewer, project, agreed.pk, "accept")
    assert set(look_at(people.reviewer, project, [agreed.pk, own.pk]).left_out.values()) == {"blind"}
    decided = decide(people.reviewer, project, agreed.pk, "change", answer={"label": "ham"})
    assert (decided.sort, decided.is_same) == ("blind", True)
    assert unsuspected_errors(project) is None


def test_nobody_is_given_what_only_he_has_answered(project, people, three):
    ReviewPlan.objects.create(project=project, random_share=1.0)
    project.overlap = 1
    project.save()
    own = said(project, [people.reviewer], "ham")
    assert next_entries(people.reviewer, project, 5) == []
    assert [entry.item_id for entry in next_entries(people.manager, project, 5)] == [own.pk]
    release(people.manager, project)
    change_plan(people.manager, project, {"own_allowed": True})
    assert [entry.item_id for entry in next_entries(people.reviewer, project, 5)] == [own.pk]


def test_a_claim_is_ones_own_until_it_runs_out(project, people, three):
    item = said(project, three, "ham", "spam")
    (entry,) = next_entries(people.reviewer, project, 5)
    assert [one.pk for one in next_entries(people.reviewer, project, 5)] == [entry.pk]
    assert next_entries(people.manager, project, 5) == []
    with pytest.raises(LeaseLost):
        decide(people.manager, project, item.pk, "set_aside")
    assert queue(project) == {item.pk: "disputed"}  # filling anew does not take it away
    ReviewEntry.objects.update(claimed_until="2020-01-01T00:00Z")
    assert [one.item_id for one in next_entries(people.manager, project, 5)] == [item.pk]
    assert release(people.manager, project) == 1
    assert [one.item_id for one in next_entries(people.reviewer, project, 1)] == [item.pk]


def test_settings_are_checked_and_for_managers(client, project, people):
    plan = change_plan(people.manager, project, {"sorts": ["random"], "random_share": 0.5})
    assert (plan.sorts, plan.random_share) == (["returned", "random"], 0.5)
    client.force_login(people.manager)
    sent = {"part": "review", "sorts": ["disputed"], "random_share": "2.5", "blind_share": "10", "own_allowed": "on"}
    assert client.post("/p/sms/settings/", sent).status_code == 302
    plan.refresh_from_db()
    assert (plan.sorts, plan.random_share, plan.blind_share) == (["returned", "disputed"], 0.025, 0.1)
    assert plan.own_allowed
    refused = client.post("/p/sms/settings/", {**sent, "random_share": "101"})
    assert (refused.status_code, b"From 0 to 100." in refused.content, b'value="101"' in refused.content) == (
        400, True, True,
    )  # fmt: skip
    for wrong in ({"sorts": ["all"]}, {"random_share": 2}, {"blind_share": -1}, {"own_allowed": "yes"}, {"other": 1}):
        with pytest.raises(Invalid):
            change_plan(people.manager, project, wrong)
    with pytest.raises(Invalid, match="Unknown"):
        next_entries(people.reviewer, project, 1, ["newest"])


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_never_get_the_same_item(project, people, three):
    items = [said(project, three, "ham", "spam") for _ in range(12)]
    got: dict[str, list[int]] = {"reviewer": [], "manager": []}
    start = threading.Barrier(2)

    def work(name):
        try:
            start.wait()
            for _ in range(6):
                for entry in next_entries(getattr(people, name), project, 1):
                    got[name].append(entry.item_id)
                    decide(getattr(people, name), project, entry.item_id, "change", answer={"label": "ham"})
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[name]) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got["reviewer"] + got["manager"]) == sorted(item.pk for item in items)
    assert ReviewDecision.objects.count() == 12
    assert set(ReviewDecision.objects.values_list("sort", flat=True)) == {ReviewSort.DISPUTED}
