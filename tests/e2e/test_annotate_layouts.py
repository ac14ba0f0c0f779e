"""Keys mean what is printed on them, whatever alphabet and layout they are printed in; in Chromium and Firefox."""

import pytest

from labeling.models import Annotation, Label, Task, TaskState
from tests.e2e.desk import holds, project_with, task_of
from tests.e2e.pairs import argument_rows, pairwise_project
from tests.e2e.pictures import drawn, make_pictures
from tests.e2e.site import wait_until
from tests.e2e.windows import task_on_table

#: What the keys at the places of the Latin letters write.
RUSSIAN = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", "йцукенгшщзфывапролдячсмить", strict=True))
GREEK = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", ";ςερτυθιοπασδφγηξκλζχψωβνμ", strict=True))
ARABIC = {"H": "ا", "P": "ح", "U": "ع", "S": "س", "B": "لا", "Z": "ئ"}


@pytest.fixture
def meaning(open_page, annotator):
    """``meaning(bound, *presses)``: what each ``(key, code[, shift])`` means where ``bound`` are the keys in use."""
    project_with(annotator, ["one"], slug="any")
    page = open_page(annotator, "/p/any/annotate/")
    task_of(page)

    def of(bound: str, *presses: tuple) -> list[str | None]:
        return page.evaluate(
            """async ([bound, presses]) => {
                const { meant } = await import(document.querySelector("link[href*=pressed_key]").href);
                const event = ([key, code, shiftKey = false, altGraph = false]) =>
                    ({ key, code, shiftKey, getModifierState: (name) => name === "AltGraph" && altGraph });
                return presses.map((press) => meant(event(press), (key) => bound.split(" ").includes(key)) ?? null);
            }""",
            [bound, presses],
        )

    return of


@pytest.mark.parametrize("layout", [RUSSIAN, GREEK], ids=["Russian", "Greek"])
def test_every_letter_of_another_alphabet_stands_for_the_latin_one_at_its_place(meaning, layout):
    letters = [letter for letter in layout if layout[letter] != ";"]
    presses = [(layout[letter], f"Key{letter}") for letter in letters]
    assert meaning(" ".join("abcdefghijklmnopqrstuvwxyz"), *presses) == [letter.lower() for letter in letters]
    capitals = [(layout[letter].upper(), f"Key{letter}", True) for letter in letters]
    assert meaning(" ".join("abcdefghijklmnopqrstuvwxyz"), *capitals) == [letter.lower() for letter in letters]


def test_the_greek_q_writes_a_mark_and_is_known_once_a_greek_letter_was_pressed(meaning):
    assert meaning("q a", (";", "KeyQ"), ("α", "KeyA"), (";", "KeyQ"), ("Dead", "KeyQ")) == [None, "a", "q", "q"]


def test_on_latin_layouts_only_what_is_printed_on_the_key_counts(meaning):
    dvorak = [("o", "KeyS"), ("s", "Semicolon"), ("'", "KeyQ"), (";", "KeyZ"), ("q", "KeyX")]
    assert meaning("s q z", *dvorak) == [None, "s", None, None, "q"]
    assert meaning("a q m w", ("a", "KeyQ"), ("q", "KeyA"), (",", "KeyM"), ("m", "Semicolon")) == ["a", "q", None, "m"]
    assert meaning("y z", ("z", "KeyY"), ("y", "KeyZ"), ("Dead", "KeyY")) == ["z", "y", None]
    assert meaning("c l u", ("ç", "KeyC"), ("ł", "KeyL", False, True), ("ü", "KeyU")) == [None, None, None]


def test_digits_that_need_shift_and_digits_of_other_scripts(meaning):
    azerty = [("&", "Digit1"), ("é", "Digit2"), ("1", "Digit1", True), ("à", "Digit0")]
    assert meaning("0 1 2", *azerty) == ["1", "2", "1", "0"]
    assert meaning("- 6", ("-", "Digit6")) == ["-"], "what is written comes first"
    assert meaning("6", ("-", "Digit6")) == ["6"]
    assert meaning("1 2 3", ("!", "Digit1", True), ("٢", "Digit2"), ("۳", "Numpad3"), ("ๅ", "Digit1")) == [
        None, "2", "3", "1",
    ]  # fmt: skip
    assert meaning("2 5", ("Dead", "Digit5"), ("ě", "Digit2")) == ["5", "2"]


def test_capslock_named_keys_marks_and_altgr(meaning):
    assert meaning("u f", ("U", "KeyU"), ("А", "KeyF")) == ["u", "f"]
    assert meaning("Enter e", ("Enter", "KeyE"), ("Escape", "Escape")) == ["Enter", None]
    assert meaning("? + -", ("؟", "Slash", True), ("?", "Digit7", True), ("¿", "Equal", True)) == ["?", "?", None]
    assert meaning("b", ("لا", "KeyB")) == ["b"]
    assert meaning("ł l", ("ł", "KeyL", False, True)) == ["ł"]


@pytest.mark.parametrize("layout", [RUSSIAN, GREEK, ARABIC], ids=["Russian", "Greek", "Arabic"])
def test_labels_undo_and_skip_answer_on_other_alphabets(window_of, annotator, layout):
    project = project_with(annotator, ["one", "two", "three"], slug="far")
    window = window_of(annotator, "/p/far/annotate/")
    first = task_on_table(window)
    window.press(layout["H"], "KeyH")
    second = task_on_table(window, first)
    window.press(layout["P"], "KeyP")
    third = task_on_table(window, second)
    window.press(layout["U"], "KeyU")
    task_on_table(window, third)
    window.press(layout["H"], "KeyH")
    assert task_on_table(window, second) == third
    window.press(layout["Z"], "KeyZ", ctrl=True)
    assert task_on_table(window, third) == second
    window.press("ArrowRight", "ArrowRight")
    assert task_on_table(window, second) == third
    window.press(layout["S"], "KeyS")
    window.press("1", "Digit1")
    holds(project, {first: {"label": "ham"}, second: {"label": "ham"}})
    wait_until(lambda: Task.objects.filter(pk=third, state=TaskState.SKIPPED).exists(), 10, "the skip")


def test_a_label_has_its_own_cyrillic_key_also_where_a_command_has_the_place(window_of, annotator):
    project = project_with(annotator, ["one", "two"], slug="own", labels=("да", "нет"))
    Label.objects.filter(project=project, name="да").update(hotkey="ы")
    window = window_of(annotator, "/p/own/annotate/")
    first = task_on_table(window)
    window.press("ы", "KeyS")
    second = task_on_table(window, first)
    window.press("2", "Digit2")
    holds(project, {first: {"label": "да"}, second: {"label": "нет"}})


def test_several_labels_are_chosen_and_given_in_cyrillic(window_of, annotator):
    project = project_with(annotator, ["one", "two"], slug="many", kind="multilabel")
    window = window_of(annotator, "/p/many/annotate/")
    first = task_on_table(window)
    window.press(RUSSIAN["P"], "KeyP")
    window.press(RUSSIAN["H"], "KeyH")
    window.press("Enter", "Enter")
    task_on_table(window, first)
    holds(project, {first: {"labels": ["ham", "spam"]}})


def test_pictures_are_zoomed_and_pages_opened_on_other_layouts(window_of, annotator):
    project = project_with(annotator, slug="near", modality="image")
    make_pictures(project, [drawn(0)])
    window = window_of(annotator, "/p/near/annotate/")
    task_on_table(window)
    zoomed = "return Boolean(document.querySelector('.is-zoomed'))"
    for key, code in (("а", "KeyF"), ("à", "Digit0"), ("F", "KeyF")):
        window.press("+", "Equal", shift=True)
        assert window.evaluate(zoomed)
        window.press(key, code)
        assert not window.evaluate(zoomed), key
    window.press("е", "KeyT")
    assert window.evaluate("return document.documentElement.dataset.theme") == "dark"
    window.press("ш", "KeyI")
    assert window.evaluate("return !document.querySelector('#instructions').hidden")
    window.press("Escape", "Escape")
    window.press("؟", "Slash", shift=True)
    assert window.evaluate("return document.querySelector('#keys').open")


def test_pairs_are_judged_on_other_layouts(window_of, annotator):
    project = pairwise_project(annotator, argument_rows(8))
    window = window_of(annotator, f"/p/{project.slug}/annotate/")
    first = task_on_table(window)
    window.press("&", "Digit1")
    second = task_on_table(window, first)
    window.press("٢", "Digit2")
    third = task_on_table(window, second)
    window.press("г", "KeyU")
    task_on_table(window, third)
    window.press("3", "Digit3")
    holds(project, {first: {"winner": "left"}, second: {"winner": "tie"}})


def test_what_an_input_method_composes_is_no_key(window_of, annotator):
    project = project_with(annotator, ["one", "two"], slug="ime")
    window = window_of(annotator, "/p/ime/annotate/")
    first = task_on_table(window)
    window.press("Process", "KeyP")
    window.press("h", "KeyH")
    task_on_table(window, first)
    holds(project, {first: {"label": "ham"}})
    assert Annotation.objects.filter(project=project).count() == 1
