"""What the environment says, the health page, the log lines and the checks of a deployment."""

import json
import logging
import stat
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from config import environment, health
from config.checks import hosts_are_named, reached_over_tls, secret_key_is_private
from config.logs import OneLine, OneObject
from config.preparation import first_user, readable_password
from labeling.models import User


def record(message: str, **more) -> logging.LogRecord:
    return logging.LogRecord("labeling.jobs", logging.WARNING, __file__, 1, message, (), **{"exc_info": None, **more})


def raised() -> tuple:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        return sys.exc_info()


def test_health_answers_whatever_the_host_name_is(client, db):
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert client.get("/sign-in/", headers={"host": "10.0.0.7"}).status_code == 400


def test_health_says_when_the_database_is_away(client, monkeypatch):
    class Away:
        def cursor(self):
            raise DatabaseError("gone")

    monkeypatch.setattr(health, "connection", Away())
    assert client.get("/healthz").status_code == 503


def test_a_log_event_is_one_line():
    line = OneLine().format(record("first\nsecond", exc_info=raised()))
    assert "\n" not in line
    assert "warning labeling.jobs first | second" in line
    assert "ValueError: two | lines" in line


def test_a_log_event_can_be_one_object():
    event = json.loads(OneObject().format(record("first\nsecond", exc_info=raised())))
    assert (event["level"], event["logger"], event["message"]) == ("warning", "labeling.jobs", "first\nsecond")
    assert "ValueError" in event["exception"]


@pytest.mark.parametrize("given", ["", "$PATH", "with spaces and 'quotes'"])
def test_the_secret_key_is_taken_as_it_is(tmp_path, monkeypatch, given):
    monkeypatch.setenv("SECRET_KEY", given)
    key = environment.secret_key(tmp_path)
    assert key == (given or (tmp_path / "secret_key").read_text())
    assert environment.secret_key(tmp_path) == key


def test_a_generated_secret_key_is_private(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    environment.secret_key(tmp_path)
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("host", "given", "expected"),
    [
        ("127.0.0.1", "", {"localhost", "127.0.0.1", "[::1]"}),
        ("192.0.2.7", "", {"localhost", "127.0.0.1", "[::1]", "192.0.2.7"}),
        ("2001:db8::7", "", {"localhost", "127.0.0.1", "[::1]", "[2001:db8::7]"}),
        ("0.0.0.0", "label.example.org, other.example.org", {"label.example.org", "other.example.org"}),
    ],
)
def test_allowed_hosts(monkeypatch, host, given, expected):
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("ALLOWED_HOSTS", given)
    assert set(environment.allowed_hosts()) == expected


@pytest.mark.parametrize(("given", "expected"), [("", False), ("0", False), ("off", False), ("1", True), ("Yes", True)])
def test_switch(monkeypatch, given, expected):
    monkeypatch.setenv("HTTPS", given)
    assert environment.switch("HTTPS") is expected


def test_an_unclear_switch_is_refused(monkeypatch):
    monkeypatch.setenv("HTTPS", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="HTTPS must be 1 or 0, not 'perhaps'"):
        environment.switch("HTTPS")


def test_postgres_address(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db.example.org:6432/labels")
    database = environment.databases(tmp_path)["default"]
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.org", 6432, "labels")
    assert database["OPTIONS"]["connect_timeout"] == 5
    assert database["CONN_HEALTH_CHECKS"] is True


def test_sqlite_is_safe_under_concurrency_by_default(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    options = environment.databases(tmp_path)["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 20
    assert "journal_mode=WAL" in options["init_command"]


def test_check_wants_tls_beyond_loopback(settings, monkeypatch):
    settings.HTTPS = False
    monkeypatch.setenv("HOST", "127.0.0.1")
    assert reached_over_tls() == []
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert [found.id for found in reached_over_tls()] == ["config.W001"]
    settings.HTTPS = True
    assert reached_over_tls() == []


def test_check_wants_a_private_key(settings, tmp_path):
    settings.QUERENT_HOME = tmp_path
    assert secret_key_is_private() == []
    (tmp_path / "secret_key").write_text("x")
    (tmp_path / "secret_key").chmod(0o644)
    assert [found.id for found in secret_key_is_private()] == ["config.E002"]


def test_check_wants_named_hosts(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert [found.id for found in hosts_are_named()] == ["config.W003"]


def test_the_first_user_is_made_once(db, monkeypatch):
    monkeypatch.setenv("QUERENT_ADMIN_USERNAME", "ada")
    monkeypatch.delenv("QUERENT_ADMIN_PASSWORD", raising=False)
    first = first_user(print, samples=False)
    user = User.objects.get()
    assert (user.username, user.is_superuser) == ("ada", True)
    assert user.check_password(first.password)
    assert first_user(print, samples=False) is None


def test_the_first_users_password_can_be_given(db, monkeypatch):
    monkeypatch.setenv("QUERENT_ADMIN_PASSWORD", "$ecret")
    assert first_user(print, samples=False).password is None
    assert User.objects.get().check_password("$ecret")


def test_generated_passwords_are_long_and_different():
    made = {readable_password() for _ in range(100)}
    assert len(made) == 100
    assert {len(password) for password in made} == {19}


def test_a_picture_network_needs_its_hash(tmp_path, monkeypatch):
    monkeypatch.delenv("IMAGE_ENCODER_ONNX", raising=False)
    assert environment.picture_network() == ("", "")
    monkeypatch.setenv("IMAGE_ENCODER_ONNX", str(tmp_path / "none.onnx"))
    with pytest.raises(ImproperlyConfigured, match="is not a file"):
        environment.picture_network()
    (tmp_path / "none.onnx").write_bytes(b"network")
    with pytest.raises(ImproperlyConfigured, match="IMAGE_ENCODER_SHA256"):
        environment.picture_network()
    monkeypatch.setenv("IMAGE_ENCODER_SHA256", "AB" * 32)
    assert environment.picture_network() == (str(tmp_path / "none.onnx"), "ab" * 32)


@pytest.mark.parametrize(("given", "expected"), [("", (5, 5, 5)), ("1.5", (1.5, 1.5, 1.5)), ("1, 2,3", (1, 2, 3))])
def test_three_numbers(monkeypatch, given, expected):
    monkeypatch.setenv("IMAGE_ENCODER_SCALE", given)
    assert environment.three_numbers("IMAGE_ENCODER_SCALE", 5) == expected


@pytest.mark.parametrize("given", ["1,2", "red", "0", "nan", "inf,1,1"])
def test_unclear_three_numbers_are_refused(monkeypatch, given):
    monkeypatch.setenv("IMAGE_ENCODER_SCALE", given)
    with pytest.raises(ImproperlyConfigured, match="IMAGE_ENCODER_SCALE must be one number or three"):
        environment.three_numbers("IMAGE_ENCODER_SCALE", 5, above=0)


@pytest.mark.parametrize(
    ("given", "expected"), [("", (10, 6)), ("5/s", (5, 0.2)), ("20/hour", (20, 180)), ("1/day", (1, 86400))]
)
def test_a_rate(monkeypatch, given, expected):
    monkeypatch.setenv("AUTH_THROTTLE", given)
    assert environment.rate("AUTH_THROTTLE", "10/min") == expected


@pytest.mark.parametrize("given", ["10", "0/min", "ten/min", "1.5/s", "10/year"])
def test_an_unclear_rate_is_refused(monkeypatch, given):
    monkeypatch.setenv("AUTH_THROTTLE", given)
    with pytest.raises(ImproperlyConfigured, match="AUTH_THROTTLE must be like 10/min"):
        environment.rate("AUTH_THROTTLE", "10/min")
