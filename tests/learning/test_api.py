"""Runs, models and the queue over REST, and who may."""

import pytest

from labeling.models import JobState, Split
from labeling.services.validation.errors import Invalid
from learning.models import Decision, ModelVersion, Run, Status
from learning.services.pipeline.run import run_training
from learning.services.registry import model_files
from tests.factories import make_items
from tests.learning.people import answer_some, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def messages(monkeypatch):
    """What would have been sent to the broker."""
    sent = []
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: sent.append((job, *args)) or True)
    return sent


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


@pytest.fixture
def answered(project, people):
    every = texts(120)
    make_items(project, every[:90])
    make_items(project, every[90:], split=Split.EVAL)
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 30, Split.EVAL)
    return project


def start(api, people, project, commits):
    with commits(execute=True):
        return api(people.manager).post(f"/api/v1/projects/{project.slug}/runs/")


def test_a_run_is_asked_for_done_and_read(api, people, answered, messages, commits, settings):
    response = start(api, people, answered, commits)
    assert response.status_code == 202
    assert response.json()["state"] == "queued"
    run = Run.objects.get()
    assert messages == [("learning.run_training", run.pk)]
    settings.PREDICTION_COST_MS = 1
    run_training(run.pk)
    shown = api(people.viewer).get(f"/api/v1/runs/{response.json()['id']}/").json()
    assert (shown["state"], shown["trigger"]) == ("done", "manual")
    names = [step["name"] for step in shown["steps"]]
    learned = ["fit", "calibrate", "evaluate", "artifact", "cost", "gate"]
    assert names == ["freeze", "features", "data tests", *learned, "rank", "publish", "suspected errors"]
    model = api(people.viewer).get(f"/api/v1/models/{shown['model']}/").json()
    assert (model["status"], model["ranks"], model["verified"]) == ("provisional", True, False)
    assert {check["name"]: check["passed"] for check in model["gate"]["checks"]} == {
        "beats_baseline": True, "not_below_nearest_centroid": True, "enough_held_out": False,
    }  # fmt: skip
    against = model["gate"]["numbers"]["against_baselines"]["nearest_centroid"]
    assert (against["n"], against["difference"] >= 0) == (30, True)
    assert model["eval_uses"] == {
        "same": 0, "overlapping": 0, "project": 0, "lucky_win_at_most": 0.0, "warning": "",
    }, "30 eval answers promote nobody"  # fmt: skip
    assert (model["n_eval"], model["human_ceiling"]) == (30, None)
    assert model["leaks"] == {"hash": 0, "near": 0, "group": 0, "n_eval": 30, "n_pool": 90}
    assert model["latency_ms"] > 0
    cost = model["prediction_cost"]
    assert 0 < cost["alone_ms"] <= cost["alone_p95_ms"]
    assert 0 < cost["cpu_ms_per_1000"] < 1_000 * cost["alone_p95_ms"] * 10
    assert cost["memory_bytes"] > cost["model_bytes"] + cost["encoder_bytes"] > 0
    assert cost["words"] == next(step["note"] for step in shown["steps"] if step["name"] == "cost")
    outliers = model["outliers"]
    assert (outliers["detector"], outliers["rows"], outliers["asked"]) == ("relative_mahalanobis", 45, 0.05)
    assert outliers["in_short"].endswith("how much of the unknown it finds cannot be said yet."), "of two labels"
    assert (outliers["false_flags"]["n"], outliers["on_eval"]["n"], outliers["found"]) == (45, 30, None)
    detector = model_files.load_model(ModelVersion.objects.get(pk=model["id"])).outlier_detector
    assert (detector.name, detector.threshold) == (outliers["detector"], outliers["threshold"])
    assert set(model["metrics"]["accuracy"]) == {"value", "low", "high", "n", "note"}
    assert set(model["baselines"]["majority"]["accuracy"]) == {"value", "low", "high", "n", "note"}
    assert model["decisions"][0]["numbers"]["n_eval"] == 30
    queue = api(people.manager).get(f"/api/v1/projects/{answered.slug}/queue/").json()
    assert (queue["epoch"], queue["model"], len(queue["entries"])) == (1, 1, 45)
    assert set(queue["entries"][0]) == {"item", "utility", "reason", "propensity"}
    curve = api(people.viewer).get(f"/api/v1/projects/{answered.slug}/metrics/").json()["learning_curve"]
    assert [(point["labels"], point["arm"]) for point in curve] == [(45, "active")]


def test_asking_again_with_nothing_new_is_skipped_with_the_reason(api, people, answered, commits):
    start(api, people, answered, commits)
    run_training(Run.objects.get().pk)
    again = start(api, people, answered, commits).json()
    assert again["state"] == "skipped"
    assert "nothing is new" in again["reason"]


def test_asking_twice_gives_the_queued_run_back(api, people, answered, commits):
    first = start(api, people, answered, commits).json()
    assert start(api, people, answered, commits).json()["id"] == first["id"]


def test_a_cancelled_run_stays_cancelled(api, people, answered, commits):
    run = start(api, people, answered, commits).json()
    response = api(people.manager).post(f"/api/v1/runs/{run['id']}/cancel/")
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    run_training(Run.objects.get().pk)
    assert Run.objects.get().state == JobState.CANCELLED
    assert api(people.manager).post(f"/api/v1/runs/{run['id']}/cancel/").status_code == 400


def test_promotion_and_rollback_say_why(api, people, project, messages, commits, monkeypatch):
    monkeypatch.setattr("learning.services.registry.promotion._check_file", lambda version: None)
    made = [
        ModelVersion.objects.create(project=project, number=number, status=status, encoder="e", trained_on=number)
        for number, status in ((1, Status.CHAMPION), (2, Status.REJECTED))
    ]
    Decision.objects.create(project=project, model_version=made[0], before="candidate", after="champion", reason="r")
    client = api(people.manager)
    assert client.post(f"/api/v1/models/{made[1].pk}/promote/", {"reason": " "}).status_code == 400
    with commits(execute=True):
        promoted = client.post(f"/api/v1/models/{made[1].pk}/promote/", {"reason": "it is right on the rare label"})
    now = promoted.json()
    assert (now["status"], now["verified"], now["ranks"], now["gate"]) == ("champion", False, True, None)
    assert promoted.json()["decisions"][0]["decided_by"] == "manager"
    assert ("learning.rank", project.pk) in messages
    assert ModelVersion.objects.get(number=1).status == Status.RETIRED
    back = client.post(f"/api/v1/projects/{project.slug}/rollback/", {"reason": "it was not"}).json()
    assert (back["number"], back["status"]) == (1, "champion")
    assert client.post(f"/api/v1/projects/{project.slug}/rollback/", {"reason": "further"}).status_code == 400


def test_a_rollback_to_a_damaged_model_says_where_to_go_and_goes_there_when_told(api, people, project, monkeypatch):
    def damaged(version):
        if version.number == 2:
            raise Invalid("status", "The file of model 2 is damaged: it is missing.")

    monkeypatch.setattr("learning.services.registry.promotion._check_file", damaged)
    for number, status in ((1, Status.RETIRED), (2, Status.RETIRED), (3, Status.CHAMPION)):
        made = ModelVersion.objects.create(project=project, number=number, status=status, encoder="e", trained_on=9)
        Decision.objects.create(project=project, model_version=made, before="candidate", after="champion", reason="r")
    client, address = api(people.manager), f"/api/v1/projects/{project.slug}/rollback/"
    refused = client.post(address, {"reason": "it fails"})
    assert (refused.status_code, refused.json()) == (400, {"status": [
        "The file of model 2 is damaged: it is missing. The newest champion before it whose file is whole is model 1."
        ' Send "to": 1 to go back to it.'
    ]})  # fmt: skip
    wrong = client.post(address, {"reason": "it fails", "to": 7})
    assert (wrong.status_code, list(wrong.json())) == (400, ["to"])
    assert ModelVersion.objects.get(status=Status.CHAMPION).number == 3
    back = client.post(address, {"reason": "it fails", "to": 1})
    assert (back.status_code, back.json()["number"], back.json()["status"]) == (200, 1, "champion")
    assert [alert["subject"] for alert in client.get(f"/api/v1/projects/{project.slug}/alerts/").json()["results"]] == [
        "model 2"
    ]


READ = ["runs/", "models/"]
WRITE = ["runs/", "rollback/"]


@pytest.mark.parametrize("person", ["viewer", "reviewer", "manager", "annotator", "stranger"])
def test_who_may(api, people, project, person):
    client = api(getattr(people, person))
    allowed = 404 if person == "stranger" else 403
    for address in READ:
        expected = 200 if person in {"viewer", "reviewer", "manager"} else allowed
        assert client.get(f"/api/v1/projects/{project.slug}/{address}").status_code == expected
    assert client.get(f"/api/v1/projects/{project.slug}/queue/").status_code == (
        200 if person == "manager" else allowed
    )
    for address in WRITE:
        status = client.post(f"/api/v1/projects/{project.slug}/{address}", {"reason": "x"}).status_code
        assert status in ({202, 400} if person == "manager" else {allowed})


@pytest.mark.parametrize("person", ["viewer", "annotator", "stranger"])
def test_who_may_touch_one_run_and_model(api, people, project, person):
    run = Run.objects.create(project=project, trigger="manual")
    version = ModelVersion.objects.create(project=project, number=1, encoder="e", trained_on=1)
    client = api(getattr(people, person))
    refused = {"viewer": 403, "annotator": 403, "stranger": 404}[person]
    read = 200 if person == "viewer" else refused
    assert client.get(f"/api/v1/runs/{run.public_id}/").status_code == read
    assert client.get(f"/api/v1/models/{version.pk}/").status_code == read
    assert client.post(f"/api/v1/runs/{run.public_id}/cancel/").status_code == refused
    assert client.post(f"/api/v1/models/{version.pk}/promote/", {"reason": "x"}).status_code == refused


def test_who_resolved_an_alert_is_in_the_trail(project, people, api):
    from labeling.models import AuditEvent
    from learning.models import Alert

    alert = Alert.objects.create(project=project, kind="run_failed", message="fit: no memory")
    assert api(people.manager).post(f"/api/v1/alerts/{alert.pk}/resolve/").status_code == 200
    row = AuditEvent.objects.get()
    assert (row.action, row.user_name, row.project_slug) == ("alert.resolved", "manager", project.slug)
