"""From the page of a new project to the first question on the table: how often somebody has to press something.

The clicks are counted by the browser, navigations and all. With SCREENSHOTS=folder each step is photographed at two
widths.
"""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from labeling.models import ImportBatch, Item, Project, User
from labeling.services.imports import run_import
from tests.e2e.desk import task_of
from tests.e2e.site import wait_until
from tests.factories import UserFactory, make_project

AT_MOST = 6
#: Presses of a mouse, a pen or a finger; what a label passes on to its box is none of them.
COUNT = """window.addEventListener("pointerdown", (event) => {
    if (event.isTrusted) sessionStorage.setItem("presses", Number(sessionStorage.getItem("presses")) + 1);
}, true);"""
WIDTHS = {"wide": (1280, 800), "narrow": (390, 844)}
TOPICS = ("card", "transfer", "top_up", "refund", "exchange", "cash", "account")
TROUBLES = ("pending", "declined", "arrival", "fee", "limit", "lost", "stolen", "delayed", "wrong", "frozen", "new")


@pytest.fixture
def manager(site) -> User:
    return UserFactory(username="mia", is_staff=True, is_superuser=True)


@pytest.fixture
def begin(manager, context_of):
    """``begin(path)``: the page, counting from there on."""

    def open_(path: str) -> Page:
        context = context_of(manager)
        context.add_init_script(COUNT)
        page = context.new_page()
        page.goto(path)
        return page

    return open_


def presses(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('presses'))"))


def look(page: Page, step: str) -> None:
    """Nothing is wider than the page at either width; a photograph where somebody wants to see it."""
    for name, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (step, name)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{step}-{name}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})


def press(page: Page, name: str, role: str = "button") -> None:
    page.get_by_role(role, name=name).click()


def take_in(page: Page) -> None:
    """What a worker does; the page says so by itself."""
    page.wait_for_url("**/imports/*-*/")
    look(page, f"{page.url.split('/p/')[1].split('/')[0]}-import-queued")
    run_import(ImportBatch.objects.latest("pk").pk)
    page.get_by_role("link", name="Start labeling").wait_for()


def intents() -> list[str]:
    return [f"{topic}_{trouble}" for topic in TOPICS for trouble in TROUBLES]


def csv_of_intents(tmp_path: Path) -> Path:
    lines = [
        f"what do I do about a {intent.replace('_', ' ')}? case {n},{intent}" for n in range(10) for intent in intents()
    ]
    file = tmp_path / "banking.csv"
    file.write_text("\n".join(["sentence,intent", *lines, ""]))
    return file


def choose(page: Page, selector: str, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(selector).click()
    chooser.value.set_files(path)


def test_a_csv_with_other_names_and_77_unknown_labels(begin, tmp_path):
    file = csv_of_intents(tmp_path)
    page = begin("/projects/new/")
    look(page, "csv-1-new-project")
    page.keyboard.type("Banking")  # the name has the focus
    page.get_by_text("Texts", exact=False).first.click()
    press(page, "Create project")
    page.wait_for_url("**/p/banking/imports/")
    look(page, "csv-2-import")
    choose(page, "#id_file", file)
    look(page, "csv-3-chosen")
    press(page, "Look at it first")
    page.get_by_role("heading", name="What each column is for").wait_for()
    look(page, "csv-4-look")
    press(page, "Import 770 rows")
    take_in(page)
    look(page, "csv-5-done")
    press(page, "Start labeling", "link")
    task_of(page)
    look(page, "csv-6-question")
    assert presses(page) <= AT_MOST
    project = Project.objects.get(slug="banking")
    assert sorted(project.labels.names()) == sorted(intents())
    assert Item.objects.filter(project=project).count() == 770


def test_a_csv_whose_77_labels_the_project_lacks_needs_one_button_more_than_none(begin, manager, tmp_path):
    project = make_project(slug="bank", labels=("other", "none_of_these"), manager=manager)
    page = begin("/p/bank/imports/")
    choose(page, "#id_file", csv_of_intents(tmp_path))
    press(page, "Look at it first")
    page.get_by_role("heading", name="770 rows name 77 labels that the project lacks").wait_for()
    look(page, "unknown-1-look")
    press(page, "Add 77 labels and import 770 rows")
    take_in(page)
    press(page, "Start labeling", "link")
    task_of(page)
    assert presses(page) == 4
    assert set(project.labels.names()) == {*intents(), "other", "none_of_these"}


def photo(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC).save(target, "JPEG")
    return target.getvalue()


def test_a_folder_of_60_photos(begin, tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for n in range(60):
        (folder / f"IMG_{n:04}.jpg").write_bytes(photo(n))
    page = begin("/projects/new/")
    page.keyboard.type("Holiday")
    page.get_by_text("Images", exact=False).first.click()
    page.get_by_label("Name of label 1").click()
    for name in ("sea", "city"):
        page.keyboard.type(name)
        page.keyboard.press("Enter")
    look(page, "photos-1-new-project")
    press(page, "Create project")
    page.wait_for_url("**/p/holiday/imports/")
    look(page, "photos-2-import")
    choose(page, "[data-choose-folder]", folder)
    wait_until(lambda: "60 files" in page.locator("[data-drop-status]").text_content(), 10, "the files to be counted")
    shown = page.locator("#id_file").evaluate("field => getComputedStyle(field).fontSize")
    assert shown == "0px"  # the field's own words are "no file chosen"
    look(page, "photos-3-chosen")
    page.get_by_role("button", name="Import", exact=True).click()
    take_in(page)
    look(page, "photos-4-done")
    press(page, "Start labeling", "link")
    task_of(page)
    look(page, "photos-5-question")
    assert presses(page) <= AT_MOST
    assert Item.objects.count() == 60


DROP = """({ name, text }) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: "text/plain" }));
    document.querySelector("[data-drop]").dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_dropped_file_of_lines(begin, manager):
    make_project(slug="lines", manager=manager)
    page = begin("/p/lines/imports/")
    lines = "".join(f"line {n} of a letter\n" for n in range(30))
    page.evaluate(DROP, {"name": "letters.txt", "text": lines})
    wait_until(lambda: "letters.txt" in page.locator("[data-drop-status]").text_content(), 10, "the file to be taken")
    page.get_by_role("button", name="Import", exact=True).click()
    take_in(page)
    press(page, "Start labeling", "link")
    task_of(page)
    assert presses(page) == 2  # beside the drop
    assert set(Item.objects.values_list("text", flat=True)) == set(lines.splitlines())
