from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.site import Site


@pytest.fixture(scope="session")
def home(tmp_path_factory, new_home) -> Path:
    """A home with the projects of ``Site``."""
    folder = new_home(tmp_path_factory.mktemp("serving") / "home")
    Site.build(folder)
    return folder


@pytest.fixture(scope="module")
def site(home) -> Iterator[Site]:
    """The server with one thread: whoever kept it would be noticed. Clients have three seconds."""
    with Site(home, WEB_PROCESSES="1", WEB_THREADS="1", CLIENT_PATIENCE_S="3") as site:
        yield site
