"""The practice round: before the first real question, with explanations, passed or tried again, kept apart."""

import json
import random

import pytest
from django.core.exceptions import PermissionDenied

from labeling.models import Annotation, AuditEvent, KnownAnswer, Member, PracticeRound, Split, Task
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.practice import practice_of
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.manage import update_project
from labeling.services.quality.practice import (
    answer_practice,
    open_questions,
    reset_practice,
    start_practice,
    waive_practice,
)
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def practising(project, people):
    """Six items of the pool are gold, all ham; three are practised, two must be right, twice at most."""
    items = make_items(project, [f"text {n}" for n in range(12)])
    held = make_items(project, ["held"], Split.EVAL)
    for item in (*items[:6], *held):
        KnownAnswer.objects.create(
            project=project, item=item, answer={"label": "ham"}, explanation="It rhymes.", origin="hand"
        )
    chosen = {"practice_questions": 3, "practice_pass": 0.6, "practice_tries": 2}
    return update_project(people.manager, project, settings=chosen)


def standing(project, user):
    return practice_of(Member.objects.select_related("project").get(project=project, user=user))


def round_of(project, user, answers, seed=1):
    """Begins one and gives these answers; what was said to the last."""
    start_practice(user, project, random.Random(seed))
    said = None
    for question, label in zip(open_questions(user, project, 50), answers, strict=True):
        said = answer_practice(user, question.pk, {"label": label} if label else None)
    return said


def test_no_real_question_before_the_round_is_passed_and_explanations_in_it(practising, people):
    with pytest.raises(PermissionDenied, match="practice round"):
        next_tasks(people.annotator, practising, 1)
    start_practice(people.annotator, practising)
    first, *_ = questions = open_questions(people.annotator, practising, 50)
    assert len(questions) == 3
    said = answer_practice(people.annotator, first.pk, {"label": "spam"})
    assert (said.feedback.is_right, said.feedback.truth, said.feedback.explanation) == (
        False, {"label": "ham"}, "It rhymes.",
    )  # fmt: skip
    with pytest.raises(Invalid, match="first answer counts"):
        answer_practice(people.annotator, first.pk, {"label": "ham"})
    assert answer_practice(people.annotator, first.pk, {"label": "spam"}).feedback == said.feedback
    for question in questions[1:]:
        with pytest.raises(PermissionDenied):
            next_tasks(people.annotator, practising, 1)
        said = answer_practice(people.annotator, question.pk, {"label": "ham"})
    assert (said.is_finished, said.state) == (True, "passed")
    assert len(next_tasks(people.annotator, practising, 1)) == 1


def test_what_was_practised_is_no_answer_and_is_not_asked_as_gold(practising, people):
    round_of(practising, people.annotator, ["ham", "ham", "ham"])
    assert not Annotation.objects.exists()
    assert not Task.objects.exists()
    assert list(export_rows(practising, "annotations", Filters())) == []
    practised = set(PracticeRound.objects.get().questions.values_list("item", flat=True))
    update_project(people.manager, practising, settings={"gold_share": 0.5})
    tasks = next_tasks(people.annotator, practising, 50, random.Random(2))
    asked = {task.item_id for task in tasks if task.reason == "gold"}
    assert asked
    assert not asked & practised
    assert not practised & set(practising.items.filter(split="eval").values_list("pk", flat=True))


def test_who_fails_tries_again_with_items_not_seen_and_then_needs_a_manager(practising, people):
    assert round_of(practising, people.annotator, ["ham", "spam", None]).state == "failed"
    assert (standing(practising, people.annotator).tries_left, standing(practising, people.annotator).is_over) == (
        1, False,
    )  # fmt: skip
    assert round_of(practising, people.annotator, ["spam", "spam", "ham"], seed=2).state == "failed"
    first, second = PracticeRound.objects.order_by("pk")
    items = [set(each.questions.values_list("item", flat=True)) for each in (first, second)]
    assert not items[0] & items[1]
    assert standing(practising, people.annotator).is_over
    with pytest.raises(Invalid, match="no try left"):
        start_practice(people.annotator, practising)
    member = Member.objects.get(project=practising, user=people.annotator)
    with pytest.raises(PermissionDenied):
        reset_practice(people.reviewer, member)
    reset_practice(people.manager, member)
    assert standing(practising, people.annotator).tries_left == 2
    waive_practice(people.manager, member)
    assert len(next_tasks(people.annotator, practising, 1)) == 1
    reset_practice(people.manager, member)
    with pytest.raises(PermissionDenied):
        next_tasks(people.annotator, practising, 1)
    trail = AuditEvent.objects.filter(action__startswith="practice.").order_by("pk").values_list("action", flat=True)
    assert list(trail) == ["practice.reset", "practice.waived", "practice.reset"]


def test_reviewers_and_who_has_answered_before_do_not_practise(practising, people):
    assert next_tasks(people.reviewer, practising, 1)
    Member.objects.filter(project=practising, user=people.annotator).update(answers=3)
    assert next_tasks(people.annotator, practising, 1)


def test_with_too_little_gold_nobody_waits_for_a_round(practising, people):
    KnownAnswer.objects.filter(item__split="pool").order_by("-pk")[0].delete()
    update_project(people.manager, practising, settings={"practice_questions": 6})
    assert next_tasks(people.annotator, practising, 1)


def test_a_project_goes_with_its_practice(practising, people):
    round_of(practising, people.annotator, ["ham", "ham", "ham"])
    make_answer(practising.items.first(), people.manager, {"label": "ham"}, reason="gold")
    delete_project(people.manager, practising)
    assert not PracticeRound.objects.exists()


# over REST


def call(client, method, path, body=None):
    data = None if body is None else json.dumps(body)
    return getattr(client, method)(f"/api/v1/{path}", data, content_type="application/json")


def test_the_round_over_rest_has_the_form_of_real_questions(practising, people, client):
    client.force_login(people.annotator)
    refused = call(client, "post", "projects/sms/tasks/next/", {"count": 1})
    assert (refused.status_code, "practice round" in refused.json()["detail"]) == (403, True)
    told = call(client, "get", "projects/sms/practice/").json()
    assert (told["due"], told["state"], told["tries_left"], told["questions"], told["needed"]) == (True, "", 2, 3, 2)
    assert call(client, "post", "projects/sms/practice/").json()["state"] == "running"
    questions = call(client, "post", "practice/projects/sms/tasks/next/", {"count": 8}).json()
    assert len(questions) == 3
    Member.objects.filter(project=practising, user=people.reviewer).update()
    client.force_login(people.reviewer)
    real = call(client, "post", "projects/sms/tasks/next/", {"count": 1}).json()[0]
    assert real.keys() == questions[0].keys()
    assert real["item"].keys() == questions[0]["item"].keys()
    stranger = call(client, "put", f"practice/tasks/{questions[0]['id']}/answer/", {"answer": {"label": "ham"}})
    assert stranger.status_code == 404
    client.force_login(people.annotator)
    said = call(client, "put", f"practice/tasks/{questions[0]['id']}/answer/", {"answer": {"label": "ham"}}).json()
    assert said["feedback"] == {"right": True, "truth": {"label": "ham"}, "explanation": "It rhymes."}
    assert said["practice"] == {"state": "running", "finished": False}
    call(client, "post", f"practice/tasks/{questions[1]['id']}/skip/", {"reason": "unclear"})
    last = call(client, "put", f"practice/tasks/{questions[2]['id']}/answer/", {"answer": {"label": "ham"}}).json()
    assert last["practice"] == {"state": "passed", "finished": True}
    assert call(client, "get", "projects/sms/practice/").json()["due"] is False
