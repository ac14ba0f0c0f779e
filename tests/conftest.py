"""The people of every permission test, and a project with them in it."""

import gc
import os
import random
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from celery import current_app
from django.db import connection
from django.test import Client, TransactionTestCase
from rest_framework.test import APIClient

from config.celery import app as celery_app
from labeling.models import Member, Project, Role, User
from labeling.services.housekeeping import sweep
from labeling.services.housekeeping.clock_watch import ClockWatch
from tests.built_once import Shelf
from tests.database import Template
from tests.emptying import empty, what_stays
from tests.factories import UserFactory, make_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from xdist.scheduler import Scheduling


os.environ.setdefault("PREDICTION_COST_MS", "0")  # for processes that tests start
#: Marks that only the file of a test gives it, no other place.
MARKS_IN_FILES = ("both_databases", "broker")
FOLDERS = count()
DRAWN: dict[str, random.Random] = {}
os.register_at_fork(after_in_child=lambda: [drawn.seed() for drawn in DRAWN.values()])

#: Looking for garbage as often as Python does costs a tenth of the collection, and of the tests a part as well.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.freeze()  # what is imported stays


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where one mark is asked for, files that do not name it need not be imported: on PostgreSQL three of four."""
    marker = config.getoption("markexpr").partition(" ")[0]
    is_test = collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    return (is_test and marker in MARKS_IN_FILES and marker not in collection_path.read_text()) or None


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


@pytest.fixture(scope="session", autouse=True)
def _nothing_outlives_a_power_failure() -> Iterator[None]:
    """A commit or a file of the suite's own processes need not wait for the disk: tests kill no machine."""
    options = connection.settings_dict["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker,
    django_db_modify_db_settings: None,
    template: Template,
    _nothing_outlives_a_power_failure: None,
) -> Iterator[None]:
    """In place of pytest-django's, which migrates in every process; and empties what is full instead of all tables."""
    with ExitStack() as databases, pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            databases.enter_context(template.test_database())
            made = what_stays()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty(made))
        yield
        with django_db_blocker.unblock():
            databases.close()


@pytest.fixture(scope="session")
def new_home(django_db_setup: None, template: Template) -> Callable[[Path], Path]:
    """``new_home(folder)`` is a home that was never started and whose database is migrated already."""
    return template.home


@pytest.fixture
def _own_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made when something is put there. pytest's own is made for every test, by looking through those of all others."""
    name = re.sub(r"\W", "_", request.node.name)[:26]
    return tmp_path_factory.getbasetemp() / f"{next(FOLDERS)}-{name}"


@pytest.fixture
def tmp_path(_own_folder: Path) -> Path:
    _own_folder.mkdir(mode=0o700, exist_ok=True)
    return _own_folder


@pytest.fixture(autouse=True)
def _files_in_tmp(settings, _own_folder):
    """Uploads, previews and models of a test go to a folder of its own."""
    storages = {**settings.STORAGES}
    storages["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(_own_folder / "files")},
    }
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_BROKER_URL = "memory://"
    settings.PREDICTION_COST_MS = 0  # timing costs time: tests of it ask for it


@pytest.fixture(autouse=True)
def _drawn_the_same_every_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process asks, skips and shuffles hangs on the name of the test and on nothing else. Forked ones draw
    as ever."""
    drawn = DRAWN["here"] = random.Random(request.node.nodeid)
    monkeypatch.setattr(random, "SystemRandom", lambda: drawn)
    monkeypatch.setattr(secrets, "randbits", drawn.getrandbits)


@pytest.fixture(autouse=True)
def _a_sweep_that_has_just_begun():
    """The sweep of a process forgives whoever was silent while nobody looked: here, while other tests ran."""
    vars(sweep.watch).update(vars(ClockWatch()))


@pytest.fixture(autouse=True)
def _messages_go_where_they_went():
    """Whoever makes another Celery makes it the one that later tests of this process send with, unless it says no."""
    yield
    assert current_app._get_current_object() is celery_app, "Celery(…, set_as_current=False)"


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


@pytest.fixture(scope="session")
def _shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("built"))


@pytest.fixture
def built_once(_django_db_helper: None, _shelf: Shelf, request: pytest.FixtureRequest) -> Callable[..., None]:
    """``built_once(build, *key)`` calls a function once a file and key, where that may be. It returns nothing."""
    return lambda build, *key: _shelf.lay_out(request.path, (build.__qualname__, *key), build)


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
        # without a GPU Chromium draws by a GPU that it computes: a third of what a browser test costs
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
