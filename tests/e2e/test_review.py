"""Thirty items are reviewed by keys alone: accepted, changed, sent back, put to somebody else, undone.

With SCREENSHOTS=folder the page is photographed at two widths, light and dark.
"""

import os
from pathlib import Path

from playwright.sync_api import Page

from labeling.models import Annotation, Item, Member, ReviewDecision, ReviewPlan, Role, Source
from tests.e2e.axe import findings
from tests.factories import UserFactory, make_answer, make_items, make_project

N = 30
STATES = """
window.states = [];
const look = () => states.push(document.body.dataset.state);
const watch = () => new MutationObserver(look).observe(document.body, { attributeFilter: ["data-state"] });
addEventListener("DOMContentLoaded", watch);
"""
WIDTHS = {"narrow": (390, 844), "wide": (1280, 800)}


def look(page: Page, step: str) -> None:
    for name, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (step, name)
        if folder := os.environ.get("SCREENSHOTS"):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=Path(folder) / f"{step}-{name}-{scheme}.png")
    assert list(findings(page)) == [], step  # in all its looks
    page.set_viewport_size({"width": 1280, "height": 800})


def shown(page: Page, done: int) -> str:
    """The text on the table once so many are decided and the next one is there."""
    page.wait_for_function(
        "done => Number(document.querySelector('.head [data-done]').textContent) === done"
        " && document.body.dataset.state === 'question'"
        " && document.querySelector('#said-of-it').dataset.item === document.querySelector('#item').dataset.task",
        arg=done,
    )
    return page.inner_text("#item .text")


def accepted_together_and_undone(page: Page) -> None:
    page.get_by_text("A voucher again").wait_for()  # an open comment
    page.get_by_role("link", name="Drawn at random (15)").click()
    page.wait_for_url("**/review/list/?sort=random")  # and its script
    for key in "jjxkx":
        page.keyboard.press(key)
    page.keyboard.press("Control+k")
    page.keyboard.type("jkx")
    assert page.locator("#palette input").input_value() == "jkx"
    page.keyboard.press("Escape")
    look(page, "review-list")
    page.get_by_role("button", name="Accept the ticked ones").click()
    page.get_by_role("heading", name="Accept 2 items?").wait_for()
    look(page, "review-bulk")
    page.get_by_role("button", name="Accept 2 items").click()
    page.get_by_text("2 items accepted: 2 ham").wait_for()
    page.get_by_role("button", name="Undo: 2 items").click()
    page.get_by_text("Undone: 2 items as before").wait_for()


def test_thirty_items_are_reviewed_by_keys(open_page, site):
    mia, ann, bob = (UserFactory(username=name) for name in ("mia", "ann", "bob"))
    project = make_project(slug="mail", name="Mail of the shop", manager=mia, overlap=2)
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in (ann, bob))
    ReviewPlan.objects.create(project=project, random_share=1.0)
    items = make_items(project, [f"message number {number}" for number in range(N)])
    for number, item in enumerate(items):
        make_answer(item, ann, {"label": "ham"})
        make_answer(item, bob, {"label": "spam" if number % 2 else "ham"})
    page = open_page(mia, "/p/mail/")
    page.add_init_script(STATES)
    page.get_by_role("link", name="Review").click()
    first = shown(page, 0)
    assert "empty" not in page.evaluate("states"), "nobody is told that nothing waits before the server has said so"
    assert "0 of 30" in page.inner_text(".head__progress")
    assert page.locator(".said__answers li").all_inner_texts() == ["ham\nann", "spam\nbob"]
    page.get_by_label("For other reviewers").fill("A voucher again: what do the rules say?")
    page.keyboard.press("Control+Enter")
    page.locator(".said__comments").get_by_text("A voucher again").wait_for()
    page.keyboard.press("Escape")
    look(page, "review-disputed")

    page.keyboard.press("Enter")  # a tie: nothing to accept
    page.get_by_text("come to nothing that could be accepted").wait_for()
    page.keyboard.press("2")
    assert shown(page, 1) != first
    page.keyboard.press("u")
    assert shown(page, 0) == first
    page.keyboard.press("1")
    shown(page, 1)
    page.keyboard.press("x")
    page.get_by_label("What should be looked at again").fill("Is a voucher spam?")
    look(page, "review-send-back")
    page.keyboard.press("Control+Enter")
    shown(page, 2)
    page.keyboard.press("s")
    page.keyboard.press("2")
    for done in range(3, 15):
        shown(page, done)
        page.keyboard.press("2" if done % 2 else "1")
    shown(page, 15)
    look(page, "review-random")
    accepted_together_and_undone(open_page(mia, "/p/mail/review/list/"))
    for done in range(15, N):
        shown(page, done)
        page.keyboard.press("Enter")
    page.get_by_text("Nothing waits for a review").wait_for()
    look(page, "review-empty")
    assert "30 of 30" in page.inner_text(".head__progress")
    standing = ReviewDecision.objects.standing()
    assert standing.count() == N
    assert standing.filter(verdict="accept", batch="").count() == 15  # also the two that were undone
    sent = standing.get(verdict="send_back")
    assert (sent.comment.text, sent.waits, sent.task.annotator.username) == ("Is a voucher spam?", True, "ann")
    assert Item.objects.filter(status="set_aside").count() == 1
    assert Annotation.objects.current().filter(source=Source.REVIEW).count() == N - 2
    assert ReviewDecision.objects.exclude(undone_at=None).count() == 3

    hers = open_page(ann, "/p/mail/annotate/")  # the question comes back to its author, with what was said
    hers.get_by_text("Is a voucher spam?").wait_for()
    look(hers, "annotate-returned")
    hers.goto("/p/mail/mine/")
    hers.get_by_text("Is a voucher spam?").wait_for()
    look(hers, "own-threads")
