"""The annotation page as the server sends it: who may, what it carries, what it costs."""

import json
import re

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.kinds import KINDS
from labeling.models import Task
from labeling.pages.annotate import PAGE_SCRIPT
from labeling.pages.modules import modules_of
from labeling.services.answers.record import record_answer, skip
from tests.factories import make_items

PAGE = "/p/sms/annotate/"
STATE = "/p/sms/annotate/state/"


@pytest.mark.parametrize(
    ("who", "status"),
    [("annotator", 200), ("reviewer", 200), ("manager", 200), ("viewer", 403), ("stranger", 404), ("superuser", 200)],
)
def test_who_may_open_it(project, people, browser_of, who, status):
    make_items(project, ["one"])
    assert browser_of(getattr(people, who)).get(PAGE).status_code == status


def test_signed_out_the_page_asks_to_sign_in_and_the_state_says_so(project, client):
    assert client.get(PAGE).status_code == 302
    assert client.get(STATE).status_code == 401


def test_a_stranger_learns_nothing_from_the_state(project, people, browser_of):
    body = browser_of(people.stranger).get(STATE).json()
    assert body == {"user": people.stranger.pk, "name": "stranger", "project": None}


def boot_of(response):
    found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', response.content.decode(), re.S)
    return json.loads(found.group(1))


def test_it_carries_the_first_questions_and_the_last_answers(project, people, browser_of):
    make_items(project, [f"message {n}" for n in range(40)])
    browser = browser_of(people.annotator)
    first = boot_of(browser.get(PAGE))
    assert len(first["tasks"]) == 8
    assert first["history"] == []
    answered, skipped, *rest = [task["id"] for task in first["tasks"]]
    record_answer(people.annotator, answered, {"label": "spam"}, 900)
    skip(people.annotator, skipped, "unclear")
    again = boot_of(browser.get(PAGE))
    assert [(entry["task"]["id"], entry["given"]) for entry in again["history"]] == [
        (answered, {"answer": {"label": "spam"}, "doubt": False, "comment": ""}),
        (skipped, {"skip": "unclear"}),
    ]
    assert [task["id"] for task in again["tasks"]][: len(rest)] == rest
    assert again["mine"] == 1
    assert browser.get(STATE).json()["today_ms"] == 900


def test_own_answers_are_looked_back_at_in_pages_and_opened_again(project, people, browser_of, monkeypatch):
    monkeypatch.setattr("labeling.selectors.people.past.PAGE", 2)
    make_items(project, [f"message {n}" for n in range(40)])
    browser, others = browser_of(people.annotator), browser_of(people.reviewer)
    first, second, third, *_ = (task["id"] for task in boot_of(browser.get(PAGE))["tasks"])
    for task, label in ((first, "spam"), (second, "ham")):
        record_answer(people.annotator, task, {"label": label}, 900)
    skip(people.annotator, third, "unclear")
    theirs = boot_of(others.get(PAGE))["tasks"][0]["id"]
    record_answer(people.reviewer, theirs, {"label": "ham"})

    def listed(query=""):
        page = browser.get(f"/p/sms/mine/{query}").content.decode()
        return [int(task) for task in re.findall(r"annotate/\?task=(\d+)", page)], page

    newest, page = listed()
    assert newest == [third, second]
    assert "skipped" in page
    assert listed(f"?before={second}")[0] == [first]
    assert listed("?before=x")[0] == newest
    opened = boot_of(browser.get(f"{PAGE}?task={first}"))
    assert (opened["opens"], opened["history"][-1]["given"]) == (
        first, {"answer": {"label": "spam"}, "doubt": False, "comment": ""},
    )  # fmt: skip
    assert [past["task"]["id"] for past in opened["history"]] == [second, third, first]
    for other in (theirs, 10**18, "x", 0):
        assert "opens" not in boot_of(browser.get(f"{PAGE}?task={other}")), "nobody opens what is not his own"


def test_it_is_blind(project, people, browser_of):
    make_items(project, ["a text"], origin="camera-7")
    html = browser_of(people.annotator).get(PAGE).content.decode()
    boot = html[html.index('id="boot"') :]
    for word in ("row-0", "camera-7", "propensity", "utility", "strategy", "epoch", "reason", "pool_size", "score"):
        assert word not in boot, word


def test_nothing_is_leased_in_an_archived_project(project, people, browser_of):
    make_items(project, ["one"])
    type(project).objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00:00Z")
    assert boot_of(browser_of(people.annotator).get(PAGE))["tasks"] == []
    assert not Task.objects.exists()


def test_the_answers_already_given_cost_no_query_each(project, people, browser_of):
    make_items(project, [f"message {n}" for n in range(60)])
    browser = browser_of(people.annotator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            boot = boot_of(browser.get(PAGE))
        for task in boot["tasks"][:4]:
            record_answer(people.annotator, task["id"], {"label": "ham"}, 1)
        # chance says whether four new questions come from the eval split, the pool or both: one statement or two
        return sum('FROM "labeling_item" WHERE' not in query["sql"] for query in caught.captured_queries)

    browser.get(PAGE)
    queries()
    before = queries()  # four answers in the history, four new questions
    for _ in range(4):
        after = queries()
    assert after == before > 10


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_module_the_page_imports_is_preloaded(kind):
    """A module that is missing costs a round trip of its own; one too many is fetched for nothing."""
    folder = settings.STATICFILES_DIRS[0] / "js"
    imported, queue = set(), [folder / "pages/annotate.js", folder.parent / kind.script]
    while queue:
        path = queue.pop()
        for name in re.findall(r'from "(?:\.\./lib|\.)/(\w+)\.js"', path.read_text()):
            if name not in imported:
                imported.add(name)
                queue.append(folder / "lib" / f"{name}.js")
    lib = {f"js/lib/{name}.js" for name in imported}
    assert set(modules_of(PAGE_SCRIPT, kind.script)) == {PAGE_SCRIPT, kind.script} | lib
