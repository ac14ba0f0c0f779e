"""HSTS binds this name only, unless somebody asks for more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

ROOT = Path(__file__).resolve().parent.parent.parent
YEAR_S = 31_536_000


@pytest.mark.parametrize(
    ("given", "seconds", "expected"),
    [
        ({}, YEAR_S, (False, False)),
        ({"HSTS_SUBDOMAINS": "1"}, YEAR_S, (True, False)),
        ({"HSTS_SUBDOMAINS": "1"}, 0, (False, False)),
        ({"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, YEAR_S, (True, True)),
    ],
)
def test_more_only_where_it_is_asked_for(monkeypatch, given, seconds, expected):
    for name in ("HSTS_SUBDOMAINS", "HSTS_PRELOAD"):
        monkeypatch.setenv(name, given.get(name, ""))
    assert environment.hsts_reach(seconds) == expected


@pytest.mark.parametrize(("subdomains", "seconds"), [("0", YEAR_S), ("1", 3600), ("1", 0)])
def test_a_preload_that_lists_would_refuse_is_refused_here(monkeypatch, subdomains, seconds):
    monkeypatch.setenv("HSTS_SUBDOMAINS", subdomains)
    monkeypatch.setenv("HSTS_PRELOAD", "1")
    with pytest.raises(ImproperlyConfigured, match="HSTS_PRELOAD needs"):
        environment.hsts_reach(seconds)


def checked(tmp_path, *tags: str, **more: str) -> str:
    """What ``check --deploy`` of ``make check`` says, of everything or what has a tag; empty when it passes."""
    chosen = [word for tag in tags for word in ("--tag", tag)]
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", *chosen]
    ours = {
        name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"
    }  # of the browser tests
    env = {**ours, "QUERENT_HOME": str(tmp_path), "HOST": "0.0.0.0", "ALLOWED_HOSTS": "a.example.org", **more}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)
    return "" if done.returncode == 0 else done.stderr


def test_the_check_of_a_deployment_passes_and_still_fails_where_it_should(tmp_path):
    assert checked(tmp_path, HTTPS="1") == ""
    # the schema of REST, which is looked through as well, takes seconds each time
    assert "security.W004" in checked(tmp_path, "security", HTTPS="1", HSTS_SECONDS="0")
    assert "config.W001" in checked(tmp_path, "security", HTTPS="0")


def test_the_header_names_nobody_else(client, settings):
    settings.SECURE_HSTS_SECONDS = YEAR_S
    from django.http import HttpResponse
    from django.middleware.security import SecurityMiddleware
    from django.test import RequestFactory

    answer = SecurityMiddleware(lambda request: HttpResponse())(RequestFactory().get("/", secure=True))
    assert answer.headers["Strict-Transport-Security"] == f"max-age={YEAR_S}"
