"""Invariant 7 while several decide at once: one champion, at most one provisional version, and both agree who ranks."""

from functools import partial

import pytest

from labeling.services.validation.errors import Invalid
from learning.models import Decision, ModelVersion, Status
from learning.services.registry import promotion
from tests.concurrency.together import together
from tests.factories import UserFactory, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def versions(monkeypatch):
    monkeypatch.setattr(promotion, "_check_file", lambda version: None)
    project = make_project()
    return [ModelVersion.objects.create(project=project, number=n, encoder="e", trained_on=n) for n in range(1, 9)]


def by_the_gate(version, status, champion):
    try:
        promotion.settle(version, status, "judged", {}, against=champion)
    except promotion.ChampionChanged:
        return False
    return True


def by_hand(version, user):
    promotion.promote(user, version, "because")
    return True


def back(project, user):
    try:
        promotion.rollback(user, project, "back")
    except Invalid:
        return False
    return True


def test_many_decisions_at_once_leave_one_champion_and_one_that_ranks(versions):
    project, user = versions[0].project, UserFactory()
    promotion.settle(versions[0], Status.CHAMPION, "first", {})
    first = ModelVersion.objects.get(pk=versions[0].pk)
    calls = [
        partial(by_the_gate, versions[1], Status.CHAMPION, first),
        partial(by_the_gate, versions[2], Status.CHAMPION, first),
        partial(by_the_gate, versions[3], Status.PROVISIONAL, first),
        partial(by_the_gate, versions[4], Status.PROVISIONAL, first),
        partial(by_hand, versions[5], user),
        partial(by_hand, versions[6], user),
        partial(back, project, user),
    ]
    outcomes = together(calls)
    assert all(isinstance(outcome, bool) for outcome in outcomes), outcomes
    of_project = ModelVersion.objects.filter(project=project)
    assert of_project.filter(status=Status.CHAMPION).count() == 1
    assert of_project.filter(status=Status.PROVISIONAL).count() <= 1
    assert [version for version in of_project.with_ranks() if version.ranks] == [of_project.in_use()]
    for version in of_project:
        last = Decision.objects.filter(model_version=version).order_by("pk").last()
        assert version.status == (last.after if last else Status.CANDIDATE), "every change has its row"
