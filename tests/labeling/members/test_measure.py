"""How much a person is asked: goals are told, quotas and a pause are held to in serving, a pace is kept by 429."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from labeling.models import Annotation, AuditEvent, Item, Member, Task, TaskState
from labeling.models.member import day_number
from labeling.selectors.annotating import standing
from labeling.services.answers.pace import AnswersTooFast
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.members.measure import pause, resume, set_measure
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HAM = {"label": "ham"}


@pytest.fixture
def ann(project, people) -> Member:
    make_items(project, [f"text {n}" for n in range(20)])
    return Member.objects.select_related("user", "project").get(project=project, user=people.annotator)


def asked(member: Member, count: int = 50) -> list[Task]:
    return next_tasks(member.user, member.project, count)


def answered(member: Member, count: int) -> None:
    for task in asked(member, count):
        record_answer(member.user, task.pk, HAM)


def yesterday(member: Member) -> None:
    """As if what was counted today had been a day ago."""
    Member.objects.filter(pk=member.pk).update(counted_day=day_number(timezone.now()) - 1)


@pytest.mark.parametrize("span", ["day", "total"])
def test_no_more_is_asked_than_the_quota_and_questions_at_hand_count(people, ann, span):
    set_measure(people.manager, ann, {f"quota_{span}": 5})
    assert [len(asked(ann, count)) for count in (2, 3, 50, 50)] == [2, 3, 5, 5]
    answered(ann, 5)
    assert asked(ann) == []
    assert standing(ann.user, ann.project)["nothing_because"] == f"quota_{span}"


def test_the_next_day_the_quota_of_a_day_begins_anew(people, ann):
    set_measure(people.manager, ann, {"quota_day": 3, "quota_total": 5})
    answered(ann, 3)
    yesterday(ann)
    answered(ann, 10)
    assert (Annotation.objects.count(), standing(ann.user, ann.project)["nothing_because"]) == (5, "quota_total")


def test_what_is_taken_back_or_skipped_does_not_count(people, ann):
    set_measure(people.manager, ann, {"quota_day": 2})
    first, second = asked(ann)
    record_answer(ann.user, first.pk, HAM)
    skip(ann.user, second.pk, "unclear")
    assert len(asked(ann)) == 1
    record_answer(ann.user, asked(ann)[0].pk, HAM)
    assert asked(ann) == []
    take_back(ann.user, first.pk)
    assert [task.pk for task in asked(ann)] == [first.pk]


def test_an_answer_to_a_question_that_was_put_is_taken_whatever_the_quota_became(people, ann):
    tasks = asked(ann, 3)
    set_measure(people.manager, ann, {"quota_day": 0})
    assert asked(ann) == []
    for task in tasks:
        assert record_answer(ann.user, task.pk, HAM).created


def test_a_pause_gives_the_questions_back_and_keeps_the_membership(people, ann, django_capture_on_commit_callbacks):
    tasks = asked(ann, 3)
    with django_capture_on_commit_callbacks(execute=True):
        pause(people.manager, ann, "See me first.")
    assert set(Task.objects.values_list("state", flat=True)) == {TaskState.EXPIRED}
    assert Item.objects.filter(slots_taken=0, is_open=True).count() == 20
    assert asked(ann) == []
    told = standing(ann.user, ann.project)
    assert (told["nothing_because"], told["note"], told["asked"]) == ("paused", "See me first.", True)
    # what was on its way when it came is not lost
    assert record_answer(ann.user, tasks[0].pk, HAM).created
    resume(people.manager, ann)
    assert len(asked(ann, 3)) == 3
    assert standing(ann.user, ann.project)["nothing_because"] == ""


def test_pausing_and_letting_go_on_twice_is_once(people, ann):
    began = pause(people.manager, ann).paused_at
    assert pause(people.manager, ann, "again").paused_at == began
    for _ in range(2):
        resume(people.manager, ann)
    trail = AuditEvent.objects.filter(action__startswith="member.").order_by("pk").values_list("action", flat=True)
    assert list(trail) == ["member.paused", "member.paused", "member.resumed"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"goal_day": 0}, "goal_day"), ({"quota_total": -1}, "quota_total"), ({"quota_day": True}, "quota_day"),
        ({"goal_day": 10, "quota_day": 9}, "goal_day"), ({"answers": 5}, "answers"),
    ],
)  # fmt: skip
def test_a_measure_that_makes_no_sense_is_refused(people, ann, given, field):
    with pytest.raises(Invalid) as refused:
        set_measure(people.manager, ann, given)
    assert refused.value.field == field


def test_answers_faster_than_the_pace_are_taken_later_and_none_is_lost(ann):
    ann.project.answers_a_minute = 3
    ann.project.save()
    tasks = asked(ann, 5)
    for task in tasks[:3]:
        record_answer(ann.user, task.pk, HAM)
    with pytest.raises(AnswersTooFast) as slowed:
        record_answer(ann.user, tasks[3].pk, HAM)
    assert 15 < slowed.value.wait_s <= 20
    assert record_answer(ann.user, tasks[0].pk, HAM).created is False, "the same again costs nothing"
    record_answer(ann.user, tasks[0].pk, {"label": "spam"})  # nor does thinking again
    ago = Member.objects.get(pk=ann.pk).pace_free_at - timedelta(seconds=20)
    Member.objects.filter(pk=ann.pk).update(pace_free_at=ago)  # those seconds later
    record_answer(ann.user, tasks[3].pk, HAM)
    with pytest.raises(AnswersTooFast):
        record_answer(ann.user, tasks[4].pk, HAM)


def test_over_rest_too_fast_is_429_that_says_when(api, ann):
    ann.project.answers_a_minute = 1
    ann.project.save()
    client = api(ann.user)
    first, second = asked(ann, 2)
    codes = [client.put(f"/api/v1/tasks/{task.pk}/answer/", {"answer": HAM}, format="json") for task in (first, second)]
    assert [answer.status_code for answer in codes] == [201, 429]
    assert codes[1].json() == {"detail": codes[1].json()["detail"], "code": "too_fast"}
    assert 0 < int(codes[1]["Retry-After"]) <= 60
    # of several, what comes before it is recorded; the first of all is the call's own answer
    several = [{"task": task.pk, "answer": HAM} for task in (first, second, first)]
    told = client.put("/api/v1/tasks/answers/", {"answers": several}, format="json").json()["results"]
    assert [one["status"] for one in told] == [200, 429]
    assert 0 < told[1]["retry_after_s"] <= 60
    assert told[1]["body"]["code"] == "too_fast"
    whole = client.put("/api/v1/tasks/answers/", {"answers": several[1:]}, format="json")
    assert (whole.status_code, whole.json()["code"], "Retry-After" in whole) == (429, "too_fast", True)


def test_over_rest_an_empty_list_says_why(api, people, ann):
    client, address = api(ann.user), f"/api/v1/projects/{ann.project.slug}/tasks/next/"
    assert "X-Nothing-Because" not in client.post(address, {"count": 1}, format="json")
    manager, member = api(people.manager), f"/api/v1/projects/{ann.project.slug}/members/annotator/"
    changed = manager.patch(member, {"quota_total": 0, "goal_day": 50}, format="json")
    assert (changed.status_code, changed.json()["quota_total"], changed.json()["goal_day"]) == (200, 0, 50)
    answer = client.post(address, {"count": 1}, format="json")
    assert (answer.json(), answer["X-Nothing-Because"]) == ([], "quota_total")
    paused = manager.patch(member, {"quota_total": None, "paused": True, "pause_note": "Later."}, format="json")
    assert (paused.json()["quota_total"], paused.json()["pause_note"]) == (None, "Later.")
    assert client.post(address, {"count": 1}, format="json")["X-Nothing-Because"] == "paused"
    assert manager.patch(member, {"paused": False}, format="json").json()["paused_at"] is None
    refused = manager.patch(member, {"paused": True, "goal_total": -1}, format="json")
    assert (refused.status_code, Member.objects.get(pk=ann.pk).paused_at) == (400, None)
    assert manager.patch(member, {"pause_note": "x"}, format="json").status_code == 400


def test_the_page_of_a_member_sets_pauses_and_lets_go_on(people, ann, browser_of):
    browser, address = browser_of(people.manager), f"/p/{ann.project.slug}/members/{ann.pk}/"
    browser.post(address, {"goal_day": "20", "quota_day": "40", "goal_total": "", "quota_total": ""})
    ann.refresh_from_db()
    assert (ann.goal_day, ann.quota_day, ann.goal_total) == (20, 40, None)
    wrong = browser.post(address, {"goal_day": "50", "quota_day": "40"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["goal_day"])
    browser.post(f"{address}pause/", {"note": "A break"})
    page = browser.get(address)
    assert (page.context["member"].pause_note, b"Paused" in page.content) == ("A break", True)
    browser.post(f"{address}resume/")
    ann.refresh_from_db()
    assert ann.paused_at is None


def test_the_day_is_that_of_utc():
    assert day_number(datetime(1970, 1, 2, 0, 0, tzinfo=UTC)) == 1
    last = day_number(datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC))
    assert day_number(datetime(2026, 11, 30, tzinfo=UTC)) == last + 1


def test_leases_of_who_is_paused_go_to_others(people, ann):
    """The sweep alone, where the process that paused died before it gave them back."""
    asked(ann, 20)
    pause(people.manager, ann)
    expire_overdue()
    assert len(next_tasks(people.reviewer, ann.project, 20)) == 20
