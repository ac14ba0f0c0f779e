"""Statistics over all of a project: of a small one those of now, of a large one those of a worker, with their time."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from labeling.models import JobState, Snapshot, StoredReport
from labeling.services.exports.snapshots import run_snapshot, start_snapshot
from labeling.services.machines.manage import add_machine
from labeling.services.reports import base, stored
from labeling.services.reports.named import REPORTS
from labeling.services.reports.snapshots import write_about
from learning.services.reports import REPORTS as LEARNED
from tests.factories import UserFactory, make_answer, make_items, make_project
from tests.labeling.machines.test_members import by

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def crowd(people):
    """Three people and a machine about 24 items."""
    project = make_project(slug="sms", manager=people.manager, overlap=3)
    items = make_items(project, [f"text {n}" for n in range(24)], data={"n": 1})
    for turn, name in enumerate(("ann", "bob", "cas")):
        person = UserFactory(username=name)
        project.members.create(user=person, role="annotator")
        for n, item in enumerate(items):
            reason = "second_opinion" if turn == 1 and n < 12 else "random"
            make_answer(item, person, {"label": "spam" if n % (3 + turn) == 0 else "ham"}, reason=reason)
    _, key = add_machine(people.manager, project, name="judge", version="1")
    rows = [{"item": item.pk, "label": "ham", "probabilities": {"spam": 0.1, "ham": 0.9}} for item in items]
    assert by(key).post("/api/v1/projects/sms/predictions/import/", {"rows": rows}).json()["rejections"] == []
    return project


@pytest.fixture
def large(crowd, monkeypatch):
    """As if there were a million answers."""
    monkeypatch.setattr(base, "FEW_ANSWERS", -1)
    return crowd


def settle(row_of, seconds):
    """As if it had been made so long ago."""
    row_of.update(read_at=F("read_at") - timedelta(seconds=seconds))


def test_what_a_worker_keeps_is_what_would_be_made_at_once(crowd, people, monkeypatch):
    snapshot = start_snapshot(people.manager, crowd)
    run_snapshot(snapshot.pk)
    keys = {
        "export-rows": "rows=items&split=pool",
        **dict.fromkeys(("snapshot-schema", "snapshot-datasheet"), f"{snapshot.pk} done names"),
    }
    names = {**REPORTS, **LEARNED}
    of_now = {name: stored.told(crowd, name, keys.get(name, "")) for name in names}
    assert {found.read_at for found in of_now.values()} == {None}
    monkeypatch.setattr(base, "FEW_ANSWERS", -1)
    for name, now in of_now.items():
        key = keys.get(name, "")
        assert stored.told(crowd, name, key).is_counting, name
        assert stored.make_report(crowd.pk, name, key), name
        kept = stored.told(crowd, name, key)
        content = replace(kept.content, read_at=now.content.read_at) if name == "people" else kept.content
        assert (content, type(content)) == (now.content, type(now.content)), name
        assert kept.read_at == StoredReport.objects.get(name=name).read_at
    assert of_now["machines"].content[crowd.machines.get().versions.get().pk].card.agreement.n == 24
    assert asdict(of_now["second_opinions"].content)["contradicted"]["n"] == 12
    assert of_now["export-rows"].content == 24


def test_a_clock_that_was_put_back_keeps_no_report_from_being_made(large, monkeypatch):
    """What was noted by a clock that was a year ahead is no reason to wait for a year."""
    asked = []
    monkeypatch.setattr(stored, "enqueue_on_commit", lambda *job: asked.append(job))
    rows, ahead = StoredReport.objects.filter(name="agreement"), timezone.now() + timedelta(days=365)
    stored.told(large, "agreement")
    rows.update(asked_at=ahead)
    assert stored.told(large, "agreement").is_counting
    assert len(asked) == 2
    assert stored.make_report(large.pk, "agreement")
    rows.update(read_at=ahead, asked_at=None)
    stored.told(large, "agreement")
    assert len(asked) == 3
    assert stored.make_report(large.pk, "agreement")
    assert rows.get().read_at < ahead


def test_it_is_made_anew_where_there_is_news_and_no_sooner_than_it_is_dear(large, people, monkeypatch):
    asked = []
    monkeypatch.setattr(stored, "enqueue_on_commit", lambda *job: asked.append(job))
    for _ in range(3):
        assert stored.told(large, "agreement").is_counting
    assert asked == [("labeling.make_report", large.pk, "agreement", "")], "asked once, not by everybody who looks"
    assert stored.make_report(large.pk, "agreement") is True
    rows, before = StoredReport.objects.filter(name="agreement"), stored.told(large, "agreement")
    settle(rows, 30)
    stored.told(large, "agreement")
    assert (len(asked), stored.make_report(large.pk, "agreement")) == (1, False), "there is no news"
    make_answer(make_items(large, ["new"])[0], people.annotator, {"label": "ham"})
    rows.update(cost_s=10)
    stored.told(large, "agreement")
    assert len(asked) == 1, "ten seconds of work are worth two hundred of waiting"
    rows.update(cost_s=0.1)
    assert stored.told(large, "agreement").content == before.content
    assert len(asked) == 2
    assert stored.make_report(large.pk, "agreement") is True
    assert stored.told(large, "agreement").read_at > before.read_at
    settle(rows, 3_700)
    stored.told(large, "agreement")
    assert len(asked) == 3, "an old one is made anew, whatever the numbers say"
    monkeypatch.setattr(stored, "MOST_KEYS", 1)
    for key in ("rows=items", "rows=annotations"):
        stored.ask(large, "export-rows", key)
        assert stored.make_report(large.pk, "export-rows", key)
    assert list(StoredReport.objects.filter(name="export-rows").values_list("key", flat=True)) == ["rows=annotations"]
    assert stored.make_report(large.pk, "agreement", "nobody asked") is False


PAGES = ("agreement", "members/agreement", "fragments/alike", "members/people", "machines", "machines/{}", "export")


def test_pages_and_rest_say_that_it_is_counted_and_then_when_it_was(large, people, browser_of, api, monkeypatch):
    monkeypatch.setattr(stored, "LEAST_AGE_S", 3_000.0)
    browser, client = browser_of(people.manager), api(people.manager)
    pages = [f"/p/sms/{page}/".format(large.machines.get().pk) for page in PAGES]
    for page in pages:
        assert "being counted" in browser.get(page).content.decode().lower(), page
    assert client.get("/api/v1/projects/sms/people/").status_code == 409
    rest = {name: f"/api/v1/projects/sms/{name}/" for name in ("metrics", "people/alike", "machines")}
    assert client.get(rest["metrics"]).json()["as_of"] == {"agreement": None, "second_opinions": None}
    assert client.get(rest["metrics"]).json()["agreement"] == {}
    assert client.get(rest["people/alike"]).json()["counting"] is True
    assert client.get(rest["machines"]).json()["results"][0]["versions"][0]["predictions"] is None
    snapshot = start_snapshot(people.manager, large)
    parts = [f"/api/v1/snapshots/{snapshot.public_id}/{part}/" for part in ("schema", "datasheet")]
    assert [client.get(part).status_code for part in parts] == [409, 409]
    run_snapshot(snapshot.pk)
    assert Snapshot.objects.get().state == JobState.DONE
    write_about(snapshot.pk)
    assert [client.get(part).json()["detail"].partition(":")[2] for part in parts] == [" ask again in a moment."] * 2
    for row in StoredReport.objects.all():
        assert stored.make_report(large.pk, row.name, row.key)
    assert [client.get(part).status_code for part in parts] == [200, 200]
    for page in pages:
        text = browser.get(page).content.decode()
        assert ("Counted on" in text or "Read on" in text, "being counted" in text.lower()) == (True, False), page
    told = client.get(rest["metrics"]).json()
    assert {row["answers"] for row in client.get("/api/v1/projects/sms/people/").json()["results"]} == {0, 24}
    assert (told["agreement"]["items"], sorted(told["as_of"])) == (24, ["agreement", "second_opinions"])
    assert client.get(rest["people/alike"]).json()["counted_at"]
    (found,) = client.get(rest["machines"]).json()["results"]
    assert (found["versions"][0]["predictions"], bool(found["counted_at"])) == (24, True)
