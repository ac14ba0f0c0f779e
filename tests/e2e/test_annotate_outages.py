"""A server that cannot take an answer now: the page says why it waits, comes again when asked to, and loses nothing."""

import json
import re

import pytest

from tests.e2e.desk import current, holds, press, project_with, saved
from tests.factories import UserFactory

PAGE = "/p/sms/annotate/"
ANSWERS = re.compile("/answers?/$")
LABELS = {"1": {"label": "ham"}, "2": {"label": "spam"}}


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (507, "disk_full", "The server’s disk is full."),
        (503, "busy", "The server is busy."),
        (503, "away", "The server cannot reach its data."),
    ],
)
def test_the_page_says_why_it_waits_and_sends_later(open_page, site, status, code, words):
    annotator = UserFactory(username="ann")
    messages = project_with(annotator, [f"message {n}" for n in range(50)], slug="sms", name="SMS")
    page = open_page(annotator, PAGE)
    asked = []

    def put_off(route):
        body = route.request.post_data_json
        asked.append(body["answers"][0]["task"] if "answers" in body else int(route.request.url.split("/")[-3]))
        body = json.dumps({"detail": "…", "code": code, "retry_after_s": 1})
        headers = {"Retry-After": "1", "Content-Type": "application/json"}
        route.fulfill(status=status, body=body, headers=headers)

    page.route(ANSWERS, put_off)
    given = {press(page, key): LABELS[key] for key in "121"}
    page.wait_for_selector(f"[data-notice=offline]:not([hidden]) >> text={words}")
    assert "3 answers are kept in this browser" in page.inner_text("[data-notice=offline]")
    assert current(messages) == {}
    assert set(asked) == {next(iter(given))}, "in order: the next waits for the first"
    page.unroute(ANSWERS)
    saved(page)
    page.wait_for_selector("[data-notice=offline]", state="hidden")
    holds(messages, given)
