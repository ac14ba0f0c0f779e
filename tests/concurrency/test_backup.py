"""A backup while an import, a run and answers are under way, and an installation restored from it that goes on."""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from config.backup import BackupRefused, restoring
from config.backup.manifest import file_lines
from config.environment import BASE_DIR
from labeling.models import Asset, Backup, JobState, Member, Role, Split
from labeling.models.backup import HOLDS_FOR_S
from labeling.services.answers.record import record_answer
from labeling.services.files import storage
from labeling.services.housekeeping.sweep import sweep_labeling
from labeling.services.imports import run_import, start_import
from labeling.services.imports.store import ChunkStore
from labeling.services.projects.deletion import delete_project, run_deletion
from labeling.services.serving.next_tasks import next_tasks
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_items, make_project
from tests.learning.conftest import RealWorker, database_url, real_worker, redis_url, until  # noqa: F401 - fixtures
from tests.learning.people import answer_some, make_text_project, texts, truth

#: Those that are about the backup of a database, and not about the folder that it is put in, run on both.
pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

N_ROWS = 12_000
CUT_AT_CHUNK = 4


class Held:
    """A place in another thread's work: ``reached`` when it stands there, going on once ``released``."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()

    def wait_for(self, thread: "InThread") -> None:
        """Until the thread stands here; its own error when it never comes."""
        until(lambda: self.reached.is_set() or not thread.is_alive(), "the place where the thread is held")
        if not self.reached.is_set():
            thread.result()

    def stand(self) -> None:
        self.reached.set()
        assert self.released.wait(120)


class InThread(threading.Thread):
    """Runs a function with a database connection of its own; ``result`` waits for it and raises its error."""

    def __init__(self, function) -> None:
        super().__init__(daemon=True)
        self.function, self.value, self.error = function, None, None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.function()
        except BaseException as error:  # noqa: BLE001 - raised again by result
            self.error = error
        finally:
            connection.close()

    def result(self):
        self.join(120)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self.value


@pytest.fixture
def elsewhere(tmp_path, settings):
    """The environment of an empty installation with a database of its own, of the same vendor."""
    home = tmp_path / "restored"
    home.mkdir()
    database = f"sqlite:///{home / 'querent.sqlite3'}"
    name = f"restored_{tmp_path.name.replace('-', '_')}"[:60].lower()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        database = database_url().replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")
    yield {
        "QUERENT_HOME": str(home),
        "DATABASE_URL": database,
        "FILE_STORAGE_OPTIONS": json.dumps({"location": str(home / "files")}),
        "SECRET_KEY": "test",
    }
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run_in(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=BASE_DIR, env=environment, text=True, capture_output=True, check=False
    )


def probe(environment: dict[str, str]) -> SimpleNamespace:
    ran = run_in(environment, "-m", "tests.ops.probe")
    assert ran.returncode == 0, ran.stderr[-3000:]
    return SimpleNamespace(**json.loads(ran.stdout))


def csv_file(n_rows: int) -> io.BytesIO:
    written = io.StringIO()
    csv.writer(written).writerows([["text"], *([text] for text in texts(n_rows, seed=7))])
    return io.BytesIO(written.getvalue().encode())


@pytest.fixture
def import_cut(monkeypatch) -> Held:
    """The import stands still after ``CUT_AT_CHUNK`` chunks."""
    held, store, chunks = Held(), ChunkStore.store, []

    def counted(self, *given):
        store(self, *given)
        chunks.append(1)
        if len(chunks) == CUT_AT_CHUNK:
            held.stand()

    monkeypatch.setattr(ChunkStore, "store", counted)
    return held


def keep_answering(project, user, acknowledged: list[tuple[str, dict]], stop: threading.Event) -> None:
    while not stop.wait(0.01):  # a person's pace, so that there is something left to answer to the end
        for task in next_tasks(user, project, 1):
            answer = truth(task.item)
            record_answer(user, task.pk, answer, 100)
            acknowledged.append((str(task.pk), answer))


@pytest.mark.both_databases
def test_a_backup_under_way_restores_every_answer_and_the_jobs_go_on(
    real_worker: RealWorker, people, elsewhere, import_cut, tmp_path  # noqa: F811
):  # fmt: skip
    quiet = make_text_project(people.manager, slug="quiet")
    answer_some(quiet, people.annotator, 45)
    answer_some(quiet, people.annotator, 30, Split.EVAL)
    run_training(decide(quiet.pk).pk)

    learning = make_text_project(people.manager, slug="learning")
    answer_some(learning, people.annotator, 45)
    answer_some(learning, people.annotator, 30, Split.EVAL)
    real_worker.pause_at("learning.families.labels.candidates:fit_model:before")
    real_worker.start()
    real_worker.send("learning.decide", learning.pk)

    busy = make_project(slug="busy", manager=people.manager)
    make_items(busy, texts(3_000, seed=3))
    Member.objects.create(project=busy, user=people.annotator, role=Role.ANNOTATOR)
    filling = make_project(slug="filling", manager=people.manager)
    batch = start_import(people.manager, filling, file=csv_file(N_ROWS), file_name="rows.csv")
    importing = InThread(lambda: run_import(batch.pk))
    import_cut.wait_for(importing)
    acknowledged: list[tuple[str, dict]] = []
    stop = threading.Event()
    answering = InThread(lambda: keep_answering(busy, people.annotator, acknowledged, stop))
    real_worker.wait_until_paused()
    until(lambda: len(acknowledged) > 20, "some answers")

    before = list(acknowledged)
    folder = tmp_path / "backup"
    copying = subprocess.Popen(
        [sys.executable, "-m", "tests.ops.backup_held", str(folder), str(tmp_path)],
        cwd=BASE_DIR, env=real_worker.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    (tmp_path / "reached").unlink()
    until(lambda: (tmp_path / "reached").exists() or copying.poll() is not None, "the database is copied")
    import_cut.released.set()
    assert importing.result()["outcome"] == "done"
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == (JobState.DONE, N_ROWS)
    assert default_storage.exists(batch.path), "the copy of the database names the upload"
    (tmp_path / "released").touch()
    said, _ = copying.communicate(timeout=120)
    assert copying.returncode == 0, said
    stop.set()
    answering.result()
    assert len(acknowledged) > len(before), "people went on meanwhile"
    sweep_labeling()
    assert not default_storage.exists(batch.path), "deleted once the backup had ended"
    real_worker.kill()
    here = probe(real_worker.environment)
    connection.close()

    environment = {**real_worker.environment, **elsewhere}
    ran = run_in(environment, "manage.py", "restore", str(folder))
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert "The counts agree with the rows" in ran.stdout
    restored = probe(environment)
    lost = [task for task, answer in before if restored.answers.get(task) != answer]
    assert lost == [], "every answer acknowledged before the backup began"
    assert restored.exports["quiet"] == here.exports["quiet"]
    assert restored.wrong_counts == []
    assert restored.models == here.models != []
    assert all(restored.encoders)
    (state, accepted, cursor, _), = restored.imports  # fmt: skip
    assert (state, accepted) == ("running", cursor)
    assert 0 < cursor < N_ROWS

    again = RealWorker(tmp_path / "again", real_worker.redis_url, Path(elsewhere["QUERENT_HOME"]) / "files")
    again.folder.mkdir()
    again.environment.update(elsewhere)
    try:
        again.start()
        again.send("labeling.run_import", batch.pk)
        again.start_scheduler()
        finished = until(lambda: ended(probe(environment)), "import and run go on", log=again.log)
    finally:
        again.close()
    assert finished.items["filling"] == N_ROWS
    assert finished.imports == [["done", N_ROWS, N_ROWS, ""]]
    assert finished.wrong_counts == []


def ended(held: SimpleNamespace) -> SimpleNamespace | None:
    is_done = held.imports[0][0] == "done" and all(state != "running" for state, _ in held.runs)
    return held if is_done and all(state != "queued" for state, _ in held.runs) else None


@pytest.mark.both_databases
def test_deleting_a_project_leaves_its_files_until_the_backup_has_ended(people):
    project = make_project(slug="gone", manager=people.manager)
    storage.put(f"originals/{project.pk}/a", b"bytes")
    row = Backup.objects.create()
    deletion = delete_project(people.manager, project)
    deletion.refresh_from_db()
    assert deletion.state == JobState.QUEUED
    assert default_storage.exists(f"originals/{project.pk}/a")
    Backup.objects.filter(pk=row.pk).update(finished_at=timezone.now())
    run_deletion(deletion.pk)
    deletion.refresh_from_db()
    assert deletion.state == JobState.DONE
    assert not default_storage.exists(f"originals/{project.pk}/a")


@pytest.mark.both_databases
def test_a_killed_backup_holds_files_for_two_minutes_only():
    storage.put("uploads/1/a", b"bytes")
    Backup.objects.create(heartbeat_at=timezone.now() - timedelta(seconds=HOLDS_FOR_S - 30))
    assert not storage.let_go("uploads/1/a")
    Backup.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=HOLDS_FOR_S + 1))
    assert storage.let_go("uploads/1/a")


@pytest.fixture
def here(settings) -> dict[str, str]:
    """The environment in which another process works with the database and the files of the test."""
    files = settings.STORAGES["default"]["OPTIONS"]["location"]
    inherited = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "HOST")}
    return {
        **inherited,
        "DATABASE_URL": database_url(),
        "FILE_STORAGE_OPTIONS": json.dumps({"location": files}),
        "SECRET_KEY": "test",
    }


def take(environment: dict[str, str], folder: Path, *words: str, returncode: int = 0) -> str:
    ran = run_in(environment, "manage.py", "backup", str(folder), *words)
    assert ran.returncode == returncode, ran.stderr + ran.stdout
    return ran.stderr + ran.stdout


@pytest.fixture
def one_backup(people, tmp_path, tmp_path_factory, here):
    project = make_text_project(people.manager, n_pool=20, n_eval=0, slug="small")
    storage.put(f"originals/{project.pk}/a", b"bytes")
    digest = hashlib.sha256(b"bytes").hexdigest()
    Asset.objects.create(
        project=project, sha256=digest, path=f"originals/{project.pk}/a", size_bytes=5, format="PNG",
        media_type="image/png", mode="L", width=1, height=1,
    )  # fmt: skip
    kept = tmp_path_factory.getbasetemp() / f"backup-{connection.vendor}"
    if not kept.exists():
        take(here, kept)
    return Path(shutil.copytree(kept, tmp_path / "backup"))


def refused(environment, folder, *words: str) -> str:
    ran = run_in(environment, "manage.py", "restore", str(folder), *words)
    assert ran.returncode == 1, ran.stdout
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    return ran.stderr


@pytest.fixture
def place(here, elsewhere):
    return {**here, **elsewhere}


@pytest.mark.both_databases
def test_a_second_restore_is_refused_and_with_replace_keeps_what_was_there(one_backup, place):
    assert run_in(place, "manage.py", "restore", str(one_backup)).returncode == 0
    assert "is not empty" in refused(place, one_backup)
    ran = run_in(place, "manage.py", "restore", str(one_backup), "--replace")
    assert ran.returncode == 0, ran.stderr
    assert "before_restore_" in ran.stdout
    restored = probe(place)
    assert restored.items == {"small": 20}
    assert restored.next_number > 1_000_000, "numbers given after the backup are not given again"


FAULTS = {
    "a flipped byte of the database": lambda folder: flip(next(p for p in parts(folder) if "atabase" in p.as_posix())),
    "a flipped byte of a file": lambda folder: flip(next(p for p in parts(folder) if "originals" in p.as_posix())),
    "a file that is missing": lambda folder: next(p for p in parts(folder) if "originals" in p.as_posix()).unlink(),
    "a list of files cut short": lambda folder: (folder / "files.jsonl").write_text(""),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "a name that leads outside": lambda folder: rename_in_list(folder, "../../outside"),
    "migrations of a newer version": lambda folder: edit(folder, migrations=[["labeling", "9999_later"]]),
    "another format": lambda folder: edit(folder, format=99),
    "another sort of database": lambda folder: edit(folder, vendor="oracle"),
}


def parts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flip(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(held)


def edit(folder: Path, **changes) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rename_in_list(folder: Path, name: str) -> None:
    path = folder / "files.jsonl"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": name}) + "\n")
    manifest = json.loads((folder / "manifest.json").read_text())
    edit(folder, parts=manifest["parts"] | {"files.jsonl": hashlib.sha256(path.read_bytes()).hexdigest()})


@pytest.mark.parametrize("fault", FAULTS)
def test_a_backup_with_a_fault_is_refused_before_anything_is_touched(one_backup, monkeypatch, fault):
    monkeypatch.setattr(restoring, "lock_home", lambda home: pytest.fail("went on with a backup that has a fault"))
    FAULTS[fault](one_backup)
    with pytest.raises(BackupRefused):
        restoring.restore(one_backup, lambda line: None)


def test_a_refusal_is_one_line_and_leaves_nothing(one_backup, place):
    flip(one_backup / "files.jsonl")
    ran = run_in(place, "manage.py", "restore", str(one_backup))
    assert (ran.returncode, len(ran.stderr.strip().splitlines())) == (1, 1), ran.stderr
    assert "is damaged: files.jsonl" in ran.stderr
    assert {path.name for path in Path(place["QUERENT_HOME"]).iterdir()} <= {"up.lock", "querent.sqlite3", "spool"}


def test_what_was_damaged_before_the_backup_is_named_and_the_rest_is_kept(one_backup, here, tmp_path):
    name = Asset.objects.get().path
    storage.drop(name)
    assert name in take(here, tmp_path / "second", returncode=1)
    assert json.loads((tmp_path / "second" / "manifest.json").read_text())["missing"] == [name]
    assert not Backup.objects.order_by("pk").last().is_whole


def test_with_since_a_file_is_stored_once(one_backup, here, tmp_path):
    take(here, tmp_path / "first")
    take(here, tmp_path / "second", "--since", str(tmp_path / "first"))
    names = [line.name for line in file_lines(tmp_path / "second")]
    first, second = ([(tmp_path / day / "files" / name).stat().st_ino for name in names] for day in ("first", "second"))
    assert first == second != []
    assert "is not empty" in take(here, tmp_path / "second", returncode=1)
