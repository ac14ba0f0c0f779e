"""The keys of the annotation page: which gives which label, which runs which command. No key ever has two meanings.

One order decides, here and nowhere else: what the kind of question needs for itself, then the keys a manager chose for
labels, then the commands, then the keys labels get by themselves. A command whose key a label has moves to the next
letter it wishes for, else to any free one. Buttons, the sheet of keys, the settings page and the script read this.
"""

import string
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labeling.kinds.base import QuestionKind

#: Up to this many labels are buttons with a key each; more are found by typing.
MOST_BUTTONS = 10
#: ... unless every one of them has a hotkey.
MOST_BUTTONS_WITH_HOTKEYS = 20
DIGITS = "1234567890"
#: ``?`` opens the sheet, ``/`` is the same key on many keyboards, Space reads on.
REFUSED_HOTKEYS = frozenset("?/ ")


@dataclass(frozen=True)
class Command:
    """``letters`` are wished for, best first, and one is given; ``keys`` come besides, where nobody else has them."""

    words: str
    letters: str = ""
    keys: tuple[str, ...] = ()


COMMANDS = {
    "undo": Command("Undo", "uzb", ("Backspace", "mod+z")),
    "forward": Command("Go on", "", ("ArrowRight", "Enter", "mod+shift+z")),
    "takeBack": Command("Take it back", "xr", ("Delete",)),
    "skip": Command("Skip", "skj"),
    # no letters: they would be taken from the labels of every project; nor marks that other layouts write by a letter
    "doubt": Command("Not sure", "", (",",)),
    "comment": Command("Comment", "", (":",)),
    # no letter: it would be taken from the labels of every project
    "takeSuggestion": Command("Take the suggestion", "", (".", "mod+Enter")),
    "instructions": Command("Instructions", "ih"),
    "theme": Command("Light or dark", "td"),
    "keys": Command("All keys", "", ("?",)),
}
#: What looks closer at a picture.
LOOKING = {
    "zoomIn": Command("Zoom in", "", ("+", "=")),
    "zoomOut": Command("Zoom out", "", ("-", "_")),
    "zoomReset": Command("The whole picture", "fv", ("0",)),
    # no letters: they would be taken from the labels of every project
    "rotate": Command("A quarter turn", "", (">",)),
    "darker": Command("Darker", "", ("[",)),
    "brighter": Command("Brighter", "", ("]",)),
    "lessContrast": Command("Less contrast", "", ("{",)),
    "moreContrast": Command("More contrast", "", ("}",)),
    "lightReset": Command("Brightness and contrast as they are", "", ("*",)),
}
PAGE_KEYS = frozenset(command.letters[0] for command in (*COMMANDS.values(), *LOOKING.values()) if command.letters)
#: Given to labels without a hotkey, in this order; they leave every command where it is.
AUTOMATIC_HOTKEYS = "123456789" + "".join(key for key in string.ascii_lowercase if key not in PAGE_KEYS)
#: The field of a large label set has these for itself; letters are typed into it until Esc leaves it.
_FIELD_KEYS = frozenset(("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter", *"123456789"))
_USABLE_WHILE_TYPING = frozenset(("Backspace", "?", ",", ":"))
_CAPS = {"ArrowRight": "→", "Enter": "⏎", "Backspace": "⌫", "Delete": "Del", "-": "−"}


class _Label(Protocol):
    name: str
    hotkey: str
    description: str


@dataclass(frozen=True)
class PageKeys:
    """``labels`` in the order of the set, each with its keys; ``commands`` by name; the key to show always first."""

    labels: list[dict[str, Any]]
    commands: dict[str, list[str]]
    use_picker: bool
    caps: dict[str, str] = field(default_factory=dict)

    @property
    def moved(self) -> list[tuple[str, str, str]]:
        """(command in words, its usual key, the one it has here) of the commands that made room for a label."""
        found = []
        for name, command in {**COMMANDS, **LOOKING}.items():
            keys = self.commands.get(name)
            if keys is not None and command.letters and command.letters[0] not in keys:
                letter = next((key for key in keys if len(key) == 1 and key.isalpha()), "")
                found.append((command.words, command.letters[0].upper(), letter.upper()))
        return found


def as_buttons(labels: Collection[_Label]) -> bool:
    """Whether the labels are buttons; a larger set is a field to type in."""
    most = MOST_BUTTONS_WITH_HOTKEYS if all(label.hotkey for label in labels) else MOST_BUTTONS
    return len(labels) <= most


def page_keys(
    labels: Iterable[_Label], kind: QuestionKind, *, is_picture: bool, suggests: bool = False, remarks: bool = False
) -> PageKeys:
    """The keys of the page of a project: none is in two places. ``suggests``: whether there may be suggestions to take;
    ``remarks``: whether something may go with an answer.

    A label has its hotkey first, then the digit of its place or a free one, then a letter of its name. The labels of a
    large set have no keys.
    """
    labels = list(labels)
    use_picker = not as_buttons(labels)
    own = kind.own_keys | (_FIELD_KEYS if use_picker else frozenset())
    chosen = [[] if use_picker or not label.hotkey else [label.hotkey.lower()] for label in labels]
    taken = own | {key for keys in chosen for key in keys}
    wanted = {**COMMANDS, **LOOKING} if is_picture else dict(COMMANDS)
    for name in (*(() if suggests else ("takeSuggestion",)), *(() if remarks else ("doubt", "comment"))):
        del wanted[name]
    commands = _commands(wanted, taken, use_picker)
    if not use_picker:
        _more(labels, chosen, taken | PAGE_KEYS | {key for keys in commands.values() for key in keys})
    return PageKeys(
        [
            {"name": label.name, "description": label.description, "keys": keys}
            for label, keys in zip(labels, chosen, strict=True)
        ],
        commands,
        use_picker,
        {name: _cap(keys[0], use_picker) if keys else "" for name, keys in commands.items()},
    )


def _commands(wanted: dict[str, Command], taken: frozenset[str], use_picker: bool) -> dict[str, list[str]]:
    """Keys of each command. Nobody moves to a letter that is another's first wish."""
    gone = set(taken)
    first = {command.letters[0] for command in wanted.values() if command.letters}
    found: dict[str, list[str]] = {}
    for name, command in wanted.items():
        keys = [key for key in command.keys if key not in gone]
        if command.letters:
            others = (key for key in command.letters[1:] + string.ascii_lowercase if key not in first)
            letter = next((key for key in (command.letters[0], *others) if key not in gone), "")
            # a picture is seen whole by 0 before F: the digit stands where no label has it
            keys = ([*keys, letter] if name in LOOKING else [letter, *keys]) if letter else keys
        if use_picker:
            keys.sort(key=lambda key: not _while_typing(key))
        gone.update(keys)
        found[name] = keys
    return found


def _more(labels: Sequence[_Label], keys: list[list[str]], taken: set[str] | frozenset[str]) -> None:
    """Adds a digit and a letter to the keys of each label, as far as nobody has them."""
    taken = set(taken)
    for own, place in zip(keys, DIGITS, strict=False):
        digit = next((digit for digit in place + DIGITS if digit not in taken), "")
        if digit and not any(key.isdigit() for key in own):
            own.append(digit)
            taken.add(digit)
    for own, label in zip(keys, labels, strict=True):
        letter = _free_letter(label.name if own else label.name + string.ascii_lowercase, taken)
        if letter and not any(key.isalpha() for key in own):
            own.append(letter)
            taken.add(letter)


def _free_letter(name: str, taken: Collection[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).lower()
    return next((letter for letter in plain if letter.isascii() and letter.isalpha() and letter not in taken), "")


def _while_typing(key: str) -> bool:
    return key in _USABLE_WHILE_TYPING or key.startswith("mod+")


def _cap(key: str, use_picker: bool) -> str:
    """What stands on a button. In the field of a large label set a letter is a command once Esc was pressed."""
    *held, last = key.split("+") if len(key) > 1 else [key]
    shown = _CAPS.get(last, last.upper() if len(last) == 1 else last)
    words = [*({"mod": "Ctrl", "shift": "Shift"}[name] for name in held), shown]
    return " ".join(["Esc", *words] if use_picker and not _while_typing(key) else words)
