"""No frame around the page after a skip, by hand or by key; the keyboard's focus stays visible. In both browsers."""

import pytest

from tests.e2e.desk import project_with
from tests.e2e.windows import task_on_table

FRAMED = """
    const held = document.activeElement;
    const isFramed = held !== document.body && getComputedStyle(held).outlineStyle !== "none";
    return isFramed ? held.id || held.dataset.command || held.tagName : "";
"""


@pytest.fixture
def window(window_of, annotator):
    project_with(annotator, ["one", "two", "three", "four"], slug="calm")
    window = window_of(annotator, "/p/calm/annotate/")
    task_on_table(window)
    return window


@pytest.mark.parametrize("opened", ["key", "mouse"])
@pytest.mark.parametrize("chosen", ["key", "mouse"])
def test_no_frame_is_left_after_a_skip(window, opened, chosen):
    for _ in range(2):
        task = task_on_table(window)
        window.press("s", "KeyS") if opened == "key" else window.click("[data-command=skip]")
        window.press("1", "Digit1") if chosen == "key" else window.click("[data-reason=unclear]")
        task_on_table(window, task)
        assert window.evaluate(FRAMED) == ""
    window.press("u", "KeyU")
    assert window.evaluate(FRAMED) == ""


def test_no_frame_is_left_after_the_menu_was_closed_again(window):
    window.press("s", "KeyS")
    assert window.evaluate("return document.activeElement.dataset.reason") == "unclear"
    assert window.evaluate(FRAMED), "the reason that Enter would take is framed"
    window.press("Escape", "Escape")
    assert window.evaluate(FRAMED) == ""


def test_who_walks_by_tab_sees_where_they_are_before_and_after_a_skip(window):
    task = task_on_table(window)
    for _ in range(20):
        window.press("Tab", "Tab")
        if window.evaluate(FRAMED) == "skip":
            break
    assert window.evaluate(FRAMED) == "skip"
    window.press("Enter", "Enter")
    window.press("1", "Digit1")
    task_on_table(window, task)
    assert window.evaluate(FRAMED) == "skip", "the focus is where it was"


def test_the_question_is_framed_for_who_walks_to_it_and_not_when_the_focus_only_rests_there(window):
    task = task_on_table(window)
    window.press("1", "Digit1")
    second = task_on_table(window, task)
    for _ in range(20):
        window.press("Tab", "Tab")
        if window.evaluate(FRAMED) == "item":
            break
    assert window.evaluate(FRAMED) == "item"
    for _ in range(20):
        window.press("Tab", "Tab")
        if window.evaluate(FRAMED) == "undo":
            break
    window.press("Enter", "Enter")  # after it there is nothing to undo: the button is off and lets go of the focus
    task_on_table(window, second)
    assert window.evaluate("return document.activeElement.id") == "item"
    assert window.evaluate(FRAMED) == ""
    window.press("Tab", "Tab")
    assert window.evaluate(FRAMED)
