"""Runs and models as pages and as fragments of the project page."""

import pytest

from labeling.models import Member, Role, Split
from labeling.services.validation.errors import Invalid
from learning.models import Alert, AlertKind, Decision, ModelVersion, Run, Status
from learning.pages import trust
from learning.pages.card import flat
from learning.pages.charts import POINTS_DRAWN, thinned
from learning.pages.models import VERSIONS_PER_PAGE
from learning.services.monitoring import alerts
from learning.services.pipeline.run import run_training
from learning.services.registry import promotion
from learning.services.runs.decide import decide
from tests.factories import make_items
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, make_pairwise_project
from tests.learning.people import answer_some, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def trained(project, people, built_once):
    built_once(lambda: train(project, people))
    project.refresh_from_db()
    return project


def train(project, people) -> None:
    every = texts(120)
    make_items(project, every[:90])
    make_items(project, every[90:], split=Split.EVAL)
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 30, Split.EVAL)
    run_training(decide(project.pk).pk)


def page(client, address: str, status: int = 200, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == status, address
    return response.content.decode()


FRAGMENTS = ("curve", "runs", "model")


def test_everything_says_what_happens_next_before_the_first_model(browser_of, people, project):
    make_items(project, texts(5))
    client = browser_of(people.manager)
    for address in ("runs/", "models/", *(f"fragments/{name}/" for name in FRAGMENTS)):
        assert "20 answers until the first model: 0 so far." in page(client, f"/p/sms/{address}")


def test_pages_show_the_numbers_with_their_interval(browser_of, people, trained):
    client = browser_of(people.viewer)
    version = ModelVersion.objects.get()
    found = version.metrics["accuracy"]
    interval = f"{found['low']:.3f} to {found['high']:.3f}"
    assert interval in page(client, "/p/sms/models/")
    detail = page(client, f"/p/sms/models/{version.number}/")
    assert interval in detail
    assert "Always the same" in detail
    assert "Better than always the same answer" in detail
    assert version.sha256 in detail
    assert "may rank provisionally" in page(client, "/p/sms/runs/")
    curve = page(client, "/p/sms/fragments/curve/")
    assert "<svg" in curve
    assert interval in curve
    assert "provisional" in page(client, "/p/sms/fragments/model/")


def test_a_run_polls_until_it_is_done_and_no_longer(browser_of, people, trained):
    client = browser_of(people.manager)
    done = Run.objects.get()
    assert "hx-trigger" not in page(client, f"/p/sms/runs/{done.public_id}/")
    waiting = Run.objects.create(project=trained, trigger="manual")
    shown = page(client, f"/p/sms/runs/{waiting.public_id}/", **{"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in shown
    assert "<html" not in shown
    assert 'hx-trigger="every 2s"' in page(client, "/p/sms/runs/")
    client.post(f"/p/sms/runs/{waiting.public_id}/")
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


def test_a_manager_asks_for_a_run_and_is_told_when_it_would_change_nothing(browser_of, people, trained):
    client = browser_of(people.manager)
    response = client.post("/p/sms/runs/", follow=True)
    assert "No run: nothing is new since the last run" in response.content.decode()


def test_nothing_changes_without_the_permission(browser_of, people, trained):
    viewer = browser_of(people.viewer)
    run = Run.objects.get()
    for address in ("runs/", f"runs/{run.public_id}/", "models/", "models/1/"):
        assert viewer.post(f"/p/sms/{address}", {"reason": "x"}).status_code == 403
        assert browser_of(people.stranger).get(f"/p/sms/{address}").status_code == 404
        assert browser_of(people.annotator).get(f"/p/sms/{address}").status_code == 403
    for name in FRAGMENTS:
        assert browser_of(people.annotator).get(f"/p/sms/fragments/{name}/").status_code == 403


def test_no_page_needs_an_inline_script_or_style(browser_of, people, trained):
    client = browser_of(people.manager)
    run = Run.objects.get()
    for address in ("runs/", f"runs/{run.public_id}/", "models/", "models/1/"):
        html = page(client, f"/p/sms/{address}")
        assert "style=" not in html
        assert "<script>" not in html


CHECK_WORDS = {
    "beats_baseline": ("Better than always the same answer", "p below .001", "p at most .025"),
    "not_below_nearest_centroid": ("No worse than nearest centroid", "−2.5 points", "at least 0"),
    "more_right": ("Right on more items than the champion", "−0.4 points", "above 0"),
    "calibration": ("As honest about how sure it is", "−0.015", "at most +0.05"),
    "latency": ("Fast enough", "1.1 ms", "at most 50 ms"),
    "size": ("Small enough", "3.00 MB", "at most 64 MB"),
    "enough_held_out": ("Measured on enough eval answers", "270", "at least 200"),
    "added_later": ("Added later", "0.5", "0.1"),
}
CHECKS = [
    {"name": name, "passed": not name.startswith(("more", "not")), "value": value, "limit": limit, "detail": ""}
    for name, value, limit in (
        ("beats_baseline", 3e-11, 0.025), ("not_below_nearest_centroid", -0.025, 0.0), ("more_right", -0.0037, 0.0),
        ("calibration", -0.0152, 0.05),
        ("latency", 1.09, 50.0), ("size", 3145915, 67108864.0), ("enough_held_out", 270.0, 200.0),
        ("added_later", 0.5, 0.1),
    )
]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check["name"])
def test_a_check_has_plain_words_and_units(check):
    row = trust.check_row(check)
    assert (row.title, row.value, row.limit) == CHECK_WORDS[check["name"]]
    assert row.passed == check["passed"]


def test_what_the_rival_loses_more_is_told_as_what_this_version_loses_less():
    paired = {"n": 270, "only_candidate": 2, "only_champion": 1, "difference": 0.004, "low": -0.01, "high": 0.02}
    loss = {"n": 270, "difference": 0.02, "low": -0.01, "high": 0.05, "p_better": 0.03, "p_worse": 0.97}
    found = trust.beside({"against_champion": paired, "loss": loss})
    assert (found["rival"], found["difference"], found["interval"]) == ("the champion", "+0.4", "−1.0 to +2.0")
    assert (found["loss"]["difference"], found["loss"]["interval"]) == ("−0.0200", "−0.0500 to +0.0100")
    assert trust.beside({"n_eval": 3, "against_champion": None}) is None


def test_numbers_of_a_decision_are_lines_without_the_checks():
    numbers = {"n_eval": 9, "checks": [{}], "loss": None, "limits": {"margin": -0.01}, "may_rank": True}
    assert flat(numbers) == [("n eval", "9"), ("limits: margin", "−0.01"), ("may rank", "yes")]


PARTS = {
    "what the gate found": 'id="gate"', "beside": 'id="beside"', "people": 'id="ceiling"', "uses": 'id="uses"',
    "leaks": 'id="leaks"', "data tests": 'id="data-tests"', "learners": 'id="learners"', "again": 'id="again"',
    "outliers": 'id="outliers"', "outlier areas": "0.5 is a coin", "by label": 'id="labels"',
    "confusion": 'id="confusion"', "reliability": 'id="reliability"',
}  # fmt: skip
COMMAND = "python manage.py repeat_run"


def complete(version: ModelVersion) -> None:
    """Gives a version everything that a page can show."""
    version.report |= {
        "human_ceiling": {"value": 0.957, "low": 0.86, "high": 0.99, "n": 47},
        "leaks": {"hash": 0, "near": 3, "group": 0, "n_eval": 40, "n_pool": 90},
    }
    estimate = {"value": 0.912, "low": 0.8, "high": 1.0, "n": 2}
    version.report["outliers"] |= {
        "found": estimate, "areas": {"margin": {"mean": 0.61, "worst": 0.4}},
        "labels": [{"label": 0, "area": 0.9, "found": 0.87}],
    }  # fmt: skip
    version.report["learner"] |= {"loss_by_learner": {"linear_svm": 0.31, version.learner: 0.28}}
    version.save()
    paired = {"n": 30, "only_candidate": 2, "only_champion": 1, "difference": 0.03, "low": -0.01, "high": 0.08}
    decision = version.decisions.get()
    decision.numbers |= {"checks": CHECKS, "against_champion": paired}
    decision.eval_sha256, decision.n_eval = version.eval_sha256, version.n_eval
    decision.save()


def test_every_part_is_there_when_it_is_known(browser_of, people, trained):
    version = ModelVersion.objects.get()
    complete(version)
    shown = page(browser_of(people.manager), f"/p/sms/models/{version.number}/")
    assert [name for name, mark in PARTS.items() if mark not in shown] == []
    assert f"{COMMAND} {version.run.public_id}" in shown
    assert "Two people gave the same answer to 0.957" in shown
    assert "3 almost the same" in shown
    assert "in 100 of what it knows and 91 in 100 of what it does not." in shown
    assert "Hardest to find:" in shown
    assert "It passed 6 of 8 checks" in shown
    assert "not verified" in shown
    assert version.run.environment["code"]["version"] in shown
    card = page(browser_of(people.manager), "/p/sms/fragments/model/")
    assert "One person with another" in card
    assert "0.957" in card


def test_the_sixth_use_of_an_eval_set_is_warned_of(browser_of, people, trained):
    version = ModelVersion.objects.get()
    own = version.decisions.get()
    address = f"/p/sms/models/{version.number}/"
    first = page(browser_of(people.viewer), address)
    assert "have decided" not in first
    assert "Below 200 eval answers nothing is promoted by it." in first
    for _ in range(5):
        fields = {"before": "retired", "after": "retired", "reason": "x", "n_eval": version.n_eval}
        Decision.objects.create(project=trained, model_version=version, eval_sha256=version.eval_sha256, **fields)
    # the first verdict was none; that of the next version is the sixth
    last = {name: getattr(own, name) for name in ("before", "after", "reason", "numbers")}
    last |= {"eval_sha256": version.eval_sha256, "n_eval": version.n_eval}
    newer = ModelVersion.objects.create(
        project=trained, number=2, encoder="e", learner="l", strategy="s", trained_on=50, status="retired",
        eval_sha256=version.eval_sha256, n_eval=version.n_eval,
    )  # fmt: skip
    Decision.objects.create(project=trained, model_version=newer, **last)
    assert "have decided 6 times" in page(browser_of(people.viewer), "/p/sms/models/2/")


def test_a_version_that_knows_nothing_about_itself_still_has_a_page(browser_of, people, trained):
    bare = ModelVersion.objects.create(
        project=trained, number=2, encoder="e", learner="l", strategy="s", trained_on=0, status="retired"
    )
    client = browser_of(people.manager)
    shown = page(client, f"/p/sms/models/{bare.number}/")
    assert [name for name, mark in PARTS.items() if mark in shown] == []
    assert COMMAND not in shown
    assert "nothing is known about how good it is" in shown
    assert "not measured" in page(client, "/p/sms/models/")
    ModelVersion.objects.filter(number=1).update(report={"human_ceiling": None, "leaks": None}, run=None)
    page(client, "/p/sms/models/1/")
    page(client, "/p/sms/fragments/model/")


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "x" * 2_000, "\u202eمرحبا بالعالم", "a\nb\t", "{{ x }} {% y %}", "&amp;'\""],
)
def test_odd_names_of_labels_break_nothing(browser_of, people, trained, name):
    ModelVersion.objects.update(labels=[name, "ham"])
    shown = page(browser_of(people.manager), "/p/sms/models/1/")
    assert "<script>alert" not in shown
    assert "<bdi>" in shown


def test_the_list_says_which_one_ranks_and_is_paged(browser_of, people, trained):
    ModelVersion.objects.bulk_create(
        ModelVersion(
            project=trained, number=number, encoder="e", learner="l", strategy="s", trained_on=number, status="retired"
        )
        for number in range(2, VERSIONS_PER_PAGE + 2)
    )
    ModelVersion.objects.filter(number=2).update(status="champion", verified=True, n_eval=200)
    client = browser_of(people.viewer)
    first, second = page(client, "/p/sms/models/"), page(client, "/p/sms/models/?page=2")
    assert f"Model {VERSIONS_PER_PAGE + 1}<" in first
    assert '/models/1/">Model 1<' not in first
    assert "verified" in first
    assert ">ranks<" not in first  # the champion is not the version in use: model 1 is newer in use
    assert "Model 1<" in second
    assert ">ranks<" in second


def test_the_list_tells_the_decisions_refused_ones_too(browser_of, people, trained):
    version = ModelVersion.objects.get()
    fields = {"project": trained, "before": Status.CANDIDATE}
    refused = ModelVersion.objects.create(
        project=trained, number=2, status=Status.REJECTED, trained_on=45, learner="svm"
    )
    Decision.objects.create(model_version=refused, after=Status.REJECTED, reason="Clearly worse.", **fields)
    Decision.objects.create(
        project=trained, model_version=version, before=Status.CHAMPION, after=Status.RETIRED, reason="Replaced by it."
    )
    Decision.objects.create(
        model_version=refused, after=Status.CHAMPION, reason="I know better.", decided_by=people.manager, **fields
    )
    words = page(browser_of(people.reviewer), "/p/sms/models/")
    assert words.index("I know better.") < words.index("Clearly worse.") < words.index("It may rank")
    assert "UTC, manager" in words
    assert "Replaced by it." not in words
    last = page(browser_of(people.viewer), "/p/sms/models/?page=2")
    assert ("Clearly worse." in last) == (ModelVersion.objects.count() <= VERSIONS_PER_PAGE)


def test_a_damaged_version_does_not_claim_to_rank(browser_of, people, trained):
    version, client = ModelVersion.objects.get(), browser_of(people.manager)
    assert "It ranks the questions" in page(client, "/p/sms/models/1/")
    alerts.raise_alert(trained, AlertKind.MODEL_DAMAGED, "The file is damaged.", subject=str(version))
    for address in ("models/1/", "fragments/model/"):
        assert "Its file is damaged" in page(client, f"/p/sms/{address}")
    assert ">ranks<" not in page(client, "/p/sms/models/1/")
    client.post(f"/p/sms/alerts/{Alert.objects.get().pk}/")
    assert ">ranks<" in page(client, "/p/sms/models/1/")


def test_the_way_back_past_a_damaged_champion_is_offered(browser_of, people, trained, monkeypatch):
    """Under stress: one click tells what is wrong and offers the next whole one, with the reason still there."""

    def damaged(version):
        if version.number == 2:
            raise Invalid("status", "The file of model 2 is damaged: it is missing.")

    monkeypatch.setattr("learning.services.registry.promotion._check_file", damaged)
    client, address = browser_of(people.manager), "/p/sms/models/"
    promotion.settle(ModelVersion.objects.get(), Status.CHAMPION, "first", {})
    for number in (2, 3):
        version = ModelVersion.objects.create(
            project=trained, number=number, encoder="e", learner="l", strategy="s", trained_on=number
        )
        promotion.settle(version, Status.CHAMPION, "better", {})
    before = page(client, address)
    assert "Go back to model 2" in before
    assert 'name="to" value="2"' in before
    shown = client.post(address, {"reason": "it calls all spam", "to": "2"}).content.decode()
    assert "The newest champion before it whose file is whole is model 1." in shown
    assert '<details class="confirm" id="back" open>' in shown
    assert "Go back to model 1" in shown
    assert 'value="it calls all spam"' in shown
    assert ModelVersion.objects.get(status=Status.CHAMPION).number == 3
    done = client.post(address, {"reason": "it calls all spam", "to": "1"}, follow=True).content.decode()
    assert "Model 1 is the champion again" in done
    assert ModelVersion.objects.get(status=Status.CHAMPION).number == 1
    assert "no champion before" in client.post(address, {"reason": "x", "to": "3"}, follow=True).content.decode()


def test_a_long_curve_is_thinned_but_keeps_its_ends():
    points = [{"labels": number} for number in range(1_000)]
    drawn = thinned(points)
    assert len(drawn) == POINTS_DRAWN
    assert (drawn[0], drawn[-1]) == (points[0], points[-1])
    assert thinned(points[:5]) == points[:5]


def test_models_of_pairs_have_their_own_measures(browser_of, people):
    project = make_pairwise_project(people.manager, "real", eval_share=0.3)
    Member.objects.get_or_create(project=project, user=people.viewer, role=Role.VIEWER)
    bring(project, people.manager, item_rows(contexts=4, items=7))
    bring(project, people.manager, judgments(0, 240, {"ann": honest, "bob": honest}, contexts=4, items=7))
    run_training(decide(project.pk).pk)
    version = ModelVersion.objects.get(project=project)
    assert "accuracy" in version.metrics
    client = browser_of(people.viewer)
    shown = page(client, f"/p/real/models/{version.number}/")
    assert "held-out pairs" in shown
    assert PARTS["what the gate found"] in shown
    assert "A coin" in shown
    assert PARTS["confusion"] not in shown
    assert "a second person is asked" not in shown
    page(client, "/p/real/models/")
    assert "held-out pairs" in page(client, "/p/real/fragments/model/")
