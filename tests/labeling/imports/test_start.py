"""What happens in the request: limits, options, the broker being away; and what the sweeper does about lost jobs."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import OperationalError
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from labeling.models import ImportBatch, Item, JobState
from labeling.services.housekeeping import sweep
from labeling.services.imports import ImportRefused, run, run_import, start_import
from labeling.services.jobs import enqueue
from labeling.signals import items_imported
from tests.labeling.imports.conftest import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """Messages to the broker; set ``sent.broken`` to have it unreachable."""

    class Sent(list):
        broken = False

        def send_task(self, name, args=(), **options):
            if self.broken:
                raise BrokerError("connection refused")
            self.append((name, *args))

    sent = Sent()
    monkeypatch.setattr(enqueue, "current_app", sent)
    return sent


def upload(people, project, content=b"text\na\n", **more) -> ImportBatch:
    return start_import(people.manager, project, file=ContentFile(content), file_name="a.csv", **more)


def test_too_many_bytes_is_said_apart_and_leaves_no_file(people, project, settings, tmp_path):
    settings.IMPORT_MAX_BYTES = 100
    with pytest.raises(ImportRefused, match="at most 100") as refused:
        upload(people, project, b"text\n" + b"a" * 200)
    assert refused.value.too_large
    stream = io.BytesIO(b"text\n" + b"a" * 200)  # does not say its size
    with pytest.raises(ImportRefused) as refused:
        start_import(people.manager, project, file=stream, file_name="a.csv")
    assert refused.value.too_large
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "files" in path.parts]


def test_an_upload_on_disk_is_taken_as_it_is(people, project):
    file = TemporaryUploadedFile("a.csv", "text/csv", 0, None)
    file.write(b"text\nhello\n")
    file.size = 11
    file.seek(0)
    batch = start_import(people.manager, project, file=file, file_name="C:\\folder\\a\x07.csv")
    assert (batch.file_name, batch.size_bytes, batch.format) == ("a.csv", 11, "csv")
    assert batch.path.startswith(f"uploads/{project.pk}/")
    assert "a.csv" not in batch.path


def test_file_or_rows_and_known_options_only(people, project):
    with pytest.raises(ImportRefused, match="one of the two"):
        start_import(people.manager, project)
    with pytest.raises(ImportRefused, match="one of the two"):
        upload(people, project, rows=[{"text": "a"}])
    with pytest.raises(ImportRefused, match="Unknown option"):
        upload(people, project, options={"fetch": "http://example.org"})


def test_a_worker_is_woken_on_commit(people, project, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        batch = upload(people, project)
    assert sent == [("labeling.run_import", batch.pk)]


def test_a_broker_that_is_away_fails_no_request(people, project, sent, monkeypatch, django_capture_on_commit_callbacks):
    sent.broken = True
    with django_capture_on_commit_callbacks(execute=True):
        batch = upload(people, project)
    assert batch.state == JobState.QUEUED
    sent.broken = False
    monkeypatch.setattr(sweep, "messages_waiting", lambda: len(sent))
    rows = ImportBatch.objects.all()
    assert sweep.wake_waiting(rows, "labeling.run_import") == 0  # its own message may still be on the way
    rows.update(created_at=timezone.now() - timedelta(minutes=1))
    assert sweep.wake_waiting(rows, "labeling.run_import") == 1
    assert sweep.wake_waiting(rows, "labeling.run_import") == 0  # no flood while the workers are busy
    assert sent == [("labeling.run_import", batch.pk)]


def test_a_dead_worker_is_noticed_and_its_import_announced_again(people, project, sent):
    batch = upload(people, project)
    ImportBatch.objects.all().claim(batch.pk)
    assert sweep.sweep_labeling()["imports"] == 0  # this process is alive
    ImportBatch.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2), worker="elsewhere:1")
    assert sweep.sweep_labeling()["imports"] == 1
    assert run_import(batch.pk)["outcome"] == "done"
    assert ImportBatch.objects.get().attempt == 2


def test_an_ended_import_keeps_no_upload_and_is_announced(people, project, django_capture_on_commit_callbacks):
    heard = []
    items_imported.connect(lambda project_id, **more: heard.append(project_id), weak=False, dispatch_uid="test")
    try:
        batch = upload(people, project)
        path = batch.path
        with django_capture_on_commit_callbacks(execute=True):
            run_import(batch.pk)
    finally:
        items_imported.disconnect(dispatch_uid="test")
    batch.refresh_from_db()
    assert heard == [project.pk]
    assert batch.path == ""
    assert not default_storage.exists(path)


def test_an_upload_left_behind_is_swept(people, project, monkeypatch):
    batch = upload(people, project)
    monkeypatch.setattr(run, "drop_upload", lambda batch: None)  # killed between the commit and the deletion
    run_import(batch.pk)
    monkeypatch.undo()
    assert sweep.sweep_labeling()["uploads"] == 1
    assert not default_storage.exists(batch.path)


def test_a_busy_database_puts_the_import_back(people, project, monkeypatch):
    batch = upload(people, project)
    monkeypatch.setattr(run.ChunkStore, "store", lambda *args: (_ for _ in ()).throw(OperationalError("locked")))
    assert run_import(batch.pk)["outcome"] == "put back: busy"
    monkeypatch.undo()
    batch.refresh_from_db()
    assert batch.state == JobState.QUEUED
    run_import(batch.pk)
    batch.refresh_from_db()
    assert counts(batch) == ("done", 1, 0, 0)


def test_a_mistake_of_ours_ends_the_import_visibly(people, project, monkeypatch):
    batch = upload(people, project)
    monkeypatch.setattr(run.ChunkStore, "store", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_import(batch.pk)
    batch.refresh_from_db()
    assert batch.state == JobState.FAILED
    assert "inside Querent" in batch.error


def test_a_file_that_kills_every_worker_is_given_up(people, project, monkeypatch):
    batch = upload(people, project)
    monkeypatch.setattr(run, "MAX_FRUITLESS_ATTEMPTS", 3)
    monkeypatch.setattr(run, "_import", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            run_import(batch.pk)
        ImportBatch.objects.update(state=JobState.QUEUED)
    run_import(batch.pk)
    batch.refresh_from_db()
    assert batch.state == JobState.FAILED
    assert "3 workers died" in batch.error
    assert not Item.objects.exists()
