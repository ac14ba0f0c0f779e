"""The pages of people with thirty of them, at two widths, light and dark: nothing is too wide, axe finds nothing.

With SCREENSHOTS=folder they are photographed.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from labeling.models import Member
from labeling.services.members.measure import pause, set_measure
from learning.models import TrainedWithout
from tests.e2e.axe import findings
from tests.factories import UserFactory, make_project
from tests.labeling.people.crowd import answered_by, with_gold

FIRST = ("ann", "ben", "cleo", "drew", "eve", "fred", "gina", "hugo", "ida", "jan")
NAMES = [f"{name}{n}" for n in (1, 2, 3) for name in FIRST]
N_ITEMS = 120


@pytest.fixture
def mia(site):
    """Manages thirty people: good and bad ones, three who lie together, one who only clicks by now."""
    mia = UserFactory(username="mia", is_superuser=True)
    project = make_project(slug="crowd", name="Mail of the shop", manager=mia)
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, N_ITEMS)
    right = rng.uniform(0.7, 0.97, (len(NAMES), 1))
    said = np.where(rng.random((len(NAMES), N_ITEMS)) < right, truth, 1 - truth)
    said[:3] = np.where(np.arange(N_ITEMS) < 24, 1 - truth, truth)
    said[3, 90:] = rng.integers(0, 2, 30)
    said[4:, :] = np.where(rng.random(said[4:].shape) < 0.5, said[4:], -1)
    users, items = answered_by(project, NAMES, said)
    with_gold(project, items, truth, [2, 5, 8, 11, 40, 70, *range(90, 120)])
    Member.objects.filter(user__in=users[:3]).update(gold_aims=[items[2].pk, items[5].pk])
    tell_without(project, NAMES[:3])
    pause(mia, Member.objects.get(user=users[7]), "On holiday")
    set_measure(mia, Member.objects.get(user=users[8]), {"goal_day": 50, "quota_day": 100})
    return mia


def tell_without(project, names):
    shares = (
        {"value": 0.83, "low": 0.75, "high": 0.89, "n": 118},
        {"value": 0.79, "low": 0.71, "high": 0.86, "n": 118},
    )
    result = {
        "model": 4, "left_out": 360, "learned": 98, "learned_without": 91, "n_eval": 118, "eval_changed": 11,
        "metric": "accuracy", "without": shares[0], "with_them": shares[1],
        "difference": {"difference": 0.042, "low": 0.008, "high": 0.081, "n": 118}, "p_differs": 0.03,
    }  # fmt: skip
    TrainedWithout.objects.create(project=project, people=list(names), state="done", result=result)


def look(page, step, *, closely=False):
    for name, (width, height) in {"narrow": (390, 844), "wide": (1280, 800)}.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (step, name)
        if folder := os.environ.get("SCREENSHOTS"):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=Path(folder) / f"{step}-{name}-{scheme}.png", full_page=True)
    if closely:  # the other pages are in tests/e2e/test_axe.py
        assert list(findings(page)) == [], step


def test_thirty_people_on_their_pages(open_page, mia):
    page = open_page(mia, "/p/crowd/members/")
    assert page.locator("tbody tr").count() == len(NAMES) + 1
    look(page, "thirty-members", closely=True)
    member = Member.objects.get(user__username="ida1")
    page.goto(f"/p/crowd/members/{member.pk}/")
    look(page, "one-member")
    page.goto("/p/crowd/members/people/?sort=agreement")
    page.get_by_text("wrong together", exact=True).wait_for()
    assert page.locator("table.people tbody tr").count() == len(NAMES) + 1
    panel = page.inner_text("section[aria-labelledby=alike]")
    assert all(name in panel for name in NAMES[:3])
    assert NAMES[10] not in panel
    assert "+4.2 points (+0.8 to +8.1)" in panel
    assert page.locator("button", has_text="Waive, test anew").count() >= 1  # in a fold
    for fold in page.locator("details.people__more > summary").all()[:2]:
        fold.click()
    look(page, "thirty-people", closely=True)
    page.goto("/p/crowd/members/file/")
    given = {"name": "people.csv", "mimeType": "text/csv", "buffer": b"username,role\nnew1,\nann1,viewer\nno spaces,\n"}
    page.get_by_label("csv").set_input_files(given)
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("button", name="Add and invite 1 person").wait_for()
    look(page, "roster-shown")
    page.get_by_role("button", name="Add and invite 1 person").click()
    page.get_by_label("All links, to copy").wait_for()
    look(page, "roster-done")
