"""Which key gives which label and runs which command: never two things by one key."""

import string

import pytest

from labeling.kinds import KINDS
from labeling.kinds.page_keys import AUTOMATIC_HOTKEYS, MOST_BUTTONS, PAGE_KEYS, PageKeys, page_keys
from labeling.models import Label

ONE, SEVERAL, PAIRS = KINDS["classification"], KINDS["multilabel"], KINDS["pairwise"]


def labels(*names_and_hotkeys: tuple[str, str]) -> list[Label]:
    return [Label(name=name, hotkey=hotkey) for name, hotkey in names_and_hotkeys]


def of(*names_and_hotkeys: tuple[str, str], kind=ONE, is_picture=False) -> PageKeys:
    return page_keys(labels(*names_and_hotkeys), kind, is_picture=is_picture)


def keys(*names_and_hotkeys: tuple[str, str], **more) -> list[list[str]]:
    return [row["keys"] for row in of(*names_and_hotkeys, **more).labels]


def all_of(found: PageKeys) -> list[str]:
    of_labels = [key for row in found.labels for key in row["keys"]]
    return of_labels + [key for own in found.commands.values() for key in own]


def test_digits_by_place_and_a_letter_of_the_name():
    assert keys(("ham", ""), ("spam", "")) == [["1", "h"], ["2", "p"]]


def test_the_managers_hotkey_comes_first_and_its_digit_is_not_given_twice():
    assert keys(("ham", "2"), ("spam", "")) == [["2", "h"], ["1", "p"]]
    assert keys(("ham", "q"), ("spam", "")) == [["q", "1"], ["2", "p"]]


def test_a_command_makes_room_for_the_label_that_takes_its_key():
    found = of(("ham", "h"), ("spam", "s"))
    assert found.labels[1]["keys"][0] == "s"
    assert found.commands["skip"] == ["k"]
    assert found.caps["skip"] == "K"
    assert found.moved == [("Skip", "S", "K")]
    assert of(("ham", ""), ("spam", "")).moved == []


def test_it_moves_on_when_the_next_letter_is_a_labels_too():
    assert of(("a", "s"), ("b", "k"), ("c", "j")).commands["skip"] == ["a"]
    assert of(("a", "s"), ("b", "k"), ("c", "j"), ("d", "a")).commands["skip"] == ["b"]


def test_a_letter_is_no_automatic_key_of_a_label_once_a_command_has_moved_there():
    assert keys(("kiwi", ""), ("spam", "s"))[0] == ["1", "w"]


LETTERS = [(f"label {key}", key) for key in string.ascii_lowercase]
SETS = {
    "two": [("ham", "h"), ("spam", "s")],
    "digits": [(f"n{digit}", digit) for digit in "1234567890"],
    "every command's letter": [(f"label {key}", key) for key in sorted(PAGE_KEYS)],
    "twenty letters, the commands' among them": LETTERS[6:],
    "zoom": [("more", "+"), ("less", "-"), ("same", "="), ("none", "_"), ("zero", "0")],
    "capitals": [("A", "S"), ("B", "U")],
    "automatic, twenty": [(f"label {n}", key) for n, key in enumerate(AUTOMATIC_HOTKEYS[:20])],
    "no hotkeys": [(f"Étiquette {n}", "") for n in range(MOST_BUTTONS)],
    "seventy-seven": [(f"label {n}", AUTOMATIC_HOTKEYS[n : n + 1]) for n in range(77)],
    "none": [],
}


@pytest.mark.parametrize("is_picture", [True, False], ids=["pictures", "texts"])
@pytest.mark.parametrize("kind", [ONE, SEVERAL], ids=lambda kind: kind.name)
@pytest.mark.parametrize("chosen", SETS.values(), ids=SETS)
def test_no_key_twice_and_none_that_the_kind_needs(chosen, kind, is_picture):
    found = of(*chosen, kind=kind, is_picture=is_picture)
    given = all_of(found)
    assert len(given) == len(set(given))
    assert not kind.own_keys & set(given)
    if not found.use_picker:
        assert all(row["keys"] for row in found.labels)
        assert [row["keys"][0] for row in found.labels if hotkey_of(chosen, row)] == [k.lower() for _, k in chosen if k]
    for name in ("undo", "skip", "takeBack", "instructions", "theme", "forward", "keys"):
        assert found.commands[name], name
        assert found.caps[name], name


def hotkey_of(chosen, row) -> str:
    return dict(chosen)[row["name"]]


def test_the_test_before_sees_a_key_that_is_given_twice():
    found = of(("ham", ""), ("spam", ""))
    found.commands["skip"].append("1")
    assert len(all_of(found)) > len(set(all_of(found)))


def test_enter_gives_several_labels_and_does_not_go_forward_as_well():
    assert of(("a", ""), kind=SEVERAL).commands["forward"] == ["ArrowRight", "mod+shift+z"]
    assert of(kind=PAIRS).commands["forward"] == ["Enter", "mod+shift+z"]


def test_labels_without_a_hotkey_leave_the_commands_where_they_are():
    found = of(*[(f"Étiquette {n}", "") for n in range(MOST_BUTTONS)], is_picture=True)
    assert not PAGE_KEYS & {key for row in found.labels for key in row["keys"]}
    assert found.commands["zoomReset"] == ["0", "f"], "the tenth label does not take the zoom's 0"
    assert found.moved == []


def test_chosen_hotkeys_make_buttons_of_more_labels():
    chosen = [(f"label {letter}", letter) for letter in "abcdefghijklmno"]
    assert [own[0] for own in keys(*chosen)] == list("abcdefghijklmno")


def test_a_large_label_set_is_found_by_typing_and_the_buttons_say_how_to_leave_the_field():
    found = of(*[(f"label {n}", "") for n in range(MOST_BUTTONS + 1)])
    assert [row["keys"] for row in found.labels] == [[]] * (MOST_BUTTONS + 1)
    assert (found.caps["skip"], found.caps["undo"], found.caps["takeBack"]) == ("Esc S", "⌫", "Esc X")
    assert found.caps["forward"] == "Ctrl Shift Z"
