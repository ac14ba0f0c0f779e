"""The modules of the pages, alone, in the Chromium of the suite: no Django, no node."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
PAGE = "<!doctype html><meta charset=utf-8><title>modules</title><body></body>"
FOLDERS = {"/static/": ROOT / "static", "/tests/": ROOT / "tests" / "js"}


class _Files(http.server.BaseHTTPRequestHandler):
    """``/static/…`` and ``/tests/…`` as they lie in the repository; everything else is an empty page."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body, kind = PAGE.encode(), "text/html"
        for prefix, folder in FOLDERS.items():
            if path.startswith(prefix):
                file = (folder / path.removeprefix(prefix)).resolve()
                if not file.is_relative_to(folder) or not file.is_file():
                    self.send_error(404)
                    return
                body, kind = file.read_bytes(), "text/javascript"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing: the tests tell what failed."""


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    """The address of a server of the scripts, on a free port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def outcomes(files: str, browser: Browser) -> dict[str, dict[str, str | None]]:
    """By file and by name of the case: what it threw, None where it passed."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("*.test.js")):
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.goto(f"{files}/")
        ran = page.evaluate(
            "async (name) => { await import(`/tests/${name}`); return (await import('/tests/harness.js')).run(); }",
            file.name,
        )
        found[file.name] = {case["name"]: case["error"] for case in ran}
        page.close()
    return found
