"""What becomes of a candidate, on numbers made by hand; promotion as one transaction."""

import json

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from labeling.models import Project
from labeling.services.validation.errors import Invalid
from learning.core.evaluation.gate import MAX_P_BETTER, Contender
from learning.core.evaluation.objectives import make_objective
from learning.core.evaluation.report import evaluate
from learning.core.learners import make_learner, one_hot
from learning.families.labels.evaluation import MeasuredLabels
from learning.models import Alert, Decision, ModelVersion, Status
from learning.selectors import eval_uses
from learning.selectors.verdict_words import refused_words
from learning.services import files
from learning.services.registry import promotion
from learning.services.registry.gate import Rivals, judge, unmeasured, verdict_on, within_limits
from tests.factories import make_project

OBJECTIVE = make_objective("classification")
pytestmark = pytest.mark.both_databases


def right(n_right: int, n: int = 100):
    return np.arange(n) < n_right


def contender(n_right: int, n: int, sure: float = 0.9) -> Contender:
    """Right on the first ``n_right`` of ``n`` items whose label is 0 or 1 in turn."""
    truth = np.eye(2)[np.arange(n) % 2]
    given = np.where(right(n_right, n)[:, None], truth, 1 - truth) * (2 * sure - 1) + (1 - sure)
    found = evaluate(given, truth, kind="classification", rng=np.random.default_rng(0))
    return Contender(given.astype(np.float32), found, 1.0, 1_000)


def verdict(candidate: Contender, rivals: Rivals | None = None, centroid: Contender | None = None):
    n = candidate.evaluation.n
    truth, constant = np.eye(2)[np.arange(n) % 2], np.full((n, 2), 0.5, np.float32)
    simple = {"nearest_centroid": centroid.probabilities} if centroid else {}
    measured = MeasuredLabels(
        candidate.probabilities, candidate.evaluation, constant, truth, 1.0, {}, OBJECTIVE, simple
    )
    return verdict_on(measured, candidate, rivals or Rivals(), np.random.default_rng(0))


def test_the_first_that_beats_a_constant_is_champion_on_200_eval_answers_and_provisional_on_fewer():
    found = verdict(contender(180, 200))
    assert (found.status, found.numbers["verified"]) == (Status.CHAMPION, True)
    assert {check["name"]: check["passed"] for check in found.numbers["checks"]} == {
        "beats_baseline": True, "enough_held_out": True,
    }  # fmt: skip
    few = verdict(contender(180, 199))
    assert (few.status, few.numbers.get("verified")) == (Status.PROVISIONAL, None)
    assert "on 199 eval answers; 200 are asked for" in few.reason
    json.dumps(found.numbers)


@pytest.mark.parametrize("rivals", [Rivals(), Rivals(champion=contender(180, 300))], ids=["first", "next"])
def test_nobody_is_champion_while_nearest_centroid_is_right_more_often(rivals):
    """A model far above the constant answer, and above the champion, that the simplest predictor beats."""
    candidate = contender(220, 300)
    for n_right, status in ((150, Status.CHAMPION), (220, Status.CHAMPION), (221, Status.PROVISIONAL)):
        found = verdict(candidate, rivals, contender(n_right, 300))
        assert found.status == status, found.reason
    against = found.numbers["against_baselines"]["nearest_centroid"]
    assert (against["n"], against["only_candidate"], against["only_champion"]) == (300, 0, 1)
    failed = [check["name"] for check in found.numbers["checks"] if not check["passed"]]
    assert failed == ["not_below_nearest_centroid"]
    assert found.reason.startswith("It may rank, but is not promoted: not below nearest centroid: -0.003333 is below 0")
    json.dumps(found.numbers)


def test_among_pairs_nobody_is_champion_while_length_is_right_more_often():
    for length, status in ((250, Status.CHAMPION), (251, Status.PROVISIONAL)):
        simple = {"length": right(length, 300)}
        found = judge(right(250, 300), right(150, 300), None, has_champion=False, simple_correct=simple)
        assert found.status == status, found.reason
        assert found.numbers["against_baselines"]["length"]["n"] == 300
    assert "not below length: accuracy -0.003" in found.reason


def test_beside_a_champion_only_a_clear_win_is_promoted_and_only_a_clear_loss_may_not_rank():
    champion = Rivals(champion=contender(240, 300))
    assert verdict(contender(270, 300, 0.89), champion).status == Status.CHAMPION
    for n_right in (239, 240, 243):
        found = verdict(contender(n_right, 300), champion)
        assert (found.status, found.numbers["may_rank"]) == (Status.PROVISIONAL, True), found.reason
        assert found.numbers["against_champion"]["n"] == 300
    assert verdict(contender(210, 300), champion).status == Status.REJECTED


def test_while_there_is_no_champion_the_one_that_ranks_is_what_must_not_be_lost_to():
    ranking_now = Rivals(ranking=contender(240, 300))
    assert verdict(contender(239, 300), ranking_now).status == Status.CHAMPION
    assert verdict(contender(210, 300), ranking_now).status == Status.REJECTED
    assert verdict(contender(100, 300)).status == Status.PROVISIONAL, "worse than a constant, but nothing else ranks"


def test_past_a_champion_that_cannot_be_read_nobody_is_promoted_unseen():
    found = verdict(contender(290, 300), Rivals(is_comparable=False))
    assert (found.status, found.numbers.get("verified")) == (Status.PROVISIONAL, None)
    assert "could not be compared" in found.reason


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        ((0.0, 0.0), []),
        ((2.0, 50.0), []),
        ((1.2, 0.0), ["one row alone takes 1.25 ms, the project allows 1.2 ms"]),
        ((2.0, 39.0), ["1,000 predictions take 40 ms of CPU, the project allows 39 ms"]),
    ],
)
def test_a_slower_one_than_the_project_allows_is_refused_even_if_it_is_better(limits, over):
    project = Project(prediction_limit_ms=limits[0], prediction_limit_cpu_ms=limits[1])
    cost = {"alone_ms": 1.25, "cpu_ms_per_1000": 40.0}
    better = verdict(contender(290, 300), Rivals(champion=contender(240, 300)))
    assert better.status == Status.CHAMPION
    for first in (better, unmeasured()):
        found = within_limits(first, cost, project)
        checks = [check for check in found.numbers.get("checks", []) if check["name"].startswith("prediction_")]
        assert len(checks) == sum(limit > 0 for limit in limits)
        assert [check["detail"] for check in checks if not check["passed"]] == over
        if not over:
            assert (found.status, found.reason) == (first.status, first.reason)
            continue
        assert (found.status, found.numbers["could_promote"]) == (Status.REJECTED, False), "and uses no eval set"
        assert found.reason == f"Too slow to be used: {over[0]}. Refused whatever it is worth. {first.reason}"
        said = {"status": found.status, "checks": found.numbers["checks"]}
        assert refused_words(said) == "Slower than the project allows"
    assert within_limits(better, {}, project) is better, "of before there were figures"


def test_without_an_eval_answer_nothing_is_claimed():
    found = unmeasured()
    assert (found.status, found.numbers) == (Status.PROVISIONAL, {"n_eval": 0})
    assert judge(None, None, None, has_champion=True).status == Status.PROVISIONAL


@pytest.mark.parametrize(
    ("candidate", "status"),
    [(210, Status.REJECTED), (239, Status.PROVISIONAL), (244, Status.PROVISIONAL), (250, Status.CHAMPION)],
)
def test_by_who_was_right_alone(candidate, status):
    found = judge(right(candidate, 300), right(150, 300), right(240, 300), has_champion=True)
    assert found.status == status, found.reason
    assert judge(right(candidate, 300), right(150, 300), None, has_champion=True).status == Status.PROVISIONAL
    assert judge(right(candidate, 300), right(150, 300), None, has_champion=False).status == Status.CHAMPION


def test_the_level_that_is_shown_is_the_one_that_is_used():
    assert eval_uses.LEVEL == MAX_P_BETTER


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


def ranking_now(versions) -> list[int]:
    """Numbers of the versions that rank, by each of the two ways to ask."""
    of_project = ModelVersion.objects.filter(project=versions[0].project)
    shown = [version.number for version in of_project.with_ranks().order_by("number") if version.ranks]
    assert shown == [version.number for version in of_project.order_by("number") if version.ranks]
    assert shown == [version.number for version in (of_project.in_use(),) if version]
    return shown


def test_a_provisional_version_ranks_beside_the_champion_until_there_is_a_newer_one(versions):
    assert ranking_now(versions) == []
    promotion.settle(versions[0], Status.CHAMPION, "first", {})
    assert ranking_now(versions) == [1]
    promotion.settle(versions[1], Status.PROVISIONAL, "not worse", {})
    assert (statuses(versions), ranking_now(versions)) == (["champion", "provisional", "candidate"], [2])
    promotion.settle(versions[2], Status.PROVISIONAL, "not worse", {})
    assert (statuses(versions), ranking_now(versions)) == (["champion", "retired", "provisional"], [3])


def test_after_a_promotion_or_a_rollback_the_champion_ranks(versions, monkeypatch):
    monkeypatch.setattr(promotion, "_check_file", lambda version: None)
    promotion.settle(versions[0], Status.CHAMPION, "first", {})
    promotion.settle(versions[1], Status.CHAMPION, "better", {})
    promotion.settle(versions[2], Status.PROVISIONAL, "not worse", {})
    assert promotion.rollback(None, versions[0].project, "bad").number == 1
    assert (statuses(versions), ranking_now(versions)) == (["champion", "retired", "retired"], [1])
    promotion.promote(None, ModelVersion.objects.get(pk=versions[2].pk), "by hand")
    assert (statuses(versions), ranking_now(versions)) == (["retired", "retired", "champion"], [3])


@pytest.mark.parametrize("status", [Status.CHAMPION, Status.PROVISIONAL])
def test_the_database_keeps_each_to_one(versions, status):
    ModelVersion.objects.filter(number=1).update(status=status)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(number=2).update(status=status)


def test_verified_stays_with_a_version_and_needs_200_eval_answers(versions):
    promotion.settle(versions[0], Status.CHAMPION, "better", {"verified": True, "n_eval": 200})
    promotion.settle(versions[1], Status.CHAMPION, "by hand", {"by_hand": True})
    kept = ModelVersion.objects.order_by("number").values_list("verified", "n_eval")
    assert list(kept) == [(True, 200), (False, 0), (False, 0)]
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(number=2).update(verified=True, n_eval=199)


def test_uses_of_an_eval_set_are_counted_and_many_are_warned_of(versions, monkeypatch):
    monkeypatch.setattr(promotion, "_check_file", lambda version: None)
    project = versions[0].project
    sets = [("a" * 64, 100), ("b" * 64, 210), *[("c" * 64, 300)] * 6]
    made = [
        ModelVersion.objects.create(
            project=project, number=number, encoder="e", trained_on=1, eval_sha256=sha256, n_eval=n_eval
        )
        for number, (sha256, n_eval) in enumerate(sets, 10)
    ]
    for version in made:
        promotion.settle(version, Status.REJECTED, "worse", {})
    of = {version.number: eval_uses.eval_uses(version) for version in made}
    assert [(uses.same, uses.overlapping, uses.project) for uses in of.values()] == [
        (1, 1, 1), (1, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 6), (5, 6, 7), (6, 7, 8),
    ]  # fmt: skip
    assert of[17].lucky_win_at_most == pytest.approx(0.175)
    assert [bool(uses.warning) for uses in of.values()] == [False] * 6 + [True] * 2
    assert "have decided 7 times" in of[17].warning
    promotion.settle(made[0], Status.CHAMPION, "by hand", {"by_hand": True})
    promotion.settle(made[1], Status.CHAMPION, "by hand", {"by_hand": True})
    promotion.rollback(None, project, "bad")
    assert Decision.objects.exclude(eval_sha256="").count() == 10, "two by hand are uses, going back is none"
    assert eval_uses.eval_uses(versions[0]).same == 0


def test_a_verdict_that_could_not_promote_is_no_use_and_a_refused_one_is(versions, monkeypatch):
    """As many looks as one likes at fewer than 200 eval answers: the first that could promote is the first use."""
    monkeypatch.setattr(promotion, "_check_file", lambda version: None)
    project = versions[0].project
    looks = [
        (190, verdict(contender(171, 190)), False),
        (190, verdict(contender(40, 190), Rivals(champion=contender(171, 190))), False),
        (200, verdict(contender(190, 200), Rivals(is_comparable=False)), False),
        (200, verdict(contender(100, 200)), True),
        (200, verdict(contender(40, 200), Rivals(champion=contender(180, 200))), True),
        (200, verdict(contender(180, 200)), True),
        (199, judge(right(180, 199), right(99, 199), None, has_champion=False), False),
        (200, judge(right(180, 200), right(100, 200), None, has_champion=True), False),
        (200, judge(right(101, 200), right(100, 200), None, has_champion=False), True),
    ]
    expected = 0
    for number, (n_eval, found, is_use) in enumerate(looks, 10):
        version = ModelVersion.objects.create(
            project=project, number=number, encoder="e", trained_on=1, eval_sha256="a" * 64, n_eval=n_eval
        )
        promotion.settle(version, found.status, found.reason, found.numbers)
        expected += is_use
        uses = eval_uses.eval_uses(version)
        assert (uses.same, uses.overlapping, uses.project) == (expected,) * 3, (number, found.reason)
        assert found.numbers["could_promote"] is is_use
    few = ModelVersion.objects.get(number=10)
    assert eval_uses.eval_uses(few).lucky_win_at_most == 0, "what was decided later does not count for it"
    promotion.promote(None, few, "a person has looked at its figures")
    assert Decision.objects.exclude(eval_sha256="").count() == expected + 1


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


def champions(versions, *whole: int) -> None:
    """Each version was champion in its turn; the files of ``whole`` can be read."""
    for version in versions:
        fields = {"learner": "logistic", "path": "gone.zip", "sha256": "0" * 64}
        if version.number in whole:
            features = np.array([[0.0], [1.0], [2.0], [3.0]], dtype=np.float32)
            model = make_learner("logistic").fit(
                features, one_hot([0, 0, 1, 1], 2), kind="classification", rng=np.random.default_rng(0)
            )
            fields["path"], fields["sha256"] = files.store("learning/test/models", ".zip", model.dump())
        ModelVersion.objects.filter(pk=version.pk).update(**fields)
        promotion.settle(version, Status.CHAMPION, "better", {})


def test_going_back_to_a_damaged_champion_says_which_one_before_it_is_whole(versions):
    champions(versions, 1, 3)
    project = versions[0].project
    with pytest.raises(
        promotion.Damaged, match=r"file of model 2 is damaged.* whose file is whole is model 1\."
    ) as found:
        promotion.rollback(None, project, "bad")
    assert found.value.intact == versions[0]
    assert statuses(versions) == ["retired", "retired", "champion"], "it goes no further by itself"
    alert = Alert.objects.get(project=project)
    assert (alert.kind, alert.subject) == ("model_damaged", "model 2")
    assert promotion.rollback(None, project, "bad", to=1).number == 1
    assert statuses(versions) == ["champion", "retired", "retired"]


def test_where_no_earlier_champion_is_whole_it_says_what_is_left_to_do(versions):
    champions(versions, 3)
    with pytest.raises(promotion.Damaged, match="restore one from a backup, or promote another") as found:
        promotion.rollback(None, versions[0].project, "bad")
    assert found.value.intact is None


def test_going_back_to_a_number_takes_champions_before_this_one_only(versions):
    champions(versions, 1, 2, 3)
    project = versions[0].project
    never = ModelVersion.objects.create(project=project, number=4, encoder="e", trained_on=4)
    for number in (3, never.number, 99):
        with pytest.raises(Invalid, match=f"Model {number} is no champion before model 3"):
            promotion.rollback(None, project, "bad", to=number)
    assert promotion.rollback(None, project, "bad", to=1).number == 1


def test_a_damaged_file_is_not_promoted(versions):
    versions[0].path = "learning/0/models/gone.zip"
    versions[0].save(update_fields=["path"])
    with pytest.raises(Invalid, match="damaged"):
        promotion.promote(None, versions[0], "because")
