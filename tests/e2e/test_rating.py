"""The page of a scale: the digit of a step is its key, on a desk and on a phone."""

import pytest

from labeling.services.projects.label_set import set_labels
from tests.e2e.desk import holds, press, project_with, saved, task_of
from tests.e2e.pictures import drawn, make_pictures
from tests.factories import make_items, make_project

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


def test_a_picture_is_rated_and_stays_whole_above_the_scale(open_page, annotator):
    project = project_with(annotator, slug="damage", modality="image", kind="rating", labels=())
    set_labels(project, ["1 whole", "5 ruined"])
    make_pictures(project, [drawn(n) for n in range(3)])
    page = open_page(annotator, "/p/damage/annotate/")
    given = {press(page, "4"): {"rating": 4}}
    task = task_of(page, other_than=next(iter(given)))
    picture, bar = (page.locator(which).bounding_box() for which in (".picture", "#answers"))
    assert picture["y"] + picture["height"] <= bar["y"] + 1, "the scale covers nothing of it"
    page.keyboard.press("+")
    assert page.evaluate("Boolean(document.querySelector('.is-zoomed'))"), "the keys of pictures are there"
    page.keyboard.press("1")
    given[task] = {"rating": 1}
    task_of(page, other_than=task)
    saved(page)
    holds(project, given)


def test_a_row_of_a_table_is_rated_by_its_columns(open_page, annotator):
    project = make_project(slug="flats", modality="tabular", kind="rating", labels=(), manager=annotator)
    set_labels(project, ["0 never", "10 at once"])
    for n, fields in enumerate(({"rooms": "3", "rent": "900"}, {"rooms": "1", "rent": "400"})):
        make_items(project, [f"row {n}"], data=fields)
    page = open_page(annotator, "/p/flats/annotate/")
    task = task_of(page)
    shown = page.inner_text("#item")
    assert "rooms" in shown
    assert "rent" in shown
    given = {task: {"rating": 7}}
    page.keyboard.press("7")
    second = task_of(page, other_than=task)
    page.click('[data-label="10"]')
    given[second] = {"rating": 10}
    saved(page)
    holds(project, given)
