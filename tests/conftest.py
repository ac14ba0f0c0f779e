"""The people of every permission test, and a project with them in it."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from celery import current_app
from django.db.backends.sqlite3.base import DatabaseOperations
from django.test import Client
from rest_framework.test import APIClient

from config.celery import app as celery_app
from labeling.models import Member, Project, Role, User
from labeling.services.housekeeping import sweep
from labeling.services.housekeeping.clock_watch import ClockWatch
from tests.audit_guard import unguarded
from tests.database import AS_EVER, RARELY, Template
from tests.factories import UserFactory, make_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from xdist.scheduler import Scheduling


gc.set_threshold(*RARELY)  # what is imported stays: looking through it again and again costs a tenth of the collection


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(*AS_EVER)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> "Scheduling | None":
    """With ``-n`` alone; another ``--dist`` is what it says."""
    from tests.lanes import Lanes

    return Lanes(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """One for all processes of the run."""
    folder = tmp_path_factory.getbasetemp()
    return Template(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker, django_db_modify_db_settings: None, template: Template
) -> Iterator[None]:
    """In place of pytest-django's, which migrates in every process."""
    with ExitStack() as databases:
        with django_db_blocker.unblock():
            databases.enter_context(template.test_database())
        yield
        with django_db_blocker.unblock():
            databases.close()


@pytest.fixture(scope="session")
def new_home(django_db_setup: None, template: Template) -> Callable[[Path], Path]:
    """``new_home(folder)`` is a home that was never started and whose database is migrated already."""
    return template.home


@pytest.fixture(autouse=True)
def _files_in_tmp(settings, tmp_path):
    """Uploads, previews and models of a test go to a folder of its own."""
    storages = {**settings.STORAGES}
    storages["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_BROKER_URL = "memory://"


@pytest.fixture(autouse=True)
def _a_sweep_that_has_just_begun():
    """The sweep of a process forgives whoever was silent while nobody looked: here, while other tests ran."""
    vars(sweep.watch).update(vars(ClockWatch()))


@pytest.fixture(autouse=True)
def _messages_go_where_they_went():
    """Whoever makes another Celery makes it the one that later tests of this process send with, unless it says no."""
    yield
    assert current_app._get_current_object() is celery_app, "Celery(…, set_as_current=False)"


@pytest.fixture(autouse=True, scope="session")
def _flush_lifts_the_guard_of_the_trail():
    """Only SQLite empties tables by DELETE; PostgreSQL truncates, which triggers on rows do not see."""
    flush = DatabaseOperations.execute_sql_flush

    def flushed(operations: DatabaseOperations, statements: list[str]) -> None:
        with unguarded(operations.connection):
            flush(operations, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flushed)
        yield


@pytest.fixture
def people(db) -> SimpleNamespace:
    """manager, reviewer, annotator and viewer of ``project``; a stranger who is in no project; a superuser."""
    named = {role.value: UserFactory(username=role.value) for role in Role}
    return SimpleNamespace(
        **named,
        stranger=UserFactory(username="stranger"),
        superuser=UserFactory(username="root", is_staff=True, is_superuser=True),
    )


@pytest.fixture
def project(people) -> Project:
    """A text classification project (ham, spam) whose members are ``people``; it has no items yet."""
    project = make_project(slug="sms", name="SMS")
    for role in Role:
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    return project


@pytest.fixture
def api():
    """``api(user)`` is a REST client signed in as the user, ``api()`` one that is not."""

    def client(user: User | None = None) -> APIClient:
        made = APIClient()
        if user:
            made.force_authenticate(user)
        return made

    return client


@pytest.fixture
def browser_of():
    """``browser_of(user)`` is Django's test client with the user's session."""

    def client(user: User) -> Client:
        made = Client()
        made.force_login(user)
        return made

    return client


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The one Chromium of a process: Playwright allows no second one beside it."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.site import chromium

    path = chromium()
    if path is None:
        pytest.skip("no Chromium: set CHROMIUM to its path")
    # Playwright's synchronous face keeps an event loop in this thread: Django takes what follows for asynchronous code
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
