"""What a deployment says in its environment: read as it was meant, or refused in one line that names the variable."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.fixture
def say(monkeypatch):
    """``say(NAME="value")`` is the environment of the deployment, and nothing besides."""

    def of(**values: str) -> None:
        for name in (
            "X",
            "HOST",
            "PORT",
            "ALLOWED_HOSTS",
            "DATABASE_URL",
            "HSTS_SUBDOMAINS",
            "HSTS_PRELOAD",
            "REDIS_URL",
        ):
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return of


def refused(read) -> str:
    with pytest.raises(ImproperlyConfigured) as error:
        read()
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(("given", "meant"), [("10/min", (10, 6.0)), ("1/s", (1, 1.0)), ("3/second", (3, 1 / 3)),
    ("2/h", (2, 1800.0)), ("60/hour", (60, 60.0)), ("4/day", (4, 21600.0)), (" 10/min ", (10, 6.0)), ("", (5, 12.0)),
    ("20/minutes", (20, 3.0))])  # fmt: skip
def test_a_rate_is_so_many_at_once_then_one_every_so_often(say, given, meant):
    say(X=given)
    assert environment.rate("X", "5/min") == meant


@pytest.mark.parametrize(
    "given", ["0/min", "10", "/min", "10/", "-1/min", "10/week", "10/month", "10/ms", "10/min/h", "1.5/s", "x/min"]
)
def test_what_is_no_rate_is_refused_and_never_taken_for_another(say, given):
    say(X=given)
    assert "X must be like 10/min" in refused(lambda: environment.rate("X", "5/min"))


@pytest.mark.parametrize(("given", "meant"), [("", 7), ("0", 0), (" 12 ", 12), ("20", 20)])
def test_a_whole_number_within_its_bounds(say, given, meant):
    say(X=given)
    assert environment.whole_number("X", 7, low=0, high=20) == meant


@pytest.mark.parametrize("given", ["-1", "21", "1.5", "ten", "1e3", "0x10"])
def test_a_number_out_of_bounds_or_no_number_is_refused(say, given):
    say(X=given)
    assert refused(lambda: environment.whole_number("X", 7, low=0, high=20)).startswith("X must be")


@pytest.mark.parametrize(("given", "meant"), [("1", True), ("TRUE", True), ("on", True), ("yes", True), ("0", False),
    ("False", False), ("off", False), ("no", False)])  # fmt: skip
def test_a_switch_is_on_or_off_whatever_its_default(say, given, meant):
    say(X=given)
    assert environment.switch("X", default=not meant) is meant
    say()
    assert environment.switch("X", default=not meant) is not meant


@pytest.mark.parametrize("given", ["2", "enabled", "nope", "-"])
def test_a_switch_that_is_neither_is_refused(say, given):
    say(X=given)
    assert "1 or 0" in refused(lambda: environment.switch("X"))


@pytest.mark.parametrize(("given", "meant"), [("", (9.0,) * 3), ("127.5", (127.5,) * 3), ("1, 2,3", (1.0, 2.0, 3.0))])
def test_one_number_or_one_for_each_colour(say, given, meant):
    say(X=given)
    assert environment.three_numbers("X", 9.0, above=0.0) == meant


@pytest.mark.parametrize("given", ["1,2", "1,2,3,4", "a", "nan", "inf", "0", "-1", "1,,2"])
def test_numbers_of_colours_that_would_break_every_picture_are_refused(say, given):
    say(X=given)
    assert "three separated by commas" in refused(lambda: environment.three_numbers("X", 9.0, above=0.0))


@pytest.mark.parametrize(("given", "meant"), [
    ({}, ["localhost", "127.0.0.1", "[::1]"]),
    ({"HOST": "127.0.0.1"}, ["localhost", "127.0.0.1", "[::1]"]),
    ({"HOST": "10.1.2.3"}, ["localhost", "127.0.0.1", "[::1]", "10.1.2.3"]),
    ({"HOST": "fd00::1"}, ["localhost", "127.0.0.1", "[::1]", "[fd00::1]"]),
    ({"HOST": "0.0.0.0", "ALLOWED_HOSTS": " label.example.org ,, other.org"}, ["label.example.org", "other.org"]),
])  # fmt: skip
def test_the_names_a_site_answers_to(say, given, meant):
    say(**given)
    assert environment.allowed_hosts() == meant


def test_a_site_for_everybody_answers_to_the_machine_s_name(say, monkeypatch):
    monkeypatch.setattr(environment.socket, "gethostname", lambda: "machine")
    say(HOST="0.0.0.0")
    assert environment.allowed_hosts()[-1] == "machine"


@pytest.mark.parametrize(("host", "is_local"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True),
    ("localhost", True),
    ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("localhost.example.org", False), ("", False)])  # fmt: skip
def test_which_addresses_only_this_machine_reaches(host, is_local):
    assert environment.is_loopback(host) is is_local


@pytest.mark.parametrize(("subdomains", "preload", "seconds", "reach"), [
    ("", "", 0, (False, False)), ("1", "", 0, (False, False)), ("1", "", 60, (True, False)),
    ("1", "1", 31536000, (True, True)),
])  # fmt: skip
def test_hsts_reaches_as_far_as_asked(say, subdomains, preload, seconds, reach):
    say(HSTS_SUBDOMAINS=subdomains, HSTS_PRELOAD=preload)
    assert environment.hsts_reach(seconds) == reach


@pytest.mark.parametrize(("subdomains", "seconds"), [("", 31536000), ("1", 31535999), ("1", 0)])
def test_preload_without_what_it_needs_is_refused(say, subdomains, seconds):
    say(HSTS_SUBDOMAINS=subdomains, HSTS_PRELOAD="1")
    assert "HSTS_PRELOAD needs" in refused(lambda: environment.hsts_reach(seconds))


def test_the_database_is_sqlite_at_home_or_what_the_address_says(say, tmp_path):
    say()
    at_home = environment.databases(tmp_path)["default"]
    assert at_home["NAME"] == str(tmp_path / "querent.sqlite3")
    assert "synchronous=FULL" in at_home["OPTIONS"]["init_command"], "an acknowledged answer survives a power cut"
    assert (at_home["OPTIONS"]["transaction_mode"], at_home["OPTIONS"]["timeout"]) == ("IMMEDIATE", 20)
    say(DATABASE_URL="sqlite:////data/other.sqlite3")
    assert environment.databases(tmp_path)["default"]["NAME"] == "/data/other.sqlite3"
    say(DATABASE_URL="postgres://ann:secret@db.example.org:6432/label")
    there = environment.databases(tmp_path)["default"]
    assert (there["HOST"], there["PORT"], there["NAME"], there["CONN_HEALTH_CHECKS"]) == (
        "db.example.org",
        6432,
        "label",
        True,
    )
    assert there["OPTIONS"]["connect_timeout"] == 5


def test_another_database_is_refused_without_its_password(say, tmp_path):
    say(DATABASE_URL="mysql://ann:secret@db/label")
    text = refused(lambda: environment.databases(tmp_path))
    assert "postgres:// or sqlite:///" in text
    assert "secret" not in text


def test_the_secret_key_is_made_once_and_nobody_else_reads_it(say, tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = environment.secret_key(tmp_path)
    assert len(first) >= 64
    assert environment.secret_key(tmp_path) == first
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_a_home_too_deep_for_a_socket_gets_a_short_one_of_its_own(tmp_path):
    near = environment.redis_socket(tmp_path)
    assert near.is_relative_to(tmp_path)
    deep = [tmp_path.joinpath(*["folder"] * 20, name) for name in ("one", "other")]
    sockets = [environment.redis_socket(home) for home in deep]
    assert len({*sockets}) == 2
    assert all(len(str(path).encode()) <= environment.SOCKET_PATH_LIMIT for path in sockets)


def test_a_picture_network_is_named_with_its_hash_or_not_at_all(say, tmp_path):
    network = tmp_path / "network.onnx"
    network.write_bytes(b"weights")
    say()
    assert environment.picture_network() == ("", "")
    say(IMAGE_ENCODER_ONNX=str(network), IMAGE_ENCODER_SHA256="AB" * 32)
    assert environment.picture_network() == (str(network), "ab" * 32)
    for path, sha256 in ((network, ""), (network, "ab"), (tmp_path / "gone", "ab" * 32)):
        say(IMAGE_ENCODER_ONNX=str(path), IMAGE_ENCODER_SHA256=sha256)
        assert refused(environment.picture_network).startswith("IMAGE_ENCODER")
