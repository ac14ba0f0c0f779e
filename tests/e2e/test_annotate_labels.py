"""Multi-label answers and label sets that are too large for buttons."""

import json

import pytest

from labeling.models import Machine, MachineVersion, Prediction, Project, Suggestion
from tests.e2e.desk import holds, press, project_with, saved, task_of

THINGS = ("card", "transfer", "top_up", "refund", "cash", "pin", "fee")
TROUBLES = (
    "arrival", "not_working", "pending", "declined", "lost", "limit", "wrong_amount", "reverted", "cancelled",
    "country", "help",
)  # fmt: skip
MANY = tuple(f"{thing}_{trouble}" for thing in THINGS for trouble in TROUBLES)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def topics(annotator):
    labels = ("politics", "economy", "science", "sport")
    return project_with(annotator, [f"item {n}" for n in range(30)], slug="topics", kind="multilabel", labels=labels)


@pytest.fixture
def bank(annotator):
    return project_with(annotator, [f"request {n}" for n in range(30)], slug="bank", labels=MANY)


def suggesting(project, answer):
    """A machine says the same of every item."""
    version = MachineVersion.objects.create(machine=Machine.objects.create(project=project, name="judge"), name="1")
    items = project.items.all()
    Prediction.objects.bulk_create(
        Prediction(project=project, version=version, item=item, answer=answer) for item in items
    )
    Project.objects.filter(pk=project.pk).update(suggestions_from="judge", suggestions_withheld=0.1)


def test_keys_toggle_and_enter_gives_and_a_suggestion_is_given_by_its_own_key(open_page, annotator, topics):
    suggesting(topics, {"labels": ["economy", "sport"]})
    page = open_page(annotator, "/p/topics/annotate/")
    given = {}
    task = task_of(page)
    page.keyboard.press("4")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("2")
    assert page.inner_text("[data-submit] [data-text]") == "Give 2 labels"
    page.keyboard.press("Enter")
    given[task] = {"labels": ["politics", "sport"]}
    here = task_of(page, other_than=task)
    assert page.inner_text("[data-submit] [data-text]") == "None of these"
    page.keyboard.press("Enter")
    given[here] = {"labels": []}
    third = task_of(page, other_than=here)

    page.keyboard.press("3")  # a draft: it is still there when one comes back
    page.keyboard.press("u")
    page.keyboard.press("u")
    assert task_of(page, other_than=here) == task
    assert page.get_attribute('[data-label="sport"]', "aria-pressed") == "true"
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    given[task] = {"labels": ["politics"]}
    assert task_of(page, other_than=task) == third
    assert page.get_attribute('[data-label="science"]', "aria-pressed") == "true"
    page.keyboard.press("3")
    here = third
    while not page.locator("#suggestion").is_visible():  # a tenth goes without
        page.keyboard.press("Enter")
        given[here] = {"labels": []}
        here = task_of(page, other_than=here)
    assert page.locator("[data-suggested]").all_inner_texts() == ["2\neconomy", "4\nsport"]
    assert "economy, sport" in page.inner_text("#suggestion")
    assert page.inner_text("[data-submit] [data-text]") == "None of these", "nothing is chosen by it"
    page.keyboard.press(".")
    given[here] = {"labels": ["economy", "sport"]}
    task_of(page, other_than=here)
    saved(page)
    holds(topics, given)
    assert Suggestion.objects.filter(task=here, shown=True).exists()


def test_a_half_made_answer_is_there_again_after_a_reload(open_page, annotator, topics):
    page = open_page(annotator, "/p/topics/annotate/")
    first = task_of(page)
    page.keyboard.press("Enter")
    task = task_of(page, other_than=first)
    page.keyboard.press("4")
    page.keyboard.press("1")
    page.reload()
    assert task_of(page) == task
    assert page.inner_text("[data-submit] [data-text]") == "Give 2 labels"
    assert page.get_attribute('[data-label="politics"]', "aria-pressed") == "true"
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    after = task_of(page, other_than=task)
    page.reload()
    assert task_of(page) == after
    assert page.inner_text("[data-submit] [data-text]") == "None of these"
    saved(page)
    storage = page.evaluate("JSON.stringify(Object.fromEntries(Object.entries(localStorage)))")
    assert str(task) not in [str(entry["seq"]) for entry in drafts_in(storage)]
    holds(topics, {first: {"labels": []}, task: {"labels": ["sport"]}})


def drafts_in(storage: str) -> list[dict]:
    kept = json.loads(storage)
    return [entry for name, text in kept.items() if name.startswith("querent-drafts-") for entry in json.loads(text)]


def test_enter_gives_the_answer_also_with_the_focus_on_a_label(open_page, annotator, topics):
    page = open_page(annotator, "/p/topics/annotate/")
    task = task_of(page)
    page.click('[data-label="economy"]')
    page.keyboard.press("Enter")
    task_of(page, other_than=task)
    saved(page)
    holds(topics, {task: {"labels": ["economy"]}})


PLACE = "() => JSON.stringify(document.querySelector('#item').getBoundingClientRect())"


def test_seventy_seven_labels_by_typing(open_page, annotator, bank):
    """Neither typing nor undo, the reasons to skip or a notice moves the item or makes it smaller."""
    page = open_page(annotator, "/p/bank/annotate/")
    task_of(page)
    place, given = page.evaluate(PLACE), {}
    for typed, meant in (("refund pen", "refund_pending"), ("cwa", "card_wrong_amount"), ("pin_lost", "pin_lost")):
        task = task_of(page)
        page.keyboard.type(typed)
        assert page.evaluate(PLACE) == place, typed
        page.keyboard.press("Enter")
        given[task] = {"label": meant}
        task_of(page, other_than=task)
        assert page.input_value("[role=combobox]") == ""
    task = press(page, "2")  # the second of those used last
    given[task] = {"label": "card_wrong_amount"}
    task_of(page, other_than=task)
    first_three = [option.inner_text().split()[-1] for option in page.query_selector_all("[role=option]")[:3]]
    assert first_three == ["refund_pending", "card_wrong_amount", "pin_lost"], "a digit keeps its label"

    task = task_of(page)
    for key in ("f", "e", "e", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    active = page.get_attribute("[role=combobox]", "aria-activedescendant")
    chosen = page.get_attribute(f"#{active}", "data-label")
    page.keyboard.press("Enter")
    given[task] = {"label": chosen}
    task_of(page, other_than=task)

    task = task_of(page)
    page.keyboard.type("zzz")
    assert page.is_visible("[data-part=nothing]")
    assert page.evaluate(PLACE) == place
    page.keyboard.press("Enter")
    assert task_of(page) == task, "what fits nothing gives nothing"
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    assert task_of(page) == task, "an empty field gives nothing"
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    assert page.evaluate(PLACE) == place
    page.keyboard.press("1")
    here = task_of(page, other_than=task)
    page.keyboard.press("Control+z")
    task_of(page, other_than=here)
    assert (page.is_visible("#past"), page.evaluate(PLACE)) == (True, place)
    saved(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+Shift+z")
    page.click("[data-notice=offline] [data-action=dismiss]")
    assert (page.is_hidden("[data-notice=offline]"), page.evaluate(PLACE)) == (True, place)
    page.context.set_offline(False)
    holds(bank, given)


def test_backspace_in_an_empty_field_is_undo_and_in_a_full_one_is_not(open_page, annotator, bank):
    page = open_page(annotator, "/p/bank/annotate/")
    first = task_of(page)
    page.keyboard.type("pin lost")
    page.keyboard.press("Enter")
    second = task_of(page, other_than=first)
    page.keyboard.type("ab")
    page.keyboard.press("Backspace")
    assert task_of(page) == second
    assert page.input_value("[role=combobox]") == "a"
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    assert task_of(page, other_than=second) == first
    assert page.get_attribute("[role=option][aria-selected=true]", "data-label") == "pin_lost"


def test_many_labels_several_of_them(open_page, annotator, site):
    project = project_with(annotator, ["one", "two", "three"], slug="many", kind="multilabel", labels=MANY)
    page = open_page(annotator, "/p/many/annotate/")
    task = task_of(page)
    for typed in ("refund help", "fee country", "cash limit"):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    assert task_of(page) == task
    page.keyboard.press("Backspace")
    assert page.inner_text("[data-part=chosen]").split() == ["refund_help", "fee_country"]
    page.keyboard.press("Enter")
    task_of(page, other_than=task)
    saved(page)
    holds(project, {task: {"labels": ["fee_country", "refund_help"]}})


def test_with_thumbs(open_page, annotator, topics):
    page = open_page(
        annotator, "/p/topics/annotate/", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    task = task_of(page)
    page.tap('[data-label="economy"]')
    page.tap("[data-submit]")
    here = task_of(page, other_than=task)
    page.tap("[data-command=skip]")
    page.tap("[data-reason=unclear]")
    next_one = task_of(page, other_than=here)
    page.tap("[data-command=undo]")
    page.tap("[data-command=undo]")
    assert task_of(page, other_than=next_one) == task
    page.tap("[data-command=takeBack]")
    saved(page)
    holds(topics, {})


@pytest.mark.parametrize("screen", [{"viewport": PHONE["viewport"]}, PHONE], ids=["narrow window", "phone"])
def test_a_label_stays_inside_its_button(open_page, annotator, screen):
    """Where there are keys, a narrow button has room for less of the word."""
    labels = ("cardboard", "glass", "metal", "paper", "Verpackungsmaterialien", "donaudampfschifffahrtsgesellschaft")
    project_with(annotator, ["one"], slug="waste", labels=labels)
    page = open_page(annotator, "/p/waste/annotate/", **screen)
    task_of(page)
    outside = page.evaluate("""() => [...document.querySelectorAll(".answer")].filter((button) => {
        const box = button.getBoundingClientRect();
        return [...button.children].filter((part) => part.checkVisibility()).some((part) => {
            const range = document.createRange(); range.selectNodeContents(part);
            return [...range.getClientRects()].some(({ left, right }) => left < box.left || right > box.right);
        });
    }).map((button) => button.textContent)""")
    assert outside == []
    lines = page.evaluate("""() => document.querySelector("[data-label=cardboard] span").getClientRects().length""")
    assert lines == 1  # a word of nine letters is not broken
