"""Answers that cannot be sent at once: kept, sent later, in order, once; and what is refused is shown."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.models import Session
from django.db.models import Count

from labeling.models import Annotation, Item, Task, TaskState
from labeling.services.serving.next_tasks import next_tasks
from tests.e2e.conftest import sign_in
from tests.e2e.desk import current, holds, press, project_with, saved, task_of, unsent
from tests.e2e.site import wait_until
from tests.factories import UserFactory

PAGE = "/p/sms/annotate/"
PASSWORD = "correct horse battery"


@pytest.fixture
def annotator(site):
    user = UserFactory(username="ann")
    user.password = Argon2PasswordHasher().encode(PASSWORD, "salt and pepper")
    user.save()
    return user


@pytest.fixture
def messages(annotator):
    return project_with(annotator, [f"message {n}" for n in range(700)], slug="sms", name="SMS")


def label(key):
    return {"label": "ham" if key == "1" else "spam"}


def test_session_ended_and_signed_in_again_in_another_tab(open_page, annotator, messages):
    page = open_page(annotator, PAGE)
    given = {press(page, "1"): label("1")}
    saved(page)
    Session.objects.all().delete()
    for key in "212":
        given[press(page, key)] = label(key)
    page.wait_for_selector("[data-notice=signed-out]:not([hidden])")
    page.wait_for_selector("text=3 unsent")
    with page.context.expect_page() as opened:
        page.click("[data-notice=signed-out] a")
    tab = opened.value
    tab.fill("[name=username]", "ann")
    tab.fill("[name=password]", PASSWORD)
    tab.click("button[type=submit]:not([data-theme-toggle])")
    tab.wait_for_url(lambda url: "sign-in" not in url)
    saved(page)
    page.wait_for_selector("[data-notice=signed-out]", state="hidden")
    holds(messages, given)
    assert unsent(page) == 0


def test_somebody_else_signs_in_and_sends_nothing_of_ours(open_page, annotator, messages, site):
    page = open_page(annotator, PAGE)
    task_of(page)
    other = UserFactory(username="bob")
    sign_in(page.context, other, site)
    task = press(page, "1")
    page.wait_for_selector("[data-notice=other-user]:not([hidden])")
    assert "bob" in page.inner_text("[data-notice=other-user]")
    assert current(messages) == {}
    sign_in(page.context, annotator, site)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    saved(page)
    holds(messages, {task: label("1")})


def test_answer_that_arrives_while_the_page_is_being_reloaded(open_page, annotator, messages):
    """The server makes the page, then hears of the answer, then the page opens: it must not ask again."""
    page = open_page(annotator, PAGE)
    held = []
    page.route("**/answer/", lambda route: held.append(route))  # it sets an attribute on it
    given = {press(page, "2"): label("2")}
    before = task_of(page, other_than=next(iter(given)))
    page.wait_for_timeout(100)

    def opened_late(route):
        made = route.fetch()
        page.unroute("**/answer/")
        held.pop().continue_()
        holds(messages, given)
        page.wait_for_timeout(300)
        route.fulfill(response=made)

    page.route(f"**{PAGE}", opened_late)
    page.reload()
    assert task_of(page) == before
    page.unroute(f"**{PAGE}")
    given[press(page, "1")] = label("1")
    saved(page)
    holds(messages, given)
    page.keyboard.press("u")
    page.keyboard.press("u")
    assert task_of(page) == next(iter(given)), "what was answered before the reload can be undone after it"


def test_answer_that_a_reload_took_before_it_was_on_the_disk(open_page, annotator, messages):
    page = open_page(annotator, PAGE)
    task_of(page)
    page.evaluate("() => { IDBObjectStore.prototype.add = () => new Promise(() => {}); }")
    given = {press(page, "2"): label("2")}
    before = task_of(page, other_than=next(iter(given)))
    page.reload()
    assert task_of(page) == before
    saved(page)
    holds(messages, given)


def test_closed_tab_keeps_what_was_not_sent(context_of, annotator, messages):
    context = context_of(annotator)
    page = context.new_page()
    page.goto(PAGE)
    task_of(page)
    context.route("**/api/v1/tasks/**", lambda route: route.abort())
    given = {press(page, key): label(key) for key in "1212"}
    wait_until(lambda: unsent(page) == 4, 5, "the outbox")
    page.close()
    context.unroute("**/api/v1/tasks/**")
    again = context.new_page()
    sent = []
    again.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    again.goto(PAGE)
    assert task_of(again) not in given
    saved(again)
    holds(messages, given)
    assert [address.rpartition("/tasks/")[2] for address in sent] == ["answers/"], "one call"
    assert again.inner_text("[data-mine]") == "4"


def test_reload_while_unsent_asks_first_and_counts_once(context_of, annotator, messages):
    context = context_of(annotator)
    page = context.new_page()
    page.goto(PAGE)
    task_of(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    context.route("**/api/v1/tasks/**", lambda route: route.abort())
    given = {press(page, key): label(key) for key in "121"}
    page.wait_for_selector("text=3 unsent")
    page.reload()
    assert asked == ["beforeunload"]
    here = task_of(page)
    assert here not in given
    page.keyboard.press("u")
    back = task_of(page, other_than=here)
    assert back == list(given)[-1]
    assert "ham" in page.inner_text("#past")
    context.unroute("**/api/v1/tasks/**")
    saved(page)
    holds(messages, given)


def test_a_refused_answer_is_kept_and_shown(context_of, annotator, messages):
    context = context_of(annotator)
    page = context.new_page()
    page.goto(PAGE)
    task_of(page)
    messages.labels.filter(name="spam").update(name="junk")
    refused = press(page, "2")
    taken = press(page, "1")
    page.wait_for_selector("[data-notice=refused]:not([hidden])")
    holds(messages, {taken: label("1")})
    assert page.inner_text("#save-state") == "1 refused"
    page.reload()
    page.click("[data-notice=refused] button")
    assert "not in the label set" in page.inner_text("#outbox")
    messages.labels.filter(name="junk").update(name="spam")
    page.click("#outbox [data-action=retry]")
    saved(page)
    page.wait_for_selector("[data-notice=refused]", state="hidden")
    holds(messages, {taken: label("1"), refused: label("2")})


def test_a_refused_answer_is_discarded_only_on_purpose(context_of, annotator, messages):
    page = context_of(annotator).new_page()
    page.goto(PAGE)
    task_of(page)
    messages.labels.filter(name="spam").update(name="junk")
    press(page, "2")
    page.click("[data-notice=refused] button")
    page.click("#outbox [data-action=discard]")
    assert unsent(page) == 1
    page.click("#outbox [data-action=discard]")
    wait_until(lambda: unsent(page) == 0, 5, "the discarded entry")
    page.wait_for_selector("[data-notice=refused]", state="hidden")


def test_a_lost_lease_is_said_plainly(context_of, annotator, messages):
    page = context_of(annotator).new_page()
    page.goto(PAGE)
    lost = task_of(page)
    give_to_somebody_else(messages, lost)
    press(page, "1")
    kept = press(page, "2")
    page.wait_for_selector("[data-notice=refused]:not([hidden])")
    assert "given to somebody else" in page.inner_text("[data-notice=refused]")
    holds(messages, {kept: label("2")})


def test_a_question_lost_while_away_is_replaced(context_of, annotator, messages):
    page = context_of(annotator).new_page()
    page.goto(PAGE)
    lost = task_of(page)
    give_to_somebody_else(messages, lost)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    page.wait_for_selector("[data-notice=lost]:not([hidden])")
    task_of(page, other_than=lost)


def test_answers_of_another_project_are_sent_and_named_too(context_of, annotator, messages):
    topics = project_with(annotator, ["one", "two"], slug="topics", kind="multilabel")
    context = context_of(annotator)
    page = context.new_page()
    page.goto("/p/topics/annotate/")
    task_of(page)
    context.route("**/api/v1/tasks/**", lambda route: route.abort())
    page.keyboard.press("1")
    task = press(page, "Enter")
    page.wait_for_selector("text=1 unsent")
    page.close()
    other = context.new_page()
    other.goto(PAGE)
    task_of(other)
    other.click("#save-state")
    assert "In project topics" in other.inner_text("#outbox")
    context.unroute("**/api/v1/tasks/**")
    saved(other)
    holds(topics, {task: {"labels": ["ham"]}})


def give_to_somebody_else(project, task_id):
    """The lease ran out and the item was leased to another annotator."""
    task = Task.objects.get(pk=task_id)
    Task.objects.filter(pk=task_id).update(state=TaskState.EXPIRED)
    other = UserFactory(username="quick")
    project.members.create(user=other, role="annotator")
    Item.objects.filter(pk=task.item_id).update(is_open=False)
    Task.objects.create(
        project=project, item_id=task.item_id, annotator=other, reason="random",
        lease_expires_at=next_tasks(other, project, 1)[0].lease_expires_at,
    )  # fmt: skip


def test_two_tabs_do_not_ask_twice_nor_send_twice(context_of, annotator, messages):
    context = context_of(annotator)
    sent = []
    context.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    left, right = context.new_page(), context.new_page()
    left.goto(PAGE)
    right.goto(PAGE)
    given = {}
    for n in range(10):
        page = (left, right)[n % 2]
        page.bring_to_front()
        task = task_of(page)
        assert task not in given
        page.keyboard.press("1")
        given[task] = label("1")
        for tab in (left, right):
            task_of(tab, other_than=task)
    saved(left)
    saved(right)
    holds(messages, given)
    assert len(sent) == len(set(sent)) == 10


def test_web_process_killed_during_submissions(context_of, annotator, messages, site):
    """The full size of this, 500 submissions and five kills, is ``benchmarks/outbox_kill.py``."""
    page = context_of(annotator).new_page()
    page.goto(PAGE)
    given = {}
    try:
        for n in range(60):
            key = "12"[n % 2]
            if n in (19, 39):  # a typist this fast can be ahead of the questions: these wait until some are ready
                saved(page)
                page.wait_for_timeout(500)
            given[press(page, key)] = label(key)
            if n in (20, 40):
                site.kill()
                for _ in range(3):
                    key = "1"
                    given[press(page, key)] = label(key)
                page.wait_for_selector("text=unsent")
                site.start()
    finally:
        if not site.answers():
            site.start()
    saved(page)
    holds(messages, given)
    assert len(given) == 66
    assert Annotation.objects.filter(project=messages).count() == 66
    assert not Annotation.objects.values("task").annotate(n=Count("pk")).filter(n__gt=1).exists()


@pytest.mark.parametrize("missing", ["indexedDB", "navigator.locks"])
def test_without_what_some_browsers_forbid(context_of, annotator, messages, missing):
    """Private windows may have no IndexedDB, plain http has no Web Locks: kept and sent once all the same."""
    context = context_of(annotator)
    context.add_init_script(f"Object.defineProperty({BROKEN[missing]})")
    page = context.new_page()
    page.goto(PAGE)
    task_of(page)
    context.route("**/api/v1/tasks/**", lambda route: route.abort())
    given = {press(page, key): label(key) for key in "121"}
    page.wait_for_selector("text=3 unsent")
    page.close()
    context.unroute("**/api/v1/tasks/**")
    again = context.new_page()
    again.goto(PAGE)
    assert task_of(again) not in given
    given[press(again, "2")] = label("2")
    saved(again)
    holds(messages, given)
    assert Annotation.objects.count() == 4


BROKEN = {
    "indexedDB": "window, 'indexedDB', { get() { throw new DOMException('forbidden', 'SecurityError'); } }",
    "navigator.locks": "Navigator.prototype, 'locks', { get() { return undefined; } }",
}
