"""``/readyz`` names what is missing; every check meets its fault once."""

import json
import tempfile
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from kombu import Connection

from config import health, preparation, readiness, versions
from config.backup.manifest import FORMAT, MANIFEST, Manifest, applied_migrations, known_migrations
from config.readiness import Readiness
from labeling.models import SweepRecord
from labeling.selectors import disk
from tests.outages.trouble import locked, no_space

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def all_is_well(monkeypatch):
    """Sweeps have run, the broker of tests answers, and nothing is remembered of other tests."""
    for name in readiness.SWEEPS:
        SweepRecord.objects.done(name)
    monkeypatch.setattr(preparation.celery_app, "connection_for_write", lambda **_: Connection("memory://"))
    monkeypatch.setattr(health, "readiness", Readiness())
    monkeypatch.setattr(disk, "measured", lambda: disk.Room("/data", 50 * 1024**3, 100 * 1024**3))


def asked():
    return Client(headers={"host": "10.0.0.7"}).get("/readyz")


def wrong() -> dict[str, str]:
    answer = asked()
    body = answer.json()
    assert answer.status_code == (503 if body["wrong"] else 200)
    assert body["ready"] is not bool(body["wrong"])
    return body["wrong"]


def test_ready_whatever_the_host_name_is():
    answer = asked()
    assert (answer.status_code, answer.json()["wrong"]) == (200, {})
    assert answer.json()["checks"] == dict.fromkeys(readiness.CHECKS, "ok")
    assert answer["Cache-Control"] == "no-store"


def test_a_database_that_cannot_be_written():
    with locked("labeling_sweeprecord"):
        assert wrong() == {"database": "the database cannot be written: busy"}


def test_a_full_disk(monkeypatch):
    monkeypatch.setattr(disk, "measured", lambda: disk.Room("/srv/secret/data", 200 * 1024**2, 100 * 1024**3))
    assert wrong() == {"disk": "0.2 % of the disk of data is free"}


def test_files_that_cannot_be_stored(monkeypatch):
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", no_space)
    assert wrong() == {"files": "files cannot be stored: No space left on device"}


def test_a_broker_that_is_away(monkeypatch):
    away = Connection("redis://127.0.0.1:1//", connect_timeout=1)
    monkeypatch.setattr(preparation.celery_app, "connection_for_write", lambda **_: away)
    assert wrong() == {"broker": "the Redis of REDIS_URL does not answer"}


def test_sweeps_that_never_ran():
    SweepRecord.objects.all().delete()
    assert "no sweep has run yet" in wrong()["sweep"]


def test_a_sweep_that_is_late():
    SweepRecord.objects.filter(name="learning").update(finished_at=timezone.now() - timedelta(seconds=90))
    assert wrong() == {"sweep": "the last sweep is more than 60 s ago: learning"}


def test_a_migration_that_is_not_applied():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'learning' AND name = '0001_initial'")
    try:
        assert "1 migrations are not applied, learning.0001_initial is the first" in wrong()["migrations"]
    finally:
        _apply("learning", "0001_initial")


def test_a_database_of_newer_code():
    _apply("labeling", "9999_from_the_future")
    try:
        words = wrong()["migrations"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_from_the_future'")
    assert "it has labeling.9999_from_the_future, this code ends with labeling.00" in words


def _apply(app: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, CURRENT_TIMESTAMP)", [app, name]
        )


@pytest.fixture
def manifest(settings, tmp_path, monkeypatch):
    """Static files are served from a folder of the test's own, as on a machine that people use."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.staticfiles.ManifestStorage"}}
    monkeypatch.setattr(readiness, "staticfiles_storage", storages["staticfiles"])


def test_static_files_that_were_not_collected(manifest):
    assert wrong() == {"static": "scripts and styles are not collected on this machine: manage.py prepare"}


def test_static_files_of_another_version(manifest, monkeypatch):
    readiness._own_mark.cache_clear()
    preparation.collect_static(str)
    monkeypatch.setattr(readiness, "staticfiles_storage", storages.create_storage(storages.backends["staticfiles"]))
    assert wrong() == {}
    monkeypatch.setattr(health, "readiness", Readiness())
    monkeypatch.setattr(readiness, "_own_mark", lambda: "of newer code")
    assert wrong() == {
        "static": "the scripts and styles collected on this machine are of another version: manage.py prepare"
    }


def test_asking_often_checks_seldom(monkeypatch):
    checked = []
    monkeypatch.setitem(readiness.CHECKS, "files", lambda: checked.append(1) or "")
    for _ in range(20):
        asked()
    assert len(checked) == 1


def test_checks_that_hang_are_said_to(monkeypatch):
    kept = Readiness()
    kept.report()
    monkeypatch.setattr(health, "readiness", kept)
    kept.busy.acquire()  # a thread hangs in a check
    kept.checked_at -= readiness.HANGS_AFTER_S + 1
    assert wrong() == {"checks": "the checks do not come to an end"}


def test_the_least_room_of_all_disks_counts(monkeypatch, settings, tmp_path):
    monkeypatch.undo()
    assert disk.measured().total_bytes > 0
    assert Path(disk.measured().folder).exists()


@pytest.mark.parametrize(
    ("free", "total", "is_low", "is_full"),
    [
        (50, 100, False, False),
        (4, 100, True, False),
        (0.5, 100, True, True),
        (5, 1000, True, False),
        (0, 0, True, True),
    ],
)
def test_when_a_disk_is_low_and_when_it_is_full(free, total, is_low, is_full):
    room = disk.Room("/data", int(free * 1024**3), int(total * 1024**3))
    assert (room.is_low, room.is_full) == (is_low, is_full)


def test_the_name_of_a_retired_migration_is_no_newer_database(tmp_path):
    """Databases and backups hold it that were made in its day."""
    recorder = MigrationRecorder(connection)
    manifest = Manifest(FORMAT, "", "", [["labeling", "0001_initial"], *map(list, versions.RETIRED)], "", "")
    (tmp_path / MANIFEST).write_text(json.dumps(asdict(manifest)))
    for name in versions.RETIRED:
        recorder.record_applied(*name)
    try:
        assert wrong() == {}
        assert {*map(tuple, applied_migrations())} == known_migrations()
        assert Manifest.read(tmp_path).migrations == [["labeling", "0001_initial"]]
    finally:
        for name in versions.RETIRED:
            recorder.record_unapplied(*name)
