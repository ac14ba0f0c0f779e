"""What becomes of a candidate, on numbers made by hand; promotion as one transaction."""

import numpy as np
import pytest
from django.db import IntegrityError

from labeling.services.errors import Invalid
from learning.models import Decision, ModelVersion, Status
from learning.services import promotion
from learning.services.gate import judge
from tests.factories import make_project


def right(n_right: int, n: int = 100):
    return np.arange(n) < n_right


def test_better_than_a_constant_becomes_champion():
    verdict = judge(right(97), right(87), None, has_champion=False)
    assert verdict.status == Status.CHAMPION
    assert verdict.numbers["against_majority"]["only_candidate"] == 10


def test_not_clearly_better_than_a_constant_is_provisional_and_beside_a_champion_rejected():
    assert judge(right(89), right(87), None, has_champion=False).status == Status.PROVISIONAL
    assert judge(right(89), right(87), right(80), has_champion=True).status == Status.REJECTED


def test_without_an_eval_answer_nothing_is_claimed():
    verdict = judge(None, None, None, has_champion=False)
    assert (verdict.status, verdict.numbers) == (Status.PROVISIONAL, {"n_eval": 0})
    assert judge(None, None, None, has_champion=True).status == Status.REJECTED


@pytest.mark.parametrize(("candidate", "status"), [(95, Status.REJECTED), (96, Status.CHAMPION), (97, Status.CHAMPION)])
def test_beside_a_champion_with_96_right(candidate, status):
    assert judge(right(candidate), right(50), right(96), has_champion=True).status == status


@pytest.fixture
def versions(db):
    project = make_project()
    return [
        ModelVersion.objects.create(project=project, number=number, encoder="e", trained_on=number, status="candidate")
        for number in (1, 2, 3)
    ]


def statuses(versions) -> list[str]:
    return [ModelVersion.objects.get(pk=version.pk).status for version in versions]


def test_a_new_champion_retires_the_old_one_and_each_change_is_recorded(versions):
    promotion.settle(versions[0], Status.PROVISIONAL, "first", {})
    promotion.settle(versions[1], Status.CHAMPION, "better", {})
    promotion.settle(versions[2], Status.CHAMPION, "better still", {})
    assert statuses(versions) == ["retired", "retired", "champion"]
    recorded = Decision.objects.order_by("pk").values_list("model_version__number", "before", "after")
    assert list(recorded) == [
        (1, "candidate", "provisional"), (1, "provisional", "retired"), (2, "candidate", "champion"),
        (2, "champion", "retired"), (3, "candidate", "champion"),
    ]  # fmt: skip


def test_promotion_that_fails_halfway_changes_nothing(versions, monkeypatch):
    promotion.settle(versions[0], Status.CHAMPION, "first", {})

    def broken(*args):
        raise IntegrityError("planted")

    monkeypatch.setattr(promotion, "_record", broken)
    with pytest.raises(IntegrityError):
        promotion.settle(versions[1], Status.CHAMPION, "second", {})
    assert statuses(versions) == ["champion", "candidate", "candidate"]


def test_rolling_back_twice_goes_further_back(versions, monkeypatch):
    monkeypatch.setattr(promotion, "_check_file", lambda version: None)
    for version in versions:
        promotion.settle(version, Status.CHAMPION, "better", {})
    project = versions[0].project
    assert promotion.rollback(None, project, "bad").number == 2
    assert promotion.rollback(None, project, "worse").number == 1
    with pytest.raises(Invalid, match="no earlier champion"):
        promotion.rollback(None, project, "worst")


def test_a_damaged_file_is_not_promoted(versions):
    with pytest.raises(Invalid, match="damaged"):
        promotion.promote(None, versions[0], "because")
