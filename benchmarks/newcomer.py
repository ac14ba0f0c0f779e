"""The first quarter of an hour of a newcomer: what the README says, in a real browser, on an empty home.

    python -m benchmarks.newcomer [--pictures docs/screenshots] [--moving docs/screenshots/first-minutes.webp]

Starts ``manage.py up``, waits for the ready line, signs in with the password it printed, gives ten answers, waits until
the simulated people have labeled the first part, opens a model, its mistakes and the items, compares two models, has
the rest played and takes the labels out. A step fails where a page is missing, empty, still loading, or has put an
error into the browser's console; the script ends with 1 then. Printed are the seconds from the start to each step.

``--pictures`` renews the pictures of the documentation, ``--moving`` the one of the README.
"""

import argparse
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, Response, sync_playwright

from benchmarks.startup import free_port
from tests.e2e.site import chromium

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 600
DESK, PHONE = (1280, 800), (390, 844)
SAMPLE, PAIRS = "sample-photos", "sample-arguments"
ANSWERS = 10
#: Of 314 photos, some of which whoever labels still holds.
MIN_EXPORTED, MAX_UNDECIDED = 300, 10
#: How long a photo is looked at before it is answered.
LOOKED_AT_MS = 900
FORBIDDEN = ("Traceback", "Server Error", "None None", "NaN")
MAX_PICTURES, MAX_MOVING = 1_000_000, 1_500_000


@dataclass(frozen=True)
class Shot:
    """A picture of the documentation: a page of the sample's project, or of everything (``/…``)."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    theme: Literal["light", "dark"] = "light"


#: Taken when the first part is labeled, before anybody plays the rest.
SHOTS = [
    Shot("pages-projects", "/"),
    Shot("pages-project", ""),
    Shot("pages-phone", "", PHONE),
    Shot("pages-project-dark", "", theme="dark"),
    Shot("pages-items", "items/"),
    Shot("pages-items-dark", "items/", theme="dark"),
    Shot("pages-import", "imports/"),
    Shot("pages-export-dark", "export/", theme="dark"),
    Shot("models", "models/"),
    Shot("model", "models/{model}/"),
    Shot("model-dark", "models/{model}/", theme="dark"),
    Shot("model-phone", "models/{model}/", PHONE),
    Shot("mistakes", "models/{model}/mistakes/"),
    Shot("models-compared", "models/compare/?models={earlier}&models={model}"),
    Shot("people", "members/people/"),
    Shot("pages-map", "map/"),
    Shot("pages-map-dark", "map/", theme="dark"),
    Shot("annotate-text", "/p/sample-texts/annotate/"),
    Shot("annotate-table-dark", "/p/sample-table/annotate/", theme="dark"),
    Shot("annotate-phone-dark", "annotate/", PHONE, "dark"),
    Shot("annotate-pair-text", f"/p/{PAIRS}/annotate/"),
    Shot("annotate-pair-phone", f"/p/{PAIRS}/annotate/", PHONE),
    Shot("ranking", f"/p/{PAIRS}/ranking/"),
    Shot("ranking-phone-dark", f"/p/{PAIRS}/ranking/", PHONE, "dark"),
]


@dataclass
class Newcomer:
    """``steps``: name and seconds since the start; ``faults``: what was wrong, in words."""

    url: str
    page: Page
    began: float
    steps: list[tuple[str, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on(
            "console",
            lambda said: self.faults.append(f"{self.page.url}: {said.text}") if said.type == "error" else None,
        )

    def go(self, path: str) -> None:
        """Opens a page and holds it against what no page may be."""
        address = path if path.startswith("/") else f"/p/{SAMPLE}/{path}"
        answer = self.page.goto(self.url + address)
        if answer is None or answer.status != 200:
            self.faults.append(f"{address}: {answer.status if answer else 'no answer'}")
        settle(self.page)
        words = self.page.inner_text("body")
        self.faults += [f"{address} says {word!r}" for word in FORBIDDEN if word in words]
        if not self.page.locator("h1").count() or len(words) < 150:
            self.faults.append(f"{address} is empty")

    def step(self, name: str) -> None:
        self.steps.append((name, time.monotonic() - self.began))
        print(f"{self.steps[-1][1]:7.1f} s  {name}", flush=True)

    def wants(self, selector: str, what: str) -> None:
        if not self.page.locator(selector).count():
            self.faults.append(f"{self.page.url}: no {what}")

    def api(self, path: str) -> Any:
        return self.page.request.get(f"{self.url}/api/v1/{path}").json()


def settle(page: Page) -> None:
    """Until the fragments have come."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => !document.querySelector('[data-loading]')")


@contextmanager
def started(home: str) -> Iterator[tuple[str, str, str]]:
    """``manage.py up`` on the home: its address, the user and the password that it printed."""
    environment = {**os.environ, "QUERENT_HOME": home, "PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}
    environment.pop("QUERENT_ADMIN_PASSWORD", None)
    up = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert up.stdout is not None
    said: dict[str, str] = {}
    try:
        for line in up.stdout:
            if found := re.match(r"\s+(Open|User|Password)\s+(\S+)", line):
                said[found[1]] = found[2]
            if line.startswith("Data is in"):
                break
        if len(said) < 3:
            sys.exit("no ready line came; run manage.py up by hand to see why")
        yield said["Open"].rstrip("/"), said["User"], said["Password"]
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait()


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    page.goto(f"{url}/sign-in/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{url}/")


def true_labels() -> dict[str, str]:
    with (ROOT / "samples/photos/true-labels.csv").open(encoding="utf-8") as file:
        return {row["id"]: row["label"] for row in csv.DictReader(file)}


def labels_by_item(newcomer: Newcomer) -> dict[int, str]:
    """True labels by the numbers of items: a manager may ask what a picture is called, an annotator is blind."""
    truth, path = true_labels(), f"projects/{SAMPLE}/items/?limit=100"
    found: dict[int, str] = {}
    while path:
        page = newcomer.api(path)
        found |= {item["id"]: truth[item["data"]["image"]] for item in page["results"]}
        path = (page["next"] or "").rpartition("/api/v1/")[2]
    return found


def answer_ten(newcomer: Newcomer, frames: list[Image.Image]) -> None:
    """Ten right answers by their keys."""
    page, truth = newcomer.page, labels_by_item(newcomer)
    keys = {label: str(number) for number, label in enumerate(sorted(set(truth.values())), 1)}
    items: dict[int, int] = {}
    fetched: list[Response] = []

    def note(tasks: list[dict[str, Any]]) -> None:
        items.update({task["id"]: task["item"]["id"] for task in tasks})

    page.on("response", lambda answer: fetched.append(answer) if answer.url.endswith("/tasks/next/") else None)
    newcomer.go("annotate/")
    note(json.loads(page.locator("#boot").text_content() or "{}")["tasks"])
    newcomer.wants(
        "#instructions:not([hidden]) .label-notes__examples", "instructions with examples on the first visit"
    )
    frames.append(pixels(page))
    page.keyboard.press("Escape")
    for number in range(ANSWERS):
        page.wait_for_function(
            "() => !document.querySelector('#item').hidden && document.querySelector('.picture')?.naturalWidth > 0"
        )
        page.wait_for_timeout(LOOKED_AT_MS)
        frames.append(pixels(page))
        while fetched:
            note(fetched.pop().json())
        asked = int(page.get_attribute("#item", "data-task") or 0)
        page.keyboard.press(keys[truth[items[asked]]])
        page.wait_for_function("(asked) => document.querySelector('#item').dataset.task !== String(asked)", arg=asked)
        if number == 0:
            newcomer.step("first answer")
    page.wait_for_selector("#save-state[data-state=saved]")


def pixels(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def play(newcomer: Newcomer, frames: list[Image.Image]) -> None:
    """Has the rest played; a frame whenever the curve has grown."""
    page = newcomer.page
    newcomer.go("")
    page.evaluate("document.querySelector('#playing').scrollIntoView()")
    page.click("#playing button:has-text('Play')")
    page.wait_for_selector("#playing button:has-text('Stop')")
    settle(page)
    seen, points = 0, page.locator("figure svg circle")
    while page.locator("#playing button:has-text('Stop')").count():
        page.evaluate("document.querySelector('#playing')?.scrollIntoView()")
        if (now := points.count()) != seen or len(frames) % 3 == 0:
            frames.append(pixels(page))
            seen = now
        page.wait_for_timeout(1_500)
    settle(page)
    page.evaluate("document.querySelector('#playing').scrollIntoView()")
    frames.append(pixels(page))
    newcomer.step("everything is labeled: the rest was played")


def take_out(newcomer: Newcomer) -> None:
    newcomer.go("export/")
    newcomer.wants("main a[href*='export/?']", "link to a file")
    answer = newcomer.page.request.get(f"{newcomer.url}/api/v1/projects/{SAMPLE}/export/?format=csv&rows=items")
    rows = list(csv.DictReader(io.StringIO(answer.text())))
    undecided = sum(not row["label"] for row in rows)  # two people said two things
    if len(rows) < MIN_EXPORTED or undecided > MAX_UNDECIDED:
        newcomer.faults.append(f"the export has {len(rows)} rows, {undecided} without a label")
    newcomer.step(f"an export of {len(rows)} items, {undecided} of them undecided")


def look(newcomer: Newcomer) -> tuple[int, int]:
    """The model, its mistakes and the items, once the simulated people are through. Numbers of two models."""
    newcomer.go("")
    newcomer.page.wait_for_function("() => !document.querySelector('#playing [value=stop]')")
    settle(newcomer.page)
    newcomer.wants("figure svg circle", "learning curve")
    newest = newcomer.api(f"projects/{SAMPLE}/models/")["results"][0]["number"]
    newcomer.go("models/")
    newcomer.go(f"models/{newest}/")
    newcomer.step(f"model {newest} with its page")
    newcomer.go(f"models/{newest}/mistakes/")
    newcomer.wants("main img", "photo that the model got wrong")
    newcomer.step("its mistakes")
    newcomer.go("items/")
    newcomer.wants("main img", "photo among the items")
    newcomer.go("members/people/")
    newcomer.go(f"models/compare/?models={newest - 3}&models={newest}")
    newcomer.step("items, people, two models compared")
    newcomer.go("map/")
    newcomer.page.wait_for_selector("[data-canvas]")  # it may still be drawn
    newcomer.page.wait_for_function("() => !document.querySelector('.map__state').textContent")
    newcomer.step("the map")
    return newest - 3, newest


def import_judgments(newcomer: Newcomer) -> None:
    """Brings the judgments of the sample of pairs in, and waits until its ranking is there."""
    cookies = {cookie["name"]: cookie["value"] for cookie in newcomer.page.context.cookies()}
    file = ROOT / "samples/arguments/judgments.csv"
    answer = newcomer.page.request.post(
        f"{newcomer.url}/api/v1/projects/{PAIRS}/imports/",
        headers={"X-CSRFToken": cookies["csrftoken"], "Referer": newcomer.url},
        multipart={"file": {"name": file.name, "mimeType": "text/csv", "buffer": file.read_bytes()}},
    )
    if answer.status != 202:
        newcomer.faults.append(f"the judgments were refused: {answer.text()[:200]}")
        return
    while not newcomer.api(f"projects/{PAIRS}/models/")["results"]:
        newcomer.page.wait_for_timeout(1_000)
    newcomer.go(f"/p/{PAIRS}/ranking/")
    newcomer.step("the judgments of the pairs imported, with their ranking")


def save_pictures(browser: Browser, newcomer: Newcomer, folder: Path, earlier: int, model: int) -> None:
    state: Any = newcomer.page.context.storage_state()
    total = 0
    for shot in SHOTS:
        context = browser.new_context(
            viewport={"width": shot.size[0], "height": shot.size[1]}, color_scheme=shot.theme, storage_state=state,
            is_mobile=shot.size == PHONE,
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        path = shot.path.format(model=model, earlier=earlier)
        page.goto(newcomer.url + (path if path.startswith("/") else f"/p/{SAMPLE}/{path}"))
        settle(page)
        if path.endswith("annotate/"):
            page.wait_for_selector("#item[data-task]:not([hidden])")
            page.keyboard.press("Escape")  # the instructions of a first visit
            page.wait_for_timeout(LOOKED_AT_MS)
        total += kept(pixels(page), folder / f"{shot.name}.webp")
        context.close()
    print(f"{len(SHOTS)} pictures, {total / 1000:.0f} kB (at most {MAX_PICTURES / 1000:.0f})")
    if total > MAX_PICTURES:
        newcomer.faults.append("the pictures are too large")


def kept(picture: Image.Image, path: Path) -> int:
    picture.save(path, "WEBP", quality=82, method=6)
    return path.stat().st_size


def save_moving(frames: list[Image.Image], path: Path, n_answers: int) -> None:
    """The answers quickly, the curve slower, the last frame long."""
    small = [frame.resize((880, 550), Image.Resampling.LANCZOS) for frame in frames]
    durations = [1_800 if at == 0 else 450 if at <= n_answers else 700 for at in range(len(small))]
    durations[-1] = 3_000
    small[0].save(
        path, "WEBP", save_all=True, append_images=small[1:], duration=durations, loop=0, quality=60, method=6,
        minimize_size=True,
    )  # fmt: skip
    print(f"{path.name}: {len(small)} frames, {path.stat().st_size / 1000:.0f} kB (at most {MAX_MOVING / 1000:.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="The folder of the documentation's pictures.")
    parser.add_argument("--moving", type=Path, help="The animated picture of the README.")
    given = parser.parse_args()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="querent-newcomer-") as home,
        started(home) as (url, user, password),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]}, color_scheme="light")
        newcomer = Newcomer(url, page, began)
        newcomer.listen()
        newcomer.step("ready line")
        sign_in(page, url, user, password)
        newcomer.go("/")
        newcomer.step("signed in, four samples")
        frames: list[Image.Image] = []
        answer_ten(newcomer, frames)
        newcomer.step("ten answers")
        n_answers = len(frames) - 1
        earlier, model = look(newcomer)
        import_judgments(newcomer)
        if given.pictures:
            save_pictures(browser, newcomer, given.pictures, earlier, model)
            kept(frames[4], given.pictures / "annotate-photo.webp")
            kept(frames[0], given.pictures / "annotate-first-visit.webp")
        play(newcomer, frames)
        take_out(newcomer)
        browser.close()
    if given.moving:
        save_moving(frames, given.moving, n_answers)
    for fault in newcomer.faults:
        print("fault:", fault)
    print("no page was empty or wrong" if not newcomer.faults else f"{len(newcomer.faults)} faults")
    sys.exit(bool(newcomer.faults))


if __name__ == "__main__":
    main()
