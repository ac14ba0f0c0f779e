"""The picture of precision over recall and the suggested thresholds, in a real browser."""

import os

import pytest

from labeling.models import Split, User
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import UserFactory, make_answers, make_items, make_project
from tests.learning.people import texts, truth

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def manager(site, monkeypatch) -> User:
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    return UserFactory(username="manager", is_staff=True, is_superuser=True)


@pytest.fixture
def address(manager) -> str:
    """The page of a model of messages, one in twelve of them spam."""
    project = make_project(slug="rare", manager=manager, learner="logistic")
    every = texts(320, seed=5, spam_share=0.08)
    for made in (make_items(project, every[:100]), make_items(project, every[100:], split=Split.EVAL)):
        make_answers((item, manager, truth(item)) for item in made)
    run_training(decide(project.pk).pk)
    return "/p/rare/models/1/"


def test_the_picture_is_drawn_and_nothing_sticks_out(manager, address, open_page):
    """In each look of one project: to learn from 320 answers takes longer than to look."""
    for viewport in (PHONE, DESK):
        for scheme in ("light", "dark"):
            is_drawn(open_page(manager, address, viewport=viewport, color_scheme=scheme), viewport, scheme)


def is_drawn(page, viewport, scheme):
    part = page.locator("details:has(> summary #thresholds)")
    part.locator("summary").click()
    picture, table = part.locator("svg.chart"), part.locator("table")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    drawn = picture.locator("polyline.line").bounding_box()
    frame = picture.bounding_box()
    assert drawn["width"] > frame["width"] / 2
    point = picture.locator("circle.point").bounding_box()
    assert frame["x"] <= point["x"] <= frame["x"] + frame["width"]
    assert picture.get_attribute("aria-label").startswith("Precision over recall")
    assert "precision" in picture.locator("circle.point title").text_content()
    assert table.bounding_box()["width"] > 250
    if folder := os.environ.get("SHOTS"):
        part.screenshot(path=f"{folder}/thresholds-{viewport['width']}-{scheme}.png")
