"""From an invitation to the first answer, in the browser of somebody who was never here before.

With SCREENSHOTS=folder each step is photographed at two widths.
"""

import os
from pathlib import Path

from playwright.sync_api import Page

from labeling.models import Annotation, Member, Role, User
from tests.e2e.axe import findings
from tests.e2e.desk import press, saved, task_of
from tests.factories import UserFactory, make_items, make_project

WIDTHS = {"narrow": (390, 844), "wide": (1280, 800)}


def look(page: Page, step: str) -> None:
    """Nothing is wider than the page, axe finds nothing; a photograph where somebody wants to see it."""
    for name, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (step, name)
        if folder := os.environ.get("SCREENSHOTS"):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=Path(folder) / f"{step}-{name}-{scheme}.png", full_page=True)
    assert list(findings(page)) == [], step
    page.set_viewport_size({"width": 1280, "height": 800})


def test_from_the_invitation_to_the_first_answer_in_another_browser(open_page, site):
    mia = UserFactory(username="mia")
    project = make_project(slug="mail", name="Mail of the shop", manager=mia)
    make_items(project, ["free money", "see you at five"])
    page = open_page(mia, "/p/mail/members/")
    page.get_by_label("Whom it is for").fill("Nora")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link").inner_text().strip()
    look(page, "members-with-link")

    hers = open_page(None, link)  # another browser context: no cookie of the first
    assert hers.url == f"{site.url}/join/", "the key does not stay in the address"
    look(hers, "invitation")
    hers.get_by_label("User name").fill("nora")
    hers.get_by_label("Password").fill("nora")
    hers.get_by_role("button", name="Make an account and begin").click()
    hers.get_by_text("too short").wait_for()
    look(hers, "invitation-refused")
    hers.get_by_label("Password").fill("seven wooden boats")
    hers.get_by_role("button", name="Make an account and begin").click()
    hers.wait_for_url("**/p/mail/annotate/")
    task_of(hers)
    press(hers, "1")
    saved(hers)
    nora = User.objects.get(username="nora")
    assert Annotation.objects.get().annotator == nora
    assert Member.objects.get(user=nora).role == Role.ANNOTATOR

    used_up = open_page(None, link)
    used_up.get_by_text("was used as often as it may be").wait_for()
    look(used_up, "invitation-used-up")
    page.goto("/p/mail/members/")
    assert "1 of 1 used" in page.inner_text("section[aria-labelledby=invite]")
