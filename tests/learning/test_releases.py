"""A version meets traffic: who is told what, what is out at once, what people's answers prove, and how it ends."""

from types import SimpleNamespace

import numpy as np
import pytest

from labeling.models import Annotation, AuditEvent, Item, Source
from learning.core.learners import make_learner, one_hot
from learning.core.release.assignment import in_candidate_arm
from learning.models import (
    Alert,
    Decision,
    ModelVersion,
    PredictionFeedback,
    Release,
    ReleaseAnswer,
    ReleaseMode,
    ReleaseState,
    ServedPrediction,
    Status,
)
from learning.selectors.release_outcomes import judged_by_feedback
from learning.services import files, retention
from learning.services.features import contents, encoder_versions
from learning.services.registry import promotion
from learning.services.release import decide, outcomes
from learning.services.release.start import start
from learning.services.release.sweep import sweep_releases
from learning.services.serving import loading
from tests.learning.people import answer_some, make_text_project, truth
from tests.learning.predictor import served_in_process
from tests.learning.test_predict import ROWS, URL

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
RELEASES = "/api/v1/projects/texts/releases/"


def build(manager):
    """The champion is model 1, the candidate model 2: the same file, without a run."""
    project = make_text_project(manager, n_pool=60, n_eval=20, slug="texts")
    answer_some(project, manager, 40)
    encoder = encoder_versions.encoder_for(project, 80)[0]
    features = encoder_versions.fitted(encoder).transform(contents.contents_at(project, range(80))[1])
    spam = np.array([truth(item)["label"] == "spam" for item in project.items.order_by("ordinal")], dtype=int)
    fitted = make_learner("logistic").fit(
        features, one_hot(spam, 2), kind="classification", rng=np.random.default_rng(0)
    )
    path, sha256 = files.store("learning/1/models", ".zip", fitted.dump())
    for number, status in ((1, Status.CHAMPION), (2, Status.CANDIDATE)):
        ModelVersion.objects.create(
            project=project, number=number, status=status, encoder=encoder.version, learner="logistic",
            labels=["ham", "spam"], trained_on=80, path=path, sha256=sha256, size_bytes=1,
        )  # fmt: skip


@pytest.fixture
def candidate(people, built_once, monkeypatch):
    built_once(lambda: build(people.manager))
    monkeypatch.setattr(loading, "FRESH_S", -1.0)
    return ModelVersion.objects.select_related("project").get(number=2)


@pytest.fixture
def predictor(candidate, monkeypatch):
    return served_in_process(monkeypatch)


def texts(n, first=0):
    return [{"text": f"see you at lunch word{number} word{number // 7}"} for number in range(first, first + n)]


def breaks(monkeypatch, number, say):
    """The speaker of a version answers by ``say(Said, features)``."""
    made = loading.Predictor.say

    def said(self, features):
        found = made(self, features)
        return say(found, features) if self.version.number == number else found

    monkeypatch.setattr(loading.Predictor, "say", said)


def nan(said, features):
    return SimpleNamespace(**{**vars(said), "probabilities": said.probabilities * np.nan})


def fails(said, features):
    raise ZeroDivisionError("broken")


def constant(said, features):
    one = said.probabilities[:1].repeat(len(features), axis=0) * 0 + np.float32(0.5)
    return SimpleNamespace(**{**vars(said), "probabilities": one})


def test_a_shadow_says_nothing_and_a_canary_answers_its_callers_always(candidate, predictor, api, people):
    manager, project = api(people.manager), candidate.project
    begun = manager.post(RELEASES, {"candidate": 2, "mode": "shadow", "reason": "newer"}, format="json")
    assert (begun.status_code, begun.json()["state"]) == (201, "running"), begun.content
    said = manager.post(URL, {"rows": ROWS}, format="json").json()
    assert {one["model"] for one in said if "model" in one} == {1}
    release = Release.objects.get()
    assert (release.predictions, release.alike, release.by_candidate, release.outliers.n) == (2, 2, 0, 0)
    kept = ReleaseAnswer.objects.order_by("pk").first()
    served = ServedPrediction.objects.get(pk=kept.pk)
    assert (kept.told, kept.silent, kept.content_hash) == (served.answer, served.answer, served.content_hash)
    assert release.candidate_ms > 0
    again = manager.post(RELEASES, {"candidate": 2, "mode": "ab", "reason": "newer"}, format="json")
    assert (again.status_code, "runs: end it first" in again.content.decode()) == (400, True)
    ended = manager.post(f"{RELEASES}1/roll-back/", {"reason": "seen enough"}, format="json")
    assert (ended.status_code, ended.json()["state"]) == (200, "rolled_back"), ended.content
    assert manager.post(f"{RELEASES}1/promote/", {"reason": "no"}, format="json").status_code == 400

    manager.post(RELEASES, {"candidate": 2, "mode": "ab", "share": 0.5, "reason": "newer"}, format="json")
    release = Release.objects.get(number=2)
    manager.post(URL, {"rows": ROWS[:1]}, format="json")  # nobody waits for the candidate to be loaded
    told = {}
    for _ in range(2):
        for number in range(6):
            (one,) = manager.post(f"{URL}?caller=c{number}", {"rows": ROWS[:1]}, format="json").json()
            assert told.setdefault(number, one["model"]) == one["model"], "the same caller, the same version"
    assert told == {n: 2 if in_candidate_arm(release.salt, f"caller c{n}", 0.5) else 1 for n in range(6)}
    release.refresh_from_db()
    assert (release.predictions, release.by_candidate) == (13, 2 * list(told.values()).count(2))
    (named,) = manager.post(f"{URL}?version=2", {"rows": ROWS[:1]}, format="json").json()
    assert (named["model"], ReleaseAnswer.objects.filter(release=release).count()) == (2, 13)
    assert 2 not in retention.droppable_models(project.pk).values_list("number", flat=True)

    promoted = manager.post(f"{RELEASES}2/promote/", {"reason": "it is as good"}, format="json").json()
    assert (promoted["state"], promoted["why"]) == ("promoted", "it is as good")
    assert ModelVersion.objects.filter(project=project).champion() == candidate
    assert set(Alert.objects.values_list("kind", flat=True)) == {"release_ended"}
    assert [event.action for event in AuditEvent.objects.filter(action__startswith="release.").order_by("pk")] == [
        "release.started", "release.rolled_back", "release.started", "release.promoted",
    ]  # fmt: skip
    assert manager.get(RELEASES).json()["results"][0]["error_rate"]["n"] == 0


@pytest.mark.parametrize("broken", [nan, fails, constant])
def test_a_broken_candidate_is_out_within_fifty_and_no_caller_notices(
    candidate, predictor, api, people, monkeypatch, broken
):
    breaks(monkeypatch, 2, broken)
    start(people.manager, candidate.project, 2, "try it", mode=ReleaseMode.CANARY, share=1.0)
    manager = api(people.manager)
    for number in range(0, 50, 5):
        asked = manager.post(URL, {"rows": texts(5, number)}, format="json")
        assert asked.status_code == 200, asked.content
        assert broken is constant or asked.json()[0]["model"] == 1, "the champion answers for it"
        release = Release.objects.get()
        if not release.is_running:
            break
    assert release.state == ReleaseState.ROLLED_BACK, (number, vars(release))
    assert release.predictions <= 50
    assert release.why
    assert manager.post(URL, {"rows": texts(1)}, format="json").json()[0]["model"] == 1
    assert ("release_ended", "error") in Alert.objects.values_list("kind", "severity")
    assert Decision.objects.filter(model_version=candidate, numbers__release=1).count() == 1


def test_the_page_begins_and_ends_releases_and_says_what_is_missing(candidate, people, client):
    page = "/p/texts/releases/"
    client.force_login(people.manager)
    assert 'name="candidate"' in client.get(page).content.decode()
    asked = {"candidate": "2", "mode": "canary", "share": "25", "reason": "newer"}
    for wrong in ({"share": "many"}, {"mode": "x"}, {"candidate": "7"}, {"candidate": "1"}, {"reason": " "},
                  {"latency_limit_ms": "0"}):  # fmt: skip
        client.post(page, asked | wrong)
        assert not Release.objects.exists(), wrong
    client.post(page, asked | {"promotes": "on", "latency_limit_ms": "12.5"})
    release = Release.objects.get()
    assert release.latency_limit_ms == 12.5
    assert (release.share, release.promotes, release.started_by) == (0.25, True, people.manager)
    course = [[n, 0.02, 0.02 - 1 / n, 0.02 + 1 / n] for n in range(2, 400)]
    Release.objects.update(errors_worse=20, errors_same=370, errors_better=10, course=course, predictions=5)
    shown = client.get(page).content.decode()
    assert "400 contents whose answer is known" in shown
    assert shown.count("<polyline") == 2
    assert "answers 75 % of callers" in " ".join(shown.split())
    client.post(page, {"release": "1", "reason": "seen enough"})
    assert Release.objects.get().state == ReleaseState.ROLLED_BACK
    assert "seen enough" in client.get(page).content.decode()
    ModelVersion.objects.filter(number=2).update(path="")
    assert "there is no other to release" in client.get(page).content.decode()


def test_a_slow_candidate_is_out_and_a_new_champion_overtakes(candidate, predictor, api, people, monkeypatch):
    clock = iter(np.arange(1e6))
    start(people.manager, candidate.project, 2, "try it", latency_limit_ms=500.0)
    monkeypatch.setattr("learning.services.release.serving.time.perf_counter", lambda: float(next(clock)))
    for number in range(8):
        api(people.manager).post(URL, {"rows": texts(1, number)}, format="json")
    assert "slow" in Release.objects.get().why
    start(people.manager, candidate.project, 2, "again")
    promotion.promote(people.manager, candidate, "by hand")
    ended = Release.objects.get(number=2)
    assert (ended.state, ended.why) == (ReleaseState.OVERTAKEN, "Model 2 is the champion now.")


def test_people_s_answers_count_once_and_a_proven_loss_or_gain_ends_it(candidate, predictor, api, people, monkeypatch):
    """The candidate says the other label; only items that nobody had answered before judge it."""
    project, manager = candidate.project, api(people.manager)

    def turned(said, features):
        names = [answer["label"] for answer in said.answers]
        other = [{"ham": "spam", "spam": "ham"}[name] for name in names]
        return SimpleNamespace(
            probabilities=said.probabilities[:, ::-1], sure=said.sure,
            answers=[{"label": name} for name in other], stored=[f'{{"label":"{name}"}}' for name in other],
        )  # fmt: skip

    breaks(monkeypatch, 2, turned)
    monkeypatch.setattr("learning.core.release.watch.MOST_CONTRADICTED", 10_000)
    answered = set(Annotation.objects.values_list("item", flat=True))
    release = start(people.manager, project, 2, "try it", mode=ReleaseMode.AB, share=0.5, promotes=True)
    rows = [{"text": item.text} for item in Item.objects.filter(project=project).order_by("ordinal")]
    for _ in range(2):
        manager.post(URL, {"rows": rows}, format="json")
    hashes = ReleaseAnswer.objects.order_by("pk").values_list("content_hash", flat=True)[: len(rows)]
    for ordinal, content_hash in enumerate(hashes):  # a factory's items have none of their own
        Item.objects.filter(project=project, ordinal=ordinal).update(content_hash=content_hash)
    assert sweep_releases() == {f"{project.pk}/1": 0}
    answer_some(project, people.manager, 20)
    new = Annotation.objects.filter(source=Source.HUMAN).exclude(item__in=answered).count()
    assert new > 10
    assert sweep_releases() == {f"{project.pk}/1": new}
    release.refresh_from_db()
    assert (release.state, release.errors.n) == (ReleaseState.ROLLED_BACK, new)
    assert release.errors_worse > release.errors_better
    assert "Proven worse" in release.why
    assert release.course[-1][0] == new
    assert sweep_releases() == {}


def test_a_gain_promotes_and_verdicts_on_what_was_told_are_held_against_each_other(candidate, predictor, people):
    project = candidate.project
    release = start(people.manager, project, 2, "try it", mode=ReleaseMode.AB, share=0.5, promotes=True)
    told = [
        ReleaseAnswer(
            id=n + 1, release=release, content_hash=f"{n}", by_candidate=n % 2 == 0, told={"label": "ham"},
            silent={"label": "spam" if n < 60 else "ham"},
        )
        for n in range(81)
    ]  # fmt: skip
    ReleaseAnswer.objects.bulk_create(told)
    ReleaseAnswer.objects.create(id=100, release=release, content_hash="3", by_candidate=True, told={"label": "ham"})
    PredictionFeedback.objects.bulk_create(
        PredictionFeedback(
            project=project, prediction=n + 1, content_hash=f"{n}", caller="a", predicted={"label": "ham"},
            form="right" if n % 3 else "label", positive=n % 2 == 0 if n % 3 else None,
            answer={"label": "ham" if n % 2 == 0 else "spam"},
        )
        for n in range(81)
    )  # fmt: skip
    assert outcomes.count(release, judged_by_feedback(release)) == 81
    assert outcomes.count(release, judged_by_feedback(release)) == 0, "each content once"
    release.refresh_from_db()
    assert (release.errors_worse, release.errors_same, release.errors_better) == (0, 10, 30)
    assert release.waiting == "."
    release.project = project
    release.candidate.prediction_cost = {"alone_ms": 9.0, "cpu_ms_per_1000": 90.0}
    release.candidate.project.prediction_limit_ms = 5.0
    assert not decide.by_proof(release), "slower than the project allows: only a person promotes it"
    release.candidate.project.prediction_limit_ms = 10.0
    assert decide.by_proof(release)
    assert ModelVersion.objects.filter(project=project).champion() == candidate
    release.refresh_from_db()
    assert (release.state, "Proven better" in release.why) == (ReleaseState.PROMOTED, True)
