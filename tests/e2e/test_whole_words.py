"""A label that fits its line is seen whole: no descender and no accent is cut off, in Chromium and Firefox."""

import io

import pytest
from PIL import Image, ImageChops

from tests.e2e.desk import project_with
from tests.e2e.pairs import argument_rows, pairwise_project
from tests.e2e.site import wait_until
from tests.e2e.windows import task_on_table
from tests.factories import make_items

#: Boxes that cut off what does not fit, with words in them.
CUTTING = """[...document.querySelectorAll("body *")].filter((element) =>
    !(element.getBoundingClientRect().bottom > element.closest("[role=listbox]")?.getBoundingClientRect().bottom)
    && getComputedStyle(element).overflowY !== "visible" && element.checkVisibility()
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    && !element.closest(".visually-hidden"))"""


def picture(window):
    """The page at rest: two looks at it are the same."""
    looks = [window.screenshot()]

    def at_rest() -> bool:
        looks.append(window.screenshot())
        return looks[-1] == looks[-2]

    wait_until(at_rest, 10, "the page to rest")
    return Image.open(io.BytesIO(looks[-1])).convert("RGB")


def cut_off(window):
    """The boxes around which more is painted once nothing is cut off."""
    window.evaluate("document.activeElement.blur()")  # a caret blinks
    boxes = window.evaluate(f"return {CUTTING}.map((box) => [box.textContent, box.getBoundingClientRect().toJSON()])")
    assert boxes, "nothing cuts anything off: the test looks at nothing"
    before = picture(window)
    window.evaluate(f"for (const box of {CUTTING}) box.style.overflow = 'visible'")
    difference = ImageChops.difference(before, picture(window))
    around = [(words, (box["left"] - 4, box["top"] - 4, box["right"] + 4, box["bottom"] + 4)) for words, box in boxes]
    return [words for words, box in around if difference.crop(box).getbbox()]


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_labels_of_a_large_set(window_of, annotator, kind):
    labels = tuple(f"{name} {n}" for n in range(8) for name in ("gypsy", "Ängström", "jqpy"))
    project = project_with(annotator, ["one"], slug="low", labels=labels, kind=kind)
    make_items(project, ["two"])
    window = window_of(annotator, "/p/low/annotate/")
    task_on_table(window)
    assert cut_off(window) == []


def test_the_purpose_and_words_of_a_pair(window_of, annotator):
    project = pairwise_project(annotator, argument_rows(4), purpose="Ägyptian gypsy jqpy?")
    window = window_of(annotator, f"/p/{project.slug}/annotate/")
    task_on_table(window)
    assert cut_off(window) == []
