"""A site and a browser before it, for the benchmarks of the annotation page. Everything is thrown away."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def fresh_site(home: str) -> Any:
    """Points Django at an empty home; to be called before anything of Django is imported. The Site, not started."""
    os.environ.update(
        QUERENT_HOME=home,
        SECRET_KEY="benchmark",
        DJANGO_ALLOW_ASYNC_UNSAFE="1",  # the browser's driver keeps an event loop in this thread
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    os.environ.pop("DATABASE_URL", None)
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    import django

    django.setup()
    from django.core.management import call_command

    from tests.e2e.site import Site

    call_command("migrate", verbosity=0)
    site = Site(Path(home), f"sqlite:///{home}/querent.sqlite3")
    site.collect_static()
    return site


@contextmanager
def annotator() -> Iterator[tuple[Any, Any, Any]]:
    """``(site, user, page)``: gunicorn on an empty database, somebody signed in, a page not yet opened."""
    with tempfile.TemporaryDirectory() as home:
        site = fresh_site(home)
        from playwright.sync_api import sync_playwright

        from tests.e2e.conftest import sign_in
        from tests.e2e.site import chromium
        from tests.factories import UserFactory

        user: Any = UserFactory(username="ann")
        site.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
                context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
                sign_in(context, user, site)
                yield site, user, context.new_page()
                browser.close()
        finally:
            site.kill()


def project_of(user: Any, modality: str, count: int) -> Any:
    """``count`` items, pictures of 1600 pixels or short texts; the project's address is the name of the modality."""
    from tests.e2e.desk import project_with
    from tests.e2e.pictures import drawn, make_pictures

    texts = [] if modality == "image" else [f"message {n}: is this one unwanted?" for n in range(count)]
    labels = ("circle", "square", "triangle")
    project = project_with(user, texts, slug=modality, modality=modality, labels=labels)
    if modality == "image":
        make_pictures(project, [drawn(n, side=1600) for n in range(count)])
    return project
