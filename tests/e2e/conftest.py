"""A real Chromium in front of a real web server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from labeling.models import User
from tests.e2e.firefox import Firefox, firefox
from tests.e2e.site import Site
from tests.e2e.windows import ChromiumWindow, Window
from tests.factories import UserFactory


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in Path(item.path).parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def running_site(django_db_setup: None, site_home: Path) -> Iterator[Site]:
    """One web server for all browser tests, on the test database."""
    if connection.vendor != "sqlite":
        pytest.skip("the browser tests run on SQLite")
    site = Site(site_home, f"sqlite:///{connection.settings_dict['NAME']}")
    site.collect_static()
    site.start()
    yield site
    site.kill()


@pytest.fixture
def site(transactional_db: None, running_site: Site, settings) -> Site:
    """The web server, with an empty database and its own files."""
    storages = {**settings.STORAGES}
    storages["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(running_site.home / "files")},
    }
    settings.STORAGES = storages
    return running_site


@pytest.fixture
def annotator(site: Site) -> User:
    """The person at the page."""
    return UserFactory(username="ann")


@pytest.fixture
def context_of(browser: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """``context_of(user)`` is a browser of its own in which the user is signed in."""
    made: list[BrowserContext] = []

    def make(user: User | None, **options) -> BrowserContext:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(base_url=site.url, **options)
        context.set_default_timeout(30_000)
        if user:
            sign_in(context, user, site)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def open_page(context_of) -> Callable[..., Page]:
    """``open_page(user, path)``; the test fails when a script fails or the content policy is violated."""
    problems: list[str] = []

    def open_(user: User | None, path: str, **options) -> Page:
        page = context_of(user, **options).new_page()
        watch(page, problems)
        page.goto(path)
        return page

    yield open_
    assert problems == []


@pytest.fixture(scope="session")
def firefox_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    path = firefox()
    if path is None:
        pytest.skip("no Firefox: apt-get install firefox-esr")
    browser = Firefox(path, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.close()


@pytest.fixture(params=["chromium", "firefox"])
def window_of(request: pytest.FixtureRequest, site: Site) -> Iterator[Callable[..., Window]]:
    """``window_of(user, path)`` opens the page, 1280 by 800, in each of the two browsers."""
    if request.param == "chromium":
        open_page = request.getfixturevalue("open_page")
        yield lambda user, path: ChromiumWindow(open_page(user, path))
        return
    browser: Firefox = request.getfixturevalue("firefox_browser")

    def open_(user: User, path: str) -> Window:
        browser.goto(f"{site.url}/healthz")
        browser.sign_in(*session_cookie(user))
        browser.resize(1280, 800)
        browser.goto(f"{site.url}{path}")
        return browser

    yield open_
    browser.sign_out()  # the page is gone before its rows are


def watch(page: Page, problems: list[str]) -> None:
    """Collects script errors and violations of the content security policy."""
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )


def sign_in(context: BrowserContext, user: User, site: Site) -> None:
    name, value = session_cookie(user)
    context.add_cookies([{"name": name, "value": value, "url": site.url}])


def session_cookie(user: User) -> tuple[str, str]:
    """Name and value of the cookie of a new session."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
    return cookie.key, cookie.value
