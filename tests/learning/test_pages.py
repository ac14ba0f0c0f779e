"""Runs and models as pages and as fragments of the project page."""

import pytest

from labeling.models import Split
from learning.models import ModelVersion, Run
from learning.services.decide import decide
from learning.services.training import run_training
from tests.factories import make_items
from tests.learning.people import answer_some, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.wake.wake", lambda job, *args: True)


@pytest.fixture
def trained(project, people):
    every = texts(120)
    make_items(project, every[:90])
    make_items(project, every[90:], split=Split.EVAL)
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 30, Split.EVAL)
    run_training(decide(project.pk).pk)
    return project


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
