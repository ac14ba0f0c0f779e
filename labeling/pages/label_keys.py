"""Which keys give which label on the annotation page."""

import unicodedata
from collections.abc import Collection, Iterable

from labeling.models import Label
from labeling.services.label_set import PAGE_KEYS

#: Up to this many labels are buttons with a key each; more are found by typing.
MOST_BUTTONS = 10
#: ... unless their manager chose a key for every one of them.
MOST_BUTTONS_WITH_HOTKEYS = 20
DIGITS = "1234567890"


def as_buttons(labels: Collection[Label]) -> bool:
    """Whether the labels are buttons; a larger set is a field to type in."""
    most = MOST_BUTTONS_WITH_HOTKEYS if all(label.hotkey for label in labels) else MOST_BUTTONS
    return len(labels) <= most


def label_keys(labels: Iterable[Label]) -> list[dict[str, object]]:
    """``[{"name", "description", "keys"}]`` in the order of the label set, the key to show first.

    A label has the hotkey its manager chose, else the digit of its place or a free one; a letter of its name comes on
    top where one is free. No key is given twice. The labels of a large set have no keys.
    """
    labels = list(labels)
    if not as_buttons(labels):
        return [{"name": label.name, "description": label.description, "keys": []} for label in labels]
    keys: list[list[str]] = [[label.hotkey.lower()] if label.hotkey else [] for label in labels]
    taken = {key for own in keys for key in own}
    for own, place in zip(keys, DIGITS, strict=False):
        digit = next((digit for digit in place + DIGITS if digit not in taken), "")
        if digit and not any(key.isdigit() for key in own):
            own.append(digit)
            taken.add(digit)
    for own, label in zip(keys, labels, strict=True):
        letter = _free_letter(label.name, taken | PAGE_KEYS)
        if letter and not any(key.isalpha() for key in own):
            own.append(letter)
            taken.add(letter)
    return [
        {"name": label.name, "description": label.description, "keys": own}
        for label, own in zip(labels, keys, strict=True)
    ]


def _free_letter(name: str, taken: Iterable[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).lower()
    return next((letter for letter in plain if letter.isascii() and letter.isalpha() and letter not in taken), "")
