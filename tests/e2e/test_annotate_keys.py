"""What a key cap says is what its key does, and no two caps say the same."""

import pytest

from labeling.services.projects.label_set import set_labels
from tests.e2e.desk import holds, project_with, saved, task_of
from tests.e2e.pairs import argument_rows, pairwise_project
from tests.e2e.pictures import drawn, make_pictures
from tests.factories import make_items

HARD = {
    "shipped sample": [{"name": "ham", "hotkey": "h"}, {"name": "spam", "hotkey": "s"}],
    "every command": [{"name": f"label {key}", "hotkey": key} for key in "usitxf"],
    "twenty": [{"name": f"label {n}"} for n in range(20)],
    "seventy-seven": [{"name": f"label {n}"} for n in range(77)],
}


def caps(page, selector: str) -> list[str]:
    return page.eval_on_selector_all(
        selector, "all => all.filter((cap) => cap.checkVisibility()).map((cap) => cap.textContent)"
    )


def twice(found: list[str]) -> set[str]:
    return {cap for cap in found if cap != "…" and found.count(cap) > 1}


@pytest.fixture
def project(annotator, site):
    """A classification or multilabel project of texts or pictures with the labels given."""

    def make(labels, kind="classification", modality="text"):
        made = project_with(annotator, slug="keys", kind=kind, modality=modality)
        if modality == "image":
            make_pictures(made, [drawn(number) for number in range(6)])
        else:
            make_items(made, [f"text {n}" for n in range(9)])
        set_labels(made, labels)
        return made

    return make


@pytest.mark.parametrize("modality", ["text", "image"])
@pytest.mark.parametrize("kind", ["classification", "multilabel"])
@pytest.mark.parametrize("labels", HARD.values(), ids=HARD)
def test_no_cap_stands_twice_on_the_buttons_or_in_the_sheet(open_page, annotator, project, labels, kind, modality):
    made = project(labels, kind, modality)
    page = open_page(annotator, f"/p/{made.slug}/annotate/")
    task_of(page)
    assert twice(caps(page, "footer kbd, .head kbd")) == set()
    page.click("[data-command=keys]")
    sheet = caps(page, "#keys kbd")
    assert len(sheet) > 8
    assert twice(sheet) == set()


@pytest.mark.parametrize("width", [1280, 390], ids=["side by side", "above one another"])
def test_no_cap_stands_twice_for_pairs(open_page, annotator, site, width):
    pairwise_project(annotator, argument_rows(4))
    page = open_page(annotator, "/p/pairs/annotate/", viewport={"width": width, "height": 844})
    task_of(page)
    assert twice(caps(page, ".side kbd, footer kbd")) == set()
    page.click("[data-command=keys]")
    assert twice(caps(page, "#keys kbd")) == set()


def test_in_the_shipped_sample_s_is_spam_and_skip_has_moved(open_page, annotator, project):
    made = project(HARD["shipped sample"])
    page = open_page(annotator, "/p/keys/annotate/")
    task = task_of(page)
    assert page.inner_text("[data-label=spam] kbd") == "S"
    assert page.inner_text("[data-command=skip] kbd") == "K"
    page.keyboard.press("s")
    second = task_of(page, other_than=task)
    page.keyboard.press("Shift+S")
    third = task_of(page, other_than=second)
    page.keyboard.press("k")
    page.keyboard.press("1")
    task_of(page, other_than=third)
    saved(page)
    holds(made, {task: {"label": "spam"}, second: {"label": "spam"}})


def test_every_moved_command_is_run_by_the_key_on_its_button(open_page, annotator, project):
    made = project(HARD["every command"], modality="image")
    page = open_page(annotator, f"/p/{made.slug}/annotate/")
    given = {}
    for key in "ux":
        task = task_of(page)
        page.keyboard.press(key)
        given[task] = {"label": f"label {key}"}
        task_of(page, other_than=task)
    last = task_of(page)
    page.keyboard.press(cap_of(page, "undo"))
    back = task_of(page, other_than=last)
    page.keyboard.press(cap_of(page, "takeBack"))
    page.wait_for_selector("#past", state="hidden")
    given.pop(back)
    page.keyboard.press(cap_of(page, "instructions", "title"))
    page.wait_for_selector("#instructions:not([hidden])")
    page.keyboard.press("Escape")
    page.keyboard.press(cap_of(page, "skip"))
    assert page.is_visible("#skip-menu")
    page.keyboard.press("Escape")
    saved(page)
    holds(made, given)


def cap_of(page, command: str, where: str = "") -> str:
    if where:
        return page.get_attribute(f"header [data-command={command}]", where).split("(")[1].rstrip(")").lower()
    return page.locator(f"[data-command={command}] kbd").text_content().lower()
