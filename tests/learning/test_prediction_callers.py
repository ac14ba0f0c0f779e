"""Who may ask the model: limits that hold, a switch that stops one caller, and one alert for one who probes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import ApiToken, Project
from learning.models import Alert, PredictionCaller, ServedPrediction
from learning.models.served_prediction import first_id
from learning.services.monitoring.callers import sweep_callers
from learning.services.serving import guard
from tests.learning.test_predict import SPAM, URL, build, version  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CALLERS = "/api/v1/projects/texts/predictions/callers/"


@pytest.fixture
def program(version, api, people):  # noqa: F811
    token, key = ApiToken.issue(people.manager, "crawler", scopes="predict")
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client, token


def served(version, status, n, token=None, user=None):  # noqa: F811
    key = first_id()
    ServedPrediction.objects.bulk_create(
        ServedPrediction(
            id=key + number, project=version.project, model_version=version, token=token, asked_by=user,
            content_hash=str(number), status=status, created_at=timezone.now(),
        )
        for number in range(n)
    )  # fmt: skip


def test_a_caller_beyond_its_limit_is_told_when_and_others_are_answered(version, program, api, people, monkeypatch):  # noqa: F811
    client, _ = program
    Project.objects.update(predictions_a_minute=5, predictions_a_day=7)
    moment = timezone.now().replace(second=15, hour=12, minute=0)
    monkeypatch.setattr(guard.timezone, "now", lambda: moment)
    rows = [{"text": SPAM}] * 3
    too_many = client.post(URL, {"rows": rows * 2}, format="json")
    assert (too_many.status_code, "5 a minute" in too_many.json()["rows"][0]) == (400, True)
    assert client.post(URL, {"rows": rows}, format="json").status_code == 200
    refused = client.post(URL, {"rows": rows}, format="json")
    assert (refused.status_code, refused["Retry-After"], refused.json()["retry_after_s"]) == (429, "45", 45)
    assert client.post(URL, {"rows": rows[:2]}, format="json").status_code == 200
    assert api(people.manager).post(URL, {"rows": rows}, format="json").status_code == 200, "a limit of each"
    moment += timedelta(seconds=45)
    assert client.post(URL, {"rows": rows[:2]}, format="json").status_code == 200
    refused = client.post(URL, {"rows": rows[:1]}, format="json")
    assert (refused.status_code, refused["Retry-After"]) == (429, str(12 * 3600 - 60)), "the day is over then"
    assert ServedPrediction.objects.count() == 10
    one = PredictionCaller.objects.get(token__name="crawler")
    assert (one.in_minute, one.in_day) == (2, 7)
    moment += timedelta(days=1)
    assert client.post(URL, {"rows": rows}, format="json").status_code == 200


def test_one_who_probes_raises_one_alert_and_can_be_stopped(version, program, api, people, client):  # noqa: F811
    (asking, token), manager = program, api(people.manager)
    assert manager.get(CALLERS).json()["callers"] == []
    served(version, "outlier", 90, token)
    served(version, "ok", 10, token)
    served(version, "ok", 60, user=people.reviewer)
    served(version, "outlier", 10)  # of somebody who has been deleted
    for _ in range(2):
        sweep_callers()
    alert = Alert.objects.get()
    assert (alert.kind, alert.times, "90 of the last 100" in alert.message) == ("caller_probes", 1, True)
    alert.resolved_at = timezone.now()
    alert.save()
    sweep_callers()
    assert Alert.objects.count() == 1, "it was looked at"
    served(version, "outlier", 60, user=people.reviewer)
    sweep_callers()
    assert list(Alert.objects.open().values_list("kind", flat=True)) == ["many_outliers"]

    listed = manager.get(CALLERS).json()["callers"]
    assert [(one["predictions"], one["outliers"], one["token"]) for one in listed] == [
        (120, 60, None), (100, 90, token.prefix),
    ]  # fmt: skip
    stop = f"{CALLERS}{listed[1]['id']}/stop/"
    assert api(people.stranger).post(stop, {"reason": "no"}).status_code == 404
    assert manager.post(stop, {"reason": " "}).status_code == 400
    stopped = manager.post(stop, {"reason": "it asks nonsense"}).json()
    assert (stopped["stopped_by"], stopped["stopped_why"]) == (people.manager.username, "it asks nonsense")
    assert manager.post(stop, {"reason": "again"}).status_code == 400
    refused = asking.post(URL, {"rows": [{"text": SPAM}]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "stopped")
    assert "it asks nonsense" in refused.json()["detail"]
    assert manager.post(URL, {"rows": [{"text": SPAM}]}, format="json").status_code == 200
    assert manager.post(stop.replace("stop", "allow"), {"reason": "mended"}).json()["stopped_at"] is None

    client.force_login(people.manager)
    one = PredictionCaller.objects.get(token=token)
    for sent, words in (({"reason": "still"}, b"still"), ({"allow": "1"}, b'placeholder="why"')):
        page = client.post("/p/texts/callers/", {"caller": one.pk, **sent}, follow=True)
        assert (page.status_code, words in page.content, b"crawler" in page.content) == (200, True, True)
