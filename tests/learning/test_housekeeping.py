"""Housekeeping: what it lets go, what it keeps, and what pages and REST say about a model without its file."""

import os
import time
from datetime import timedelta

import pytest
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from labeling.models import AuditEvent, Backup, Housekeeping, ImportBatch, ImportRejection, JobState, Split
from labeling.services.files import storage
from labeling.services.housekeeping import run_housekeeping, start_housekeeping, would_free
from labeling.services.validation.errors import Invalid
from learning.models import Alert, Decision, EncoderVersion, ModelVersion, Run, Status
from learning.services import files, retention
from learning.services.pipeline.run import run_training
from learning.services.registry import model_files, promotion
from learning.services.runs import control
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


def age(name: str, days: float = 2) -> None:
    """Makes a file look as if nobody had touched it for so long."""
    path, then = storage.local_path(name), time.time() - days * 86_400
    os.utime(path, (then, then))


def keep_house() -> Housekeeping:
    done = start_housekeeping()
    run_housekeeping(done.pk)
    done.refresh_from_db()
    assert done.state == JobState.DONE, done.error
    return done


def make_version(project, number: int, status=Status.RETIRED, encoder: str = "", **fields) -> ModelVersion:
    """With a file of its own, and of its own encoder."""
    encoder = encoder or f"tfidf:{number}"
    if not EncoderVersion.objects.filter(project=project, version=encoder).exists():
        path, sha256 = files.store(f"learning/{project.pk}/encoders", ".zip", f"encoder {encoder}".encode() * 100)
        EncoderVersion.objects.create(project=project, version=encoder, dimension=2, path=path, sha256=sha256)
    path, sha256 = files.store(f"learning/{project.pk}/models", ".zip", f"model {number}".encode() * 50)
    return ModelVersion.objects.create(
        project=project, number=number, status=status, encoder=encoder, learner="logistic", trained_on=number,
        path=path, sha256=sha256, size_bytes=default_storage.size(path), **fields,
    )  # fmt: skip


def was_champion(version: ModelVersion) -> None:
    Decision.objects.create(
        project=version.project, model_version=version, before="candidate", after=Status.CHAMPION, reason="then"
    )


@pytest.fixture
def versions(project, settings):
    """Thirty: 1 pinned, 2 verified, 3 to 6 were champions, 20 is, 30 ranks; the encoder of 7 is that of 29."""
    settings.RETAIN_MODELS, settings.RETAIN_CHAMPIONS = 5, 3
    made = {}
    for number in range(1, 31):
        more = {1: {"pinned": True}, 2: {"verified": True, "n_eval": 200}}.get(number, {})
        status = {20: Status.CHAMPION, 30: Status.PROVISIONAL}.get(number, Status.RETIRED)
        made[number] = make_version(project, number, status, "tfidf:29" if number in (7, 29) else "", **more)
    for number in (3, 4, 5, 6):
        was_champion(made[number])
    return made


KEPT = {1, 2, 4, 5, 6, 20, 26, 27, 28, 29, 30}


def test_files_of_old_models_go_and_their_records_stay(versions, project):
    planned = {freed.kind: freed for freed in would_free(project.pk)}
    done = keep_house()
    with_file = set(ModelVersion.objects.with_file().values_list("number", flat=True))
    assert with_file == KEPT
    for number, version in versions.items():
        assert default_storage.exists(version.path) == (number in KEPT), number
    assert ModelVersion.objects.count() == 30
    freed = {row["kind"]: row for row in done.freed}
    assert freed["models"]["files"] == planned["models"].files == 19
    assert freed["models"]["size_bytes"] == planned["models"].size_bytes > 0


def test_an_encoder_stays_as_long_as_a_kept_version_needs_it(versions, project):
    planned = {freed.kind: freed for freed in would_free(project.pk)}
    done = keep_house()
    there = EncoderVersion.objects.filter(dropped_at=None).values_list("version", flat=True)
    assert set(there) == {f"tfidf:{number}" for number in KEPT}
    for encoder in EncoderVersion.objects.all():
        assert default_storage.exists(encoder.path) == (encoder.dropped_at is None)
    assert {row["kind"]: row["files"] for row in done.freed}["encoders"] == planned["encoders"].files == 18


def test_two_versions_with_the_same_bytes_share_a_file_that_stays(versions, project):
    ModelVersion.objects.filter(number=10).update(path=versions[30].path, sha256=versions[30].sha256)
    keep_house()
    assert ModelVersion.objects.get(number=10).dropped_at is not None
    assert default_storage.exists(versions[30].path)


def test_repeated_it_does_nothing_more(versions):
    keep_house()
    assert keep_house().freed == []


def test_while_a_run_is_under_way_no_encoder_goes(versions, project):
    Run.objects.create(project=project, trigger="manual", state=JobState.RUNNING, worker="other:1")
    keep_house()
    assert not EncoderVersion.objects.exclude(dropped_at=None).exists()


def test_while_a_backup_is_under_way_nothing_goes(versions):
    Backup.objects.create()
    done = keep_house()
    assert done.freed == []
    assert "backup" in done.note
    assert not ModelVersion.objects.exclude(dropped_at=None).exists()


def test_nobody_goes_back_to_a_model_without_its_file_and_it_is_not_called_damaged(versions, project, people, api):
    keep_house()
    client = api(people.manager)
    gone = ModelVersion.objects.get(number=3)
    answer = client.post(f"/api/v1/models/{gone.pk}/promote/", {"reason": "it was good"})
    assert answer.status_code == 400
    assert "housekeeping let its file go" in answer.json()["status"][0]
    answer = client.post("/api/v1/projects/sms/rollback/", {"reason": "back", "to": 3})
    assert answer.status_code == 400
    assert "housekeeping let its file go" in str(answer.json())
    assert not Alert.objects.exists()
    assert ModelVersion.objects.champion() == versions[20]


@pytest.mark.parametrize("path", ["", "learning", "learning/1/models/nothing.zip"])
def test_a_version_without_a_file_is_refused_in_words(versions, project, people, api, path):
    """An empty path named the folder of all files, a folder is no file either: both were a 500."""
    ModelVersion.objects.filter(number__in=(3, 9)).update(path=path)
    client = api(people.manager)
    answers = [
        client.post(f"/api/v1/models/{versions[9].pk}/promote/", {"reason": "it was good"}),
        client.post("/api/v1/projects/sms/rollback/", {"reason": "back", "to": 3}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    for answer in answers:
        assert ("no file was ever stored" in str(answer.json())) == (not path), answer.json()
    assert Alert.objects.exists() == bool(path), "what was never there is not damaged"
    assert ModelVersion.objects.champion() == versions[20]


def test_page_and_rest_say_that_the_file_was_let_go_and_how_to_have_it_again(
    versions, project, people, api, browser_of
):
    run = Run.objects.create(project=project, trigger="manual", state=JobState.DONE)
    ModelVersion.objects.filter(number=12).update(run=run)
    keep_house()
    told = api(people.viewer).get(f"/api/v1/models/{versions[12].pk}/").json()
    assert told["file_dropped_at"]
    assert api(people.viewer).get(f"/api/v1/models/{versions[20].pk}/").json()["file_dropped_at"] is None
    page = browser_of(people.viewer).get("/p/sms/models/12/").content.decode()
    assert "let go by housekeeping" in page
    assert f"repeat_run {run.public_id} --store" in page


def test_the_way_past_damaged_files_passes_by_those_that_were_let_go(versions, project):
    keep_house()
    assert {version.number for version in model_files.in_line(project)} == {30, 4, 5, 6}


def test_a_pinned_model_stays_and_an_unpinned_one_goes(versions, people, api):
    client = api(people.manager)
    assert client.post(f"/api/v1/models/{versions[9].pk}/pin/", {"pinned": True}).json()["pinned"] is True
    assert client.post(f"/api/v1/models/{versions[1].pk}/pin/", {"pinned": False}).json()["pinned"] is False
    keep_house()
    assert default_storage.exists(versions[9].path)
    assert not default_storage.exists(versions[1].path)
    refused = client.post(f"/api/v1/models/{versions[1].pk}/pin/", {"pinned": True})
    assert refused.status_code == 400
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "model.pinned",
        "model.unpinned",
    ]


def test_a_file_that_was_let_go_can_be_made_again_with_its_encoder(people, settings):
    project = make_text_project(people.manager, n_pool=80, n_eval=20, slug="again")
    answer_some(project, people.annotator, 30)
    answer_some(project, people.annotator, 10, Split.EVAL)
    run_training(decide(project.pk).pk)
    version = ModelVersion.objects.get(project=project)
    was = default_storage.open(version.path).read()
    ModelVersion.objects.filter(pk=version.pk).update(status=Status.RETIRED, verified=False)
    for number in range(version.number + 1, version.number + 8):
        make_version(project, number)
    settings.RETAIN_MODELS, settings.RETAIN_CHAMPIONS = 5, 0
    EncoderVersion.objects.filter(project=project).update(is_current=False)
    age(version.golden_path)
    keep_house()
    keep_house()
    encoder = EncoderVersion.objects.get(project=project, version=version.encoder)
    assert encoder.dropped_at is not None
    gone = version.path, version.golden_path, encoder.path
    assert not any(map(default_storage.exists, gone))
    call_command("repeat_run", str(version.run.public_id), "--store")
    version.refresh_from_db()
    assert (version.dropped_at, version.pinned) == (None, True)
    assert default_storage.open(version.path).read() == was
    assert model_files.load_model(version)
    age(version.golden_path)
    keep_house()
    assert all(map(default_storage.exists, gone))


def test_what_killed_workers_left_goes_after_a_day(project):
    left = [f"learning/{project.pk}/models/.abc.aside", f"originals/{project.pk}/.writing-x", f"uploads/{project.pk}/u"]
    for name in left:
        storage.put(name, b"half")
    age(left[0])
    age(left[2])
    done = keep_house()
    assert [default_storage.exists(name) for name in left] == [False, True, False]
    assert sum(row["files"] for row in done.freed) == 2


def test_killed_between_the_record_and_the_file_the_next_one_removes_the_file(versions):
    ModelVersion.objects.filter(number=10).update(dropped_at=timezone.now())
    age(versions[10].path)
    keep_house()
    assert not default_storage.exists(versions[10].path)


def test_a_model_that_is_let_go_after_it_was_read_from_the_database_is_not_called_damaged(versions, project, people):
    before = ModelVersion.objects.get(number=10)
    keep_house()
    with pytest.raises(promotion.FileDropped):
        promotion.promote(people.manager, before, "because")


def test_a_file_somebody_has_just_asked_for_again_stays(project):
    name = f"originals/{project.pk}/a"
    storage.put(name, b"bytes")
    age(name)
    seen = storage.stamp(name)
    storage.put(name, b"bytes")  # an import of the same picture, whose row is not committed yet
    assert storage.discard(name, seen, lambda: False) is None
    assert storage.get(name) == b"bytes"
    keep_house()
    assert storage.get(name) == b"bytes"


def test_a_file_that_is_needed_after_all_comes_back(project):
    name = f"originals/{project.pk}/a"
    storage.put(name, b"bytes")
    assert storage.discard(name, storage.stamp(name), lambda: True) is None
    assert storage.get(name) == b"bytes"


def test_killed_between_moving_aside_and_looking_the_next_one_brings_it_back(project):
    batch = ImportBatch.objects.create(project=project, format="rows", path=f"uploads/{project.pk}/u")
    storage.put(batch.path, b"rows")
    path = storage.local_path(batch.path)
    path.rename(path.with_name(f".dropping-{path.name}"))
    age(f"uploads/{project.pk}/.dropping-u")
    keep_house()
    assert storage.get(batch.path) == b"rows"


def test_files_of_a_project_that_is_gone_go_and_other_folders_are_left_alone():
    for name in ("originals/999999/a", "keys/999999/a", "originals/readme"):
        storage.put(name, b"x")
        age(name)
    keep_house()
    assert not default_storage.exists("originals/999999/a")
    assert default_storage.exists("keys/999999/a")
    assert default_storage.exists("originals/readme")


def test_old_rows_go_and_the_trail_stays(project, people):
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))
    AccessLog.objects.create(username="a")
    AccessLog.objects.update(attempt_time=now - timedelta(days=100))
    AccessLog.objects.create(username="b")
    for days, state in ((100, JobState.DONE), (10, JobState.DONE), (100, JobState.RUNNING)):
        ended = now - timedelta(days=days)
        batch = ImportBatch.objects.create(project=project, format="rows", path="", state=state, finished_at=ended)
        ImportRejection.objects.create(batch=batch, row=1, reason="empty")
    ImportBatch.objects.update(rejected=1)
    control.pin(people.manager, make_version(project, 1), True)
    done = keep_house()
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    assert [log.username for log in AccessLog.objects.all()] == ["b"]
    assert ImportRejection.objects.count() == 2
    assert {row["kind"]: row["rows"] for row in done.freed} == {"sessions": 1, "sign-ins": 1, "rejections": 1}
    assert AuditEvent.objects.exists()


def test_an_import_whose_rejected_rows_were_let_go_says_so(project, people, api, browser_of):
    ended = timezone.now() - timedelta(days=100)
    old, new = (
        ImportBatch.objects.create(
            project=project, format="rows", path="", state=JobState.DONE, finished_at=when, rejected=2
        )
        for when in (ended, timezone.now())
    )
    for batch in (old, new):
        ImportRejection.objects.bulk_create(ImportRejection(batch=batch, row=row, reason="No text.") for row in (1, 2))
    keep_house()
    told, page = api(people.manager), browser_of(people.manager)
    for batch, is_gone in ((old, True), (new, False)):
        said = told.get(f"/api/v1/projects/sms/imports/{batch.public_id}/").json()
        assert said["rejected"] == 2
        assert ("2 rejected rows are no longer listed" in said["rejections_note"]) == is_gone
        shown = page.get(f"/p/sms/imports/{batch.public_id}/").content.decode()
        assert ("no longer listed: housekeeping" in shown) == is_gone
        assert ("No text." in shown) != is_gone


def test_the_pages_show_what_takes_the_room_and_what_would_go(versions, project, people, browser_of):
    page = browser_of(people.manager).get("/p/sms/storage/").content.decode()
    assert "19 files of models" in page
    browser_of(people.superuser).post("/storage/")
    waiting = Housekeeping.objects.get(state=JobState.QUEUED)
    assert waiting.asked_by == people.superuser
    run_housekeeping(waiting.pk)
    page = browser_of(people.manager).get("/p/sms/storage/").content.decode()
    assert "Would let go of nothing" in page
    assert "Encoders" in page
    whole = browser_of(people.superuser).get("/storage/").content.decode()
    assert "Database" in whole
    assert "SMS" in whole
    assert browser_of(people.manager).get("/storage/").status_code == 403
    assert browser_of(people.reviewer).get("/p/sms/storage/").status_code == 403


def test_a_decision_that_comes_after_housekeeping_is_refused_whatever_it_saw_before(versions, project):
    """The check inside the lock, without which a champion had no file."""
    before = ModelVersion.objects.get(number=3)
    retention._drop_models(project.pk, lambda: None)
    with pytest.raises(Invalid, match="let its file go"):
        promotion.settle(before, Status.CHAMPION, "because", {})
