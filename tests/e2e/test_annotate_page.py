"""The page itself: drawer, theme, reach, contrast, names of everything, and what a screen reader hears."""

from pathlib import Path

import pytest

from labeling.models import Instructions, Item, Label, Project
from tests.e2e.desk import press, project_with, saved, task_of
from tests.factories import make_items

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
TEN = tuple(f"label {n}" for n in range(10))
SEVENTY_SEVEN = tuple(f"label_number_{n}" for n in range(77))


def script(name):
    return (Path(__file__).parent / f"{name}.js").read_text()


def test_instructions_in_a_drawer_with_their_version(open_page, annotator):
    project = project_with(annotator, ["one", "two"], slug="told")
    for number in (1, 2):
        Instructions.objects.create(
            project=project, number=number, text=f"Take care, *edition {number}*. <script>alert(1)</script>"
        )
    project.instructions_version = 2
    project.save()
    Label.objects.filter(project=project, name="ham").update(description="Real.", examples=["See you at 8"])
    page = open_page(annotator, "/p/told/annotate/")
    task_of(page)
    assert page.is_hidden("[data-notice=instructions]"), "they are open on the first visit"
    assert "See you at 8" in page.inner_text("#instructions .label-notes")
    assert "version 2" in page.inner_text("#instructions h2")
    assert page.inner_html("#instructions em") == "edition 2"
    assert page.query_selector("#instructions script") is None
    page.keyboard.press("1")  # the drawer does not stand in the way
    page.keyboard.press("Escape")
    assert page.is_hidden("#instructions")
    page.reload()
    task_of(page)
    assert page.is_hidden("[data-notice=instructions]")
    assert page.is_hidden("#instructions"), "and never again"
    Instructions.objects.create(project=project, number=3, text="Anew.")
    Project.objects.filter(pk=project.pk).update(instructions_version=3)
    page.reload()
    task_of(page)
    assert "version 3" in page.inner_text("[data-notice=instructions]")
    assert page.is_hidden("#instructions")
    asked = task_of(page)
    page.set_viewport_size(PHONE["viewport"])  # where they lie over the question
    page.keyboard.press("i")
    assert page.is_hidden("#answers")
    page.keyboard.press("2")
    assert page.is_hidden("#instructions"), "a press closes them"
    assert task_of(page) == asked, "and answers nothing"


def test_the_theme_is_kept(open_page, annotator):
    project_with(annotator, ["one"], slug="dark")
    page = open_page(annotator, "/p/dark/annotate/", color_scheme="light")
    task_of(page)
    page.keyboard.press("t")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"


def test_items_are_shown_as_text_never_as_markup(open_page, annotator):
    evil = "<img src=x onerror=alert(1)> </script><script>alert(2)</script> <!--"
    project = project_with(annotator, slug="evil", labels=("<b>bold</b>", '"quoted" & odd'))
    make_items(project, [evil], context="<i>context</i>")
    page = open_page(annotator, "/p/evil/annotate/")
    task_of(page)
    assert page.inner_text(".item__body") == evil
    assert page.inner_text(".context [data-text]") == "<i>context</i>"
    assert page.inner_text(".answer >> nth=0").endswith("<b>bold</b>")
    press(page, "2")
    saved(page)


def test_a_table_row_is_label_and_value(open_page, annotator):
    project = project_with(annotator, slug="rows", modality="tabular")
    (item,) = make_items(project, ["row"])
    Item.objects.filter(pk=item.pk).update(text="", data={"age": 48, "job": "baker", "note": None, "member": True})
    page = open_page(annotator, "/p/rows/annotate/")
    task_of(page)
    pairs = [row.inner_text().split("\n") for row in page.query_selector_all(".fields > div")]
    assert [[part for part in pair if part] for pair in pairs] == [
        ["age", "48"], ["job", "baker"], ["note", "empty"], ["member", "yes"],
    ]  # fmt: skip


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("labels", [("ham", "spam"), TEN, SEVENTY_SEVEN], ids=["2", "10", "77"])
def test_the_item_takes_most_of_the_page_and_answers_are_in_reach(open_page, annotator, screen, labels):
    project_with(annotator, ["a text to judge"], slug="room", labels=labels)
    page = open_page(annotator, "/p/room/annotate/", **screen)
    task_of(page)
    seen = page.evaluate(script("reach"))
    labels_shown = seen["labels"]
    if screen is PHONE and labels == SEVENTY_SEVEN:  # they get what a line of text leaves
        assert (seen["share"] >= 0.35, labels_shown >= 12) == (True, True)
    else:
        assert seen["share"] >= 0.7
    assert not seen["sideways"]
    assert not seen["below"]
    if screen is PHONE:
        assert seen["small"] == []


def test_everything_that_can_be_pressed_has_a_name_and_can_be_reached(open_page, annotator):
    project_with(annotator, ["a text to judge", "another"], slug="named")
    page = open_page(annotator, "/p/named/annotate/")
    press(page, "1")
    task_of(page)
    order = []
    for _ in range(14):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                """() => {
                    const element = document.activeElement;
                    const name = element.ariaLabel || element.textContent.trim() || element.title;
                    const ring = getComputedStyle(element).outlineStyle !== "none";
                    return [element.tagName, name.replace(/\\s+/g, " "), ring];
                }"""
            )
        )
    names = [name for tag, name, _ in order if tag != "BODY"]
    assert all(names)
    assert all(ring for tag, _, ring in order if tag != "BODY")
    assert [name for name in names if name in ("Instructions", "Question", "UndoU", "1ham", "2spam", "SkipS")] == [
        "Instructions", "Question", "UndoU", "1ham", "2spam", "SkipS",
    ]  # fmt: skip


def test_a_screen_reader_hears_what_was_saved_and_the_next_item(open_page, annotator):
    project_with(annotator, ["the very first", "the very second"], slug="heard")
    page = open_page(annotator, "/p/heard/annotate/")
    task_of(page)
    page.keyboard.press("1")
    page.wait_for_function("() => document.querySelector('#said').textContent.includes('ham')")
    said = page.inner_text("#said")
    assert "the very" in said
    assert page.get_attribute("#said", "aria-live") == "polite"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_is_double_a(open_page, annotator, theme):
    """Every visible text against the ground it really stands on, computed by the browser."""
    project = project_with(annotator, [f"text {n}" for n in range(5)], slug="seen", kind="multilabel")
    Instructions.objects.create(project=project, number=1, text="Read *me*, `code` and [a link](https://example.org).")
    project.instructions_version = 1
    project.save()
    page = open_page(annotator, "/p/seen/annotate/", color_scheme=theme)
    press(page, "Enter")
    page.keyboard.press("u")
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    poor = page.evaluate(script("contrast"))
    # one message at a time is seen: a stern notice, then a mild one
    for name in ("offline", "changed"):
        page.evaluate(
            """(name) => document.querySelectorAll("#past, [data-notice]").forEach((line) =>
                (line.hidden = line.id === "past" || ![name, "returned"].includes(line.dataset.notice)))""",
            name,
        )
        page.wait_for_timeout(150)
        poor += page.evaluate(script("contrast"))
    page.keyboard.press("?")
    page.wait_for_timeout(200)
    assert poor + page.evaluate(script("contrast")) == []


def test_reduced_motion_is_respected(open_page, annotator):
    project_with(annotator, ["one"], slug="calm")
    page = open_page(annotator, "/p/calm/annotate/", reduced_motion="reduce")
    task_of(page)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")]
            .filter((element) => parseFloat(getComputedStyle(element).transitionDuration) > 0)
            .map((element) => element.className)"""
    )
    assert moving == []
