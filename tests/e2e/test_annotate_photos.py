"""Photos by keyboard: what is pressed is what the database holds."""

import json
import os

import pytest

from labeling.models import Annotation, Member, Role, Task, TaskState
from tests.e2e.axe import findings
from tests.e2e.desk import holds, pictures_ready, press, saved, task_of, unsent
from tests.e2e.pictures import drawn, make_pictures
from tests.e2e.site import wait_until
from tests.factories import make_project

LABELS = ("circle", "square", "triangle")
#: How long the browser stays without a connection; longer changes nothing but the wait: ``OFFLINE_S=30 pytest …``.
OFFLINE_S = float(os.environ.get("OFFLINE_S", "0"))
PAGE = "/p/shapes/annotate/"


@pytest.fixture
def photos(annotator):
    project = make_project(slug="shapes", name="Shapes", modality="image", labels=LABELS)
    Member.objects.create(project=project, user=annotator, role=Role.ANNOTATOR)
    make_pictures(project, [drawn(n) for n in range(45)])
    return project


def label(n):
    return {"label": LABELS[n % 3]}


def test_thirty_then_undo_skip_reload_and_offline(open_page, annotator, photos):
    """Done when 3: the export equals what was pressed."""
    page = open_page(annotator, PAGE)
    given = {}
    for n in range(12):
        given[press(page, str(n % 3 + 1))] = label(n)

    before = task_of(page)
    page.reload()
    assert task_of(page) == before, "after a reload the same question is on the table"
    for n in range(12, 20):
        given[press(page, str(n % 3 + 1))] = label(n)

    pictures_ready(page, answered=8)
    saved(page)
    page.context.set_offline(True)
    for n in range(20, 24):
        given[press(page, str(n % 3 + 1))] = label(n)
    page.wait_for_selector("text=4 unsent")
    page.wait_for_selector("[data-notice=offline]:not([hidden])")
    assert unsent(page) == 4
    page.wait_for_timeout(OFFLINE_S * 1000)
    page.context.set_offline(False)
    saved(page)
    for n in range(24, 30):
        given[press(page, str(n % 3 + 1))] = label(n)

    here = task_of(page)
    page.keyboard.press("u")
    last = task_of(page, other_than=here)
    assert "You answered" in page.inner_text("#past")
    page.keyboard.press("1")
    given[last] = label(0)
    assert task_of(page) == here
    page.keyboard.press("s")
    page.keyboard.press("2")
    task_of(page, other_than=here)
    saved(page)

    holds(photos, given)
    assert len(given) == 30
    skipped = Task.objects.get(project=photos, state=TaskState.SKIPPED)
    assert (skipped.pk, skipped.skip_reason) == (here, "broken")
    changed = Annotation.objects.filter(task=last).order_by("revision")
    assert [row.answer for row in changed][-1] == label(0)
    lines = b"".join(signed_in(page, f"/api/v1/projects/{photos.slug}/export/?format=jsonl&rows=annotations"))
    exported = [json.loads(line) for line in lines.splitlines()]
    newest = {row["item_id"]: row["answer"] for row in sorted(exported, key=lambda row: row["revision"])}
    items = dict(Task.objects.filter(project=photos).values_list("pk", "item_id"))
    assert newest == {items[task]: answer for task, answer in given.items()}


def signed_in(page, address):
    """The bytes of a page fetched as the manager the person is made for this."""
    Member.objects.filter(user__username="ann").update(role=Role.MANAGER)
    return [page.request.get(address).body()]


def test_the_next_five_pictures_are_loaded_and_decoded(open_page, annotator, photos):
    page = open_page(annotator, PAGE)
    task_of(page)
    pictures_ready(page, answered=0)
    page.context.set_offline(True)
    seen = [press(page, "1") for _ in range(6)]
    assert len(set(seen)) == 6


def test_undo_goes_back_across_twenty_also_after_a_reload(open_page, annotator, photos):
    page = open_page(annotator, PAGE)
    given = [press(page, str(n % 3 + 1)) for n in range(24)]
    saved(page)
    page.reload()
    task_of(page)
    back = []
    for _ in range(25):
        before = task_of(page)
        page.keyboard.press("Control+z")
        if page.is_disabled("[data-command=undo]"):
            break
        back.append(task_of(page, other_than=before))
    back.append(task_of(page))
    assert list(dict.fromkeys(back)) == given[-20:][::-1]
    assert page.get_attribute(f'[data-label="{LABELS[given.index(back[-1]) % 3]}"]', "aria-pressed") == "true"


def test_an_answer_taken_back_is_open_again(open_page, annotator, photos):
    page = open_page(annotator, PAGE)
    first = press(page, "1")
    second = task_of(page, other_than=first)
    page.keyboard.press("Backspace")
    assert task_of(page, other_than=second) == first
    page.keyboard.press("x")
    saved(page)
    holds(photos, {})
    page.reload()
    assert task_of(page) == first
    page.keyboard.press("2")
    task_of(page, other_than=first)
    saved(page)
    holds(photos, {first: label(1)})
    assert [row.revision for row in Annotation.objects.filter(task=first).order_by("revision")] == [1, 2, 3]


def test_a_key_held_down_is_one_answer(open_page, annotator, photos):
    page = open_page(annotator, PAGE)
    task = task_of(page)
    page.keyboard.down("1")
    for _ in range(5):
        page.keyboard.down("1")
    page.keyboard.up("1")
    task_of(page, other_than=task)
    saved(page)
    holds(photos, {task: label(0)})


def test_nothing_is_answered_before_the_picture_is_seen(open_page, annotator, photos, context_of):
    context = context_of(annotator)
    context.route("**/preview/**", lambda route: route.abort())
    page = context.new_page()
    page.goto(PAGE)
    page.wait_for_selector("[data-part=failed]:not([hidden])")
    page.keyboard.press("1")
    page.wait_for_timeout(200)
    assert unsent(page) == 0
    context.unroute("**/preview/**")
    page.click("[data-part=failed] button")
    task = press(page, "1")
    saved(page)
    holds(photos, {task: label(0)})


def test_zoom_by_keys_wheel_and_drag(open_page, annotator, photos):
    page = open_page(annotator, PAGE)
    task_of(page)
    size = "() => document.querySelector('.picture').getBoundingClientRect().width"
    whole = page.evaluate(size)
    page.keyboard.press("+")
    assert page.evaluate(size) == pytest.approx(whole * 1.5, rel=0.01)
    page.mouse.move(500, 300)
    page.mouse.wheel(0, -300)
    wait_until(lambda: page.evaluate(size) > whole * 1.6, 5, "the wheel")
    left = "() => document.querySelector('.picture').getBoundingClientRect().left"
    before = page.evaluate(left)
    page.mouse.down()
    page.mouse.move(440, 300)
    page.mouse.up()
    assert page.evaluate(left) < before
    page.keyboard.press("0")
    assert page.evaluate(size) == pytest.approx(whole, rel=0.01)
    # past the preview every pixel of the original is fetched; light stays from one picture to the next, a turn does not
    for _ in range(4):
        page.keyboard.press("+")
    source = "() => document.querySelector('.picture').src"
    wait_until(lambda: "full=true" in page.evaluate(source), 10, "the pixels of the original")
    page.keyboard.press(">")
    page.keyboard.press("]")
    looks = """() => {
        const { filter, transform } = document.querySelector(".picture").style;
        return [filter, transform.includes("rotate")];
    }"""
    light = "brightness(1.116) contrast(1)"
    assert page.evaluate(looks) == [light, True]
    press(page, "1")
    task_of(page)
    assert page.evaluate(looks) == [light, False]
    page.click("[data-light=panel]")
    assert list(findings(page)) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(looks) == ["", False]
    page.keyboard.press("Escape")
    assert page.is_hidden("[data-part=light]")


def test_time_in_a_hidden_tab_does_not_count(open_page, annotator, photos):
    page = open_page(annotator, PAGE)
    task_of(page)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "visibilityState", { get: () => window.looksAway ? "hidden" : "visible" });
            window.looksAway = true;
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.wait_for_timeout(700)
    page.evaluate("() => { window.looksAway = false; document.dispatchEvent(new Event('visibilitychange')); }")
    task = press(page, "1")
    saved(page)
    row = wait_until(lambda: Annotation.objects.filter(task=task).first(), 5, "the answer")
    assert 0 < row.elapsed_ms < 650


def test_the_page_is_blind(open_page, annotator, photos):
    """Invariant 6: no file name, reason, score or prediction in the page, its data or what it fetches."""
    bodies = []
    page = open_page(annotator, "/")
    page.on("response", lambda r: bodies.append(r.text()) if r.request.resource_type in ("document", "fetch") else None)
    page.goto(PAGE)
    for _ in range(4):
        press(page, "1")
    saved(page)
    assert any('"lease_expires_at"' in body for body in bodies)
    said = " ".join(bodies)
    for word in (
        "secret",
        "IMG_",
        "propensity",
        "utility",
        "strategy",
        "epoch",
        '"reason"',
        "pool_size",
        "split",
        "score",
    ):
        assert word not in said, word
