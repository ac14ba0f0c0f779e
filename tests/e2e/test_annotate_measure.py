"""Goal, quota, pause and pace as the person at the annotation page meets them."""

import os
from pathlib import Path

from labeling.models import Annotation, Member
from labeling.services.members.measure import pause, resume, set_measure
from tests.e2e.axe import findings
from tests.e2e.desk import press, project_with, saved, task_of, unsent
from tests.e2e.site import wait_until
from tests.factories import UserFactory

HEADER = "[data-goal]"


def look(page, step):
    for name, size in {"narrow": (390, 844), "wide": (1280, 800)}.items():
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], (step, name)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{step}-{name}.png")
    assert list(findings(page)) == [], step


def test_goal_quota_and_pause_are_told_where_the_questions_would_be(open_page, annotator):
    project = project_with(annotator, [f"text {n}" for n in range(9)], slug="calm")
    member, mia = Member.objects.get(user=annotator), UserFactory(username="mia")
    set_measure(mia, member, {"goal_day": 2, "quota_day": 3})
    page = open_page(annotator, "/p/calm/annotate/")
    task_of(page)
    assert page.inner_text(HEADER) == "0 of 2 today"
    press(page, "1")
    task_of(page)
    assert page.inner_text(HEADER) == "1 of 2 today"
    look(page, "goal")
    press(page, "1")
    task_of(page)
    assert page.inner_text(HEADER) == "goal reached today"
    press(page, "1")
    page.get_by_role("heading", name="That is all for today").wait_for()
    look(page, "quota")
    saved(page)
    assert Annotation.objects.count() == 3

    set_measure(mia, member, {"goal_day": None, "quota_day": None})
    page.reload()
    task_of(page)
    assert page.is_hidden(HEADER)
    pause(mia, member, "Let us talk first.")
    page.evaluate("dispatchEvent(new Event('online'))")  # as it would ask by itself within minutes
    page.get_by_role("heading", name="You are having a break here").wait_for()
    assert "Let us talk first." in page.inner_text("[data-pause=paused]")
    assert page.is_hidden("[data-notice=lost]"), "nobody else has the question"
    look(page, "paused")
    resume(mia, member)
    page.evaluate("dispatchEvent(new Event('online'))")
    task_of(page)

    # faster than the project takes them: kept in the browser, sent later
    project.answers_a_minute = 1
    project.save()
    for _ in range(2):
        press(page, "2")
        task_of(page)
    page.wait_for_selector('#save-state[data-state="unsent"]')
    assert (unsent(page), Annotation.objects.count()) == (1, 4)
    page.get_by_text("Answers are taken a little more slowly here.", exact=True).wait_for()
    Member.objects.filter(pk=member.pk).update(pace_free_at=None)  # a minute later
    page.evaluate("dispatchEvent(new Event('online'))")
    saved(page)
    wait_until(lambda: Annotation.objects.count() == 5, 10, "the answer that waited")
