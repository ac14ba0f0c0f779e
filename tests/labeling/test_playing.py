"""Simulated people answer a sample: the first part with mistakes, the rest with the true labels. Nothing else is."""

import json
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from labeling.extensions import NOTHING, installed
from labeling.models import Annotation, AuditEvent, Item, JobState, Member, Playback, Project, User
from labeling.services.projects.deletion import _stop
from labeling.services.samples import is_playable, play, run_playback, sample, stop_playback
from labeling.services.samples.play import SIMULATED, play_first_part, play_rest, simulated_answers
from labeling.services.validation.errors import Invalid
from tests.factories import make_items, make_project

N_ITEMS = 24


@pytest.fixture
def ada(db, tmp_path, monkeypatch) -> User:
    """A sample of few texts, which nobody has to watch being answered."""
    folder = tmp_path / "samples" / "few"
    folder.mkdir(parents=True)
    described = {
        "name": "Few", "slug": "sample-few", "kind": "classification", "modality": "text", "file": "items.csv",
        "labels": [{"name": "ham"}, {"name": "spam"}], "settings": {"retrain_every": 5, "eval_double_share": 0},
    }  # fmt: skip
    (folder / "project.json").write_text(json.dumps(described))
    (folder / "items.csv").write_text("id,text\n" + "".join(f"r{n},words of number {n}\n" for n in range(N_ITEMS)))
    labels = "".join(f"r{n},{'spam' if n % 3 else 'ham'}\n" for n in range(N_ITEMS - 1))  # of the last one nobody knows
    (folder / "true-labels.csv").write_text("id,label\n" + labels)
    people = [{"name": f"simulated-{name}", "wrong": 0.4, "seconds": [1, 2]} for name in ("one", "two")]
    said = {"answers": 10, "people": people, "mistaken_for": {"ham": ["spam"], "spam": ["ham"]}}
    (folder / "people.json").write_text(json.dumps(said))
    monkeypatch.setattr(sample, "FOLDER", tmp_path / "samples")
    monkeypatch.setattr("labeling.management.commands.load_samples.FOLDER", tmp_path / "samples")
    monkeypatch.setattr(play.time, "sleep", lambda _: None)
    monkeypatch.setattr(play, "enqueue", lambda *_: True)
    sample.read_sample.cache_clear()
    yield User.objects.create_superuser("ada", password="right")
    sample.read_sample.cache_clear()


def played(project: Project, turns: int = 12) -> Playback:
    newest = Playback.objects.filter(project=project).first()
    for _ in range(turns):
        run_playback(newest.pk)
    newest.refresh_from_db()
    return newest


def given(project: Project) -> list[tuple[str, str, str]]:
    rows = Annotation.objects.filter(project=project).order_by("pk").select_related("item", "annotator")
    return [(row.item.external_id, row.answer["label"], row.annotator.username) for row in rows]


def test_a_sample_is_played_and_says_so(ada, monkeypatch, browser_of):
    call_command("load_samples", user="ada", now=True, play=True, verbosity=0)
    project = Project.objects.get(slug="sample-few")
    first = Playback.objects.get(project=project)
    assert (first.is_live, first.total, first.state) == (False, 10, JobState.QUEUED)
    with pytest.raises(Invalid, match="answering already"):
        play_rest(ada, project)
    assert not installed().has_learned(project), "24 items have come, and no run has looked at them"
    assert played(project).done == 0, "no answer before what is due is learned"
    asked = []
    alone = replace(NOTHING, ask_for_map=lambda user, mapped: asked.append((user, mapped)))
    monkeypatch.setattr(play, "installed", lambda: alone)
    assert (played(project).state, given(project)[0][2]) == (JobState.DONE, "simulated-one")
    assert asked == [(ada, project)], "its map"
    once = given(project)
    truth = sample.read_sample("few").truth
    wrong = [label != truth[name] for name, label, _ in once]
    assert 9 <= len(once) <= 10
    assert 0 < sum(wrong) < 9
    assert {who for _, _, who in once} == {"simulated-one", "simulated-two"}
    assert set(Annotation.objects.values_list("ui_version", flat=True)) == {SIMULATED}
    assert not User.objects.filter(username__startswith="simulated-", is_active=True).exists()
    assert simulated_answers(project) == len(once)

    page = browser_of(ada)
    assert "Play the rest" in page.get("/p/sample-few/").content.decode()
    page.post("/p/sample-few/play/")
    under_way = page.get("/p/sample-few/play/?epoch=7", headers={"HX-Request": "true"})
    assert "learned" in under_way["HX-Trigger"]
    assert "Stop" in under_way.content.decode()
    page.post("/p/sample-few/play/", {"do": "stop"})
    assert played(project).state == JobState.CANCELLED
    assert len(given(project)) == len(once)
    assert not stop_playback(ada, project)
    assert page.get("/p/sample-few/play/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"

    page.post("/p/sample-few/play/")
    assert played(project).state == JobState.DONE
    rest = given(project)[len(once) :]
    assert len(rest) == N_ITEMS - 1 - len(once)
    assert all(label == truth[name] and who == "simulated-truth" for name, label, who in rest)
    assert Item.objects.get(external_id=f"r{N_ITEMS - 1}").answers == 0, "nobody knows the truth of it"
    actions = AuditEvent.objects.filter(action__startswith="sample.").values_list("action", flat=True)
    assert sorted(actions) == ["sample.played"] * 3 + ["sample.stopped"]


def test_the_same_sample_gets_the_same_answers(ada, monkeypatch):
    monkeypatch.setattr(play, "installed", lambda: NOTHING)
    found = []
    for _ in range(2):
        call_command("load_samples", user="ada", now=True, play=True, verbosity=0)
        project = Project.objects.get(slug="sample-few")
        played(project)
        found.append(given(project))
        Project.objects.filter(pk=project.pk).update(slug=f"former-{project.pk}")
        assert not is_playable(Project.objects.get(pk=project.pk)), "no sample by another name"
    assert found[0] == found[1]


def test_no_worker_waits_for_the_pace_of_a_project(ada, monkeypatch):
    """Neither by sleeping nor by turns that follow one another: the row says when it is to be tried again."""
    monkeypatch.setattr(play, "installed", lambda: NOTHING)
    slept, told = [], []
    monkeypatch.setattr(play.time, "sleep", slept.append)
    monkeypatch.setattr(play, "enqueue", lambda *job: told.append(job))
    call_command("load_samples", user="ada", now=True, play=True, verbosity=0)
    project = Project.objects.get(slug="sample-few")
    Project.objects.filter(pk=project.pk).update(answers_a_minute=3)
    first = Playback.objects.get(project=project)

    def left_at(pk: int) -> tuple[str, int, int]:
        run_playback(pk)
        found = Playback.objects.get(pk=pk)
        assert not Playback.objects.filter(pk=pk).waiting().exists() or found.retry_at is None
        waits = round((found.retry_at - found.created_at).total_seconds()) if found.retry_at else 0
        return found.state, found.done, waits

    assert left_at(first.pk)[:2] == (JobState.QUEUED, 3), "three at once"
    state, done, waits = left_at(first.pk)
    assert (state, done, len(given(project))) == (JobState.QUEUED, 3, 3)
    assert 15 <= waits <= 30
    Member.objects.filter(project=project).update(pace_free_at=None)
    assert left_at(first.pk)[:2] == (JobState.QUEUED, 6)
    stop_playback(ada, project)
    assert left_at(play_rest(ada, project).pk)[:2] == (JobState.QUEUED, 3)
    _stop(project.pk)
    assert Playback.objects.filter(project=project).first().state == JobState.CANCELLED, (
        "nobody answers what is deleted"
    )
    assert sum(slept) < 1
    assert len(told) == 2, "of turns in which somebody answered"


def test_only_a_sample_is_played(ada, people):
    project = make_project(slug="sample-few", manager=people.manager)
    make_items(project, ["its name is a sample's, its items are not"])
    assert not is_playable(project)
    with pytest.raises(Invalid, match="Only a sample"):
        play_rest(people.manager, project)
    Member.objects.create(project=project, user=people.reviewer, role="reviewer")
    for refused in (play_rest, stop_playback):
        with pytest.raises(PermissionDenied):
            refused(people.reviewer, project)
    User.objects.create_user("simulated-truth")
    with pytest.raises(Invalid, match="somebody’s"):
        play._account(project, "simulated-truth")
    assert not Member.objects.filter(user__username="simulated-truth").exists()
    assert play_first_part(project, sample.Sample("few", "", {}, [], {}, 0), None) is None
