"""The page of a scale: the digit of a step is its key, on a desk and on a phone."""

import pytest

from labeling.services.projects.label_set import set_labels
from tests.e2e.desk import holds, press, project_with, saved, task_of

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def jokes(annotator):
    project = project_with(
        annotator, [f"joke {n}: a man walks into a bar" for n in range(12)], slug="jokes", kind="rating", labels=()
    )
    set_labels(project, ["1 not funny at all", "7 very funny"])
    return project


def test_a_digit_rates_and_a_click_does_too(open_page, annotator, jokes):
    page = open_page(annotator, "/p/jokes/annotate/")
    given = {press(page, "5"): {"rating": 5}}
    task = task_of(page, other_than=next(iter(given)))
    page.click('[data-label="7"]')
    given[task] = {"rating": 7}
    third = task_of(page, other_than=task)
    page.keyboard.press("u")
    assert task_of(page, other_than=third) == task
    assert page.get_attribute('[data-label="7"]', "aria-pressed") == "true"
    page.keyboard.press("2")
    given[task] = {"rating": 2}
    assert task_of(page, other_than=task) == third
    saved(page)
    holds(jokes, given)


def test_the_ends_are_named_and_every_step_has_a_name_for_those_who_do_not_see_it(open_page, annotator, jokes):
    page = open_page(annotator, "/p/jokes/annotate/")
    task_of(page)
    assert page.inner_text(".scale__ends").split("\n") == ["not funny at all", "very funny"]
    assert page.get_attribute('[data-label="7"]', "aria-label") == "7, very funny"
    assert page.get_attribute("#answers", "aria-label") == "Steps of the scale"


@pytest.mark.parametrize(("low", "high"), [("1", "2"), ("1", "5"), ("1", "7"), ("1", "10"), ("0", "10")])
def test_on_a_phone_every_step_is_as_large_as_a_thumb_and_in_sight(open_page, annotator, low, high):
    project = project_with(annotator, ["one", "two"], slug="phone", kind="rating", labels=())
    set_labels(project, [f"{low} worst there is", f"{high} best there is"])
    page = open_page(annotator, "/p/phone/annotate/", **PHONE)
    task_of(page)
    boxes = [page.locator(f'[data-label="{step}"]').bounding_box() for step in range(int(low), int(high) + 1)]
    for box in boxes:
        assert box
        assert box["width"] >= 40, boxes
        assert box["height"] >= 44, boxes
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= 844
    assert max(box["width"] for box in boxes) - min(box["width"] for box in boxes) < 2
    page.tap(f'[data-label="{high}"]')
    saved(page)
