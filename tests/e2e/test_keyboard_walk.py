"""One person and a keyboard: from the surest mistakes to two models side by side, by a word and by a picture."""

import pytest
from playwright.sync_api import Page

from labeling.models import AskedAgain, Project, Split, User
from labeling.selectors.export import Filters, export_rows
from labeling.services.item_index import up_to_date
from learning.models import ModelVersion, SimilarSearch, Status
from learning.services.features.encoder_versions import encoder_for, make_current
from learning.services.features.shards import compute_missing
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from learning.services.similar.search import run_search
from tests.e2e.conftest import session_cookie
from tests.e2e.pictures import drawn, make_pictures
from tests.factories import UserFactory, make_answers, make_items, make_project
from tests.learning.people import texts, truth

CUT_OFF = """
const is_cut = (one) => getComputedStyle(one).overflowY === "hidden" && one.clientHeight < one.scrollHeight - 1;
return [...document.querySelectorAll("main :not(.visually-hidden)")].filter(is_cut).map((one) => one.outerHTML);
"""


@pytest.fixture
def manager(site, monkeypatch) -> User:
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    return UserFactory(username="manager")


@pytest.fixture
def messages(manager) -> Project:
    """Learned from; Ben has answered one of nine wrongly, and there is another model to compare with."""
    project = make_project(slug="sms", name="Messages", manager=manager)
    ben = UserFactory(username="ben")
    every = texts(200)
    pool, held_out = make_items(project, every[:160]), make_items(project, every[160:], split=Split.EVAL)
    swapped = {"ham": {"label": "spam"}, "spam": {"label": "ham"}}
    make_answers(
        (item, ben, swapped[truth(item)["label"]] if number % 9 == 0 and number < 144 else truth(item))
        for number, item in enumerate([*pool[:144], *held_out])
    )
    run_training(decide(project.pk).pk)
    version = ModelVersion.objects.get(project=project)
    version.pk, version.number, version.run, version.status = None, 2, None, Status.RETIRED
    version.save()
    up_to_date(project)
    return project


@pytest.fixture
def photos(manager) -> Project:
    project = make_project(slug="photos", name="Photos", modality="image", manager=manager)
    make_pictures(project, [drawn(number, 160) for number in range(9)])
    version, _ = encoder_for(project, 9)
    compute_missing(version, 9, lambda done, total: None)
    make_current(version)
    return project


def reach(page: Page, selector: str, at_most: int = 90) -> None:
    """Tab until the focus is there."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {at_most} times Tab at {page.url}")


def go(page: Page, key: str, address: str) -> None:
    page.keyboard.type(f"g{key}")
    page.wait_for_url(f"**{address}")


def labels(project: Project) -> dict[str, str]:
    return {row["external_id"]: row["label"] for row in export_rows(project, "items", Filters())}


@pytest.mark.parametrize("width", [1280, 390])
def test_all_that_one_looks_at_is_reached_by_keys(manager, messages, photos, open_page, width):
    page = open_page(manager, "/p/sms/", viewport={"width": width, "height": 844})
    page.on("filechooser", lambda _: None)  # told from now on: the order to tell is slower than a key
    go(page, "i", "/p/sms/items/")
    reach(page, "#sort")
    page.keyboard.type("surest mistake")
    reach(page, "form.filters button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=mistake**")
    mistakes = page.locator("[data-row]").evaluate_all("(rows) => rows.map((row) => row.dataset.name)")
    assert len(mistakes) >= 10
    planted = {f"row-{number}" for number in range(0, 144, 9)}
    assert set(mistakes[:10]) <= planted
    before = labels(messages)
    for name in mistakes[:4]:
        page.keyboard.press("j")
        page.keyboard.press("1" if before[name] == "spam" else "2")
        page.locator("[data-said]", has_text=f"{name} labeled").wait_for()
    after = labels(messages)
    assert {name for name in before if before[name] != after[name]} == set(mistakes[:4])
    for _ in range(6):
        page.keyboard.press("j")
        page.keyboard.press("x")
    reach(page, "#bulk select[name=step]")
    page.keyboard.type("ask")
    page.keyboard.press("Tab")
    reach(page, "#bulk button[type=submit]")
    page.keyboard.press("Enter")
    page.locator("[data-step]", has_text="6 items").wait_for()
    assert set(AskedAgain.objects.values_list("item__external_id", flat=True)) == set(mistakes[4:10])

    go(page, "m", "/p/sms/models/")
    for number in (1, 2):
        reach(page, f"input[name=models][value='{number}']")
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Models 1 and 2 beside one another").wait_for()

    go(page, "i", "/p/sms/items/")
    page.keyboard.press("/")
    page.keyboard.type("word7 ")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=word7**")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/sms/items/*/**")
    assert "word7" in page.locator("main").inner_text()

    page.keyboard.press("Control+k")
    page.keyboard.type("Photos")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/photos/**")
    go(page, "i", "/p/photos/items/")
    reach(page, "form.filters a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/similar/")
    reach(page, "#picture")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files({"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": drawn(4, 160)})
    reach(page, ".similar__form button[type=submit]")
    page.keyboard.press("Enter")
    page.get_by_text("A worker is comparing").wait_for()
    run_search(SimilarSearch.objects.latest("pk").pk)
    page.get_by_text("nearest first").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/photos/items/*/**")
    assert "IMG_4_secret" in page.locator("h1").inner_text()


def test_items_are_walked_labeled_and_put_back_in_firefox(manager, site, firefox_browser):
    project = make_project(slug="sms", name="Messages", manager=manager)
    make_items(project, ["happy jpg qy", "gypsy", "see you"])
    before = labels(project)
    firefox_browser.goto(f"{site.url}/healthz")
    firefox_browser.sign_in(*session_cookie(manager))
    firefox_browser.resize(1280, 800)
    firefox_browser.goto(f"{site.url}/p/sms/items/")
    for key in ("j", "x", "j", "x"):
        firefox_browser.press(key, f"Key{key.upper()}")
    assert firefox_browser.evaluate("return document.querySelector('[data-count]').textContent") == "2"
    firefox_browser.press("2", "Digit2")
    firefox_browser.wait_for("return document.querySelector('[data-step]')?.textContent.includes('labeled spam')")
    assert list(labels(project).values()) == ["spam", "spam"]
    firefox_browser.press("u", "KeyU")
    firefox_browser.wait_for("return document.querySelector('[data-step]')?.textContent.includes('2 items as before')")
    assert labels(project) == before
    assert firefox_browser.evaluate(CUT_OFF) == [], "what hangs below a line is cut off"
    firefox_browser.sign_out()
