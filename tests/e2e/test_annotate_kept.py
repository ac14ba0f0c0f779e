"""A press while the picture loads is kept and shown, and given once the picture is there; never for another one."""

import pytest

from labeling.models import Annotation, Member, Role, Task, TaskState
from tests.e2e.desk import holds, saved, task_of, unsent
from tests.e2e.pairs import pairwise_project, picture_zip
from tests.e2e.pictures import drawn, make_pictures
from tests.e2e.site import wait_until
from tests.factories import make_project

KEPT = "#kept:not([hidden])"


class Gate:
    """Holds the pictures back until it is opened."""

    def __init__(self, page):
        self.held, self.is_open, self.fails = [], False, False
        page.route("**/preview/**", self._asked)

    def _asked(self, route):
        if self.fails:
            route.abort()
        elif self.is_open:
            route.continue_()
        else:
            self.held.append(route)

    def open(self):
        self.is_open = True
        for route in self.held:
            route.continue_()
        self.held = []

    def fail(self):
        self.fails = True
        for route in self.held:
            route.abort()
        self.held = []


@pytest.fixture
def loading(context_of, annotator):
    """``loading(kind)``: a page whose pictures have not come, its project, and the gate that lets them in."""

    def make(kind):
        if kind == "pairwise":
            project = pairwise_project(annotator, picture_zip([drawn(n) for n in range(4)]), modality="image")
        else:
            project = make_project(slug="slow", modality="image", kind=kind, labels=("glass", "paper"))
            Member.objects.create(project=project, user=annotator, role=Role.ANNOTATOR)
            make_pictures(project, [drawn(n) for n in range(4)])
        page = context_of(annotator).new_page()
        gate = Gate(page)
        page.goto(f"/p/{project.slug}/annotate/")
        page.wait_for_selector("[data-part=loading]:not([hidden])")
        return page, project, gate

    return make


def on_table(page) -> int:
    return int(page.get_attribute("#item", "data-task"))


@pytest.mark.parametrize("kind", ["classification", "multilabel", "pairwise"])
def test_it_is_shown_at_once_and_given_with_the_picture(loading, kind):
    page, project, gate = loading(kind)
    task = on_table(page)
    page.keyboard.press("2")
    if kind == "multilabel":
        page.keyboard.press("Enter")
    assert page.is_visible(KEPT)
    assert page.locator("[aria-pressed=true]").count() == 1
    assert "given when the picture is there" in page.inner_text("#kept")
    page.wait_for_function("() => document.querySelector('#said').textContent.includes('given when the picture')")
    assert unsent(page) == 0
    gate.open()
    task_of(page, other_than=task)
    assert page.is_hidden("#kept")
    assert page.locator("[aria-pressed=true]").count() == 0
    saved(page)
    expected = {"classification": {"label": "paper"}, "multilabel": {"labels": ["paper"]}}
    holds(project, {task: expected.get(kind, {"winner": "right"})})
    here = on_table(page)
    page.keyboard.press("u")
    assert task_of(page, other_than=here) == task, "and it can be undone"


def test_the_last_press_counts_and_escape_takes_it_back(loading):
    page, project, gate = loading("classification")
    task = on_table(page)
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    assert page.is_hidden("#kept")
    assert page.locator("[aria-pressed=true]").count() == 0
    page.keyboard.press("2")
    page.keyboard.press("1")
    assert page.locator("[aria-pressed=true]").get_attribute("data-label") == "glass"
    gate.open()
    task_of(page, other_than=task)
    saved(page)
    holds(project, {task: {"label": "glass"}})


@pytest.mark.parametrize("way", ["Escape", "u", "button"])
def test_what_was_taken_back_is_not_given(loading, way):
    page, project, gate = loading("classification")
    task = on_table(page)
    page.keyboard.press("1")
    if way == "button":
        page.click("#kept button")
    else:
        page.keyboard.press(way)
    gate.open()
    task_of(page)
    page.wait_for_timeout(600)  # twice as long as a kept press waits
    assert on_table(page) == task
    assert unsent(page) == 0
    assert not Annotation.objects.filter(project=project).exists()


def test_another_choice_of_labels_asks_for_enter_again(loading):
    page, project, gate = loading("multilabel")
    task = on_table(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.keyboard.press("2")
    assert page.is_hidden("#kept")
    gate.open()
    task_of(page)
    page.keyboard.press("Enter")
    task_of(page, other_than=task)
    holds(project, {task: {"labels": ["glass", "paper"]}})


def test_it_is_never_given_for_another_picture(loading):
    """The question on the table goes: skipped here, then answered in another tab."""
    page, project, gate = loading("classification")
    skipped = on_table(page)
    page.keyboard.press("1")
    page.keyboard.press("s")
    assert page.is_hidden("#kept"), "who asks to skip has changed their mind"
    page.keyboard.press("1")
    elsewhere = on_table(page)
    assert elsewhere != skipped
    page.keyboard.press("2")
    assert page.is_visible(KEPT)
    other = page.context.new_page()
    other.goto("/healthz")
    user = project.members.get().user_id
    other.evaluate(
        """([user, task]) =>
            new BroadcastChannel(`querent:${user}`).postMessage({ type: "settled", task, op: "answer" })""",
        [user, elsewhere],
    )
    wait_until(lambda: on_table(page) != elsewhere, 5, "the next question")
    assert page.is_hidden("#kept")
    gate.open()
    here = task_of(page)
    page.wait_for_timeout(600)
    assert on_table(page) == here
    assert not Annotation.objects.filter(project=project).exists()
    wait_until(lambda: Task.objects.get(pk=skipped).state == TaskState.SKIPPED, 5, "the skip")


def test_behind_an_open_sheet_it_waits_until_the_picture_is_seen(loading):
    page, project, gate = loading("classification")
    task = on_table(page)
    page.keyboard.press("1")
    page.keyboard.press("?")
    gate.open()
    page.wait_for_function("() => document.querySelector('.picture')?.naturalWidth > 0")
    page.wait_for_timeout(600)
    assert on_table(page) == task
    page.keyboard.press("Escape")
    task_of(page, other_than=task)
    holds(project, {task: {"label": "glass"}})


def test_a_press_about_a_picture_that_failed_says_that_nothing_was_given(loading):
    page, _, gate = loading("classification")
    gate.fail()
    page.wait_for_selector("[data-part=failed]:not([hidden])")
    page.keyboard.press("1")
    assert "no picture to judge" in page.inner_text("#kept")
    assert page.is_hidden("#kept button")
    assert page.locator("[aria-pressed=true]").count() == 0
    assert unsent(page) == 0
