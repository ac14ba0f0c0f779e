"""Which keys give which label."""

import pytest

from labeling.models import Label
from labeling.pages.label_keys import MOST_BUTTONS, label_keys
from labeling.services.label_set import PAGE_KEYS


def labels(*names_and_hotkeys: tuple[str, str]) -> list[Label]:
    return [Label(name=name, hotkey=hotkey) for name, hotkey in names_and_hotkeys]


def keys(*names_and_hotkeys: tuple[str, str]) -> list[list[str]]:
    return [row["keys"] for row in label_keys(labels(*names_and_hotkeys))]  # type: ignore[misc]


def test_digits_by_place_and_a_letter_of_the_name():
    assert keys(("ham", ""), ("spam", "")) == [["1", "h"], ["2", "p"]]


def test_the_managers_hotkey_comes_first_and_its_digit_is_not_given_twice():
    assert keys(("ham", "2"), ("spam", "")) == [["2", "h"], ["1", "p"]]
    assert keys(("ham", "q"), ("spam", "")) == [["q", "1"], ["2", "p"]]


def test_a_chosen_letter_may_be_that_of_a_command():
    assert keys(("skip it", "s"))[0][0] == "s"


@pytest.mark.parametrize("count", [2, 6, MOST_BUTTONS])
def test_no_key_twice_and_every_label_has_one(count):
    given = keys(*[(f"Étiquette {n}", "") for n in range(count)])
    flat = [key for own in given for key in own]
    assert len(flat) == len(set(flat))
    assert all(given)
    assert not PAGE_KEYS & set(flat)


def test_chosen_hotkeys_make_buttons_of_more_labels():
    chosen = [(f"label {letter}", letter) for letter in "abcdefghijklmno"]
    assert [own[0] for own in keys(*chosen)] == list("abcdefghijklmno")


def test_a_large_label_set_is_found_by_typing():
    assert keys(*[(f"label {n}", "") for n in range(MOST_BUTTONS + 1)]) == [[]] * (MOST_BUTTONS + 1)
