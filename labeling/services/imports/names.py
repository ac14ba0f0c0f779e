"""Names of columns that mean something: found whatever their case, and asked about where they are nearly meant.

A column ``Label`` that is taken for one more feature is shown to the annotator and learned by the model: the answer
stands beside the question. So a reserved name is found without its case, and what is nearly ``label`` is refused in a
table, where every other column is a feature. Elsewhere other columns are data that nobody sees: there it is said.
"""

import re
import unicodedata
from collections.abc import Sequence

from labeling.kinds import QuestionKind
from labeling.models import Modality
from labeling.services.imports.columns.mapping import ColumnMapping
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.records.own_exports import MARKS
from labeling.services.imports.records.values import ANNOTATOR, reserved_columns

_ASKED_ABOUT = ("label", "group", "split", "context", "origin", "winner")
_REMEMBERED = 1_000  # sets of columns: lines of JSON may each have their own
#: What stands around names: blanks, quotes of any language, what databases and notes put around or before them.
_AROUND = " \t\r\n\ufeff\"'`“”‘’«»*:#[](){}<>"
#: Nobody sees these.
_UNSEEN = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
#: Words in the name of a column that may tell the answer.
_TELLING = frozenset({"label", "labels", "target", "class", "category", "answer", "winner"})
_WORDS = re.compile(r"[^\W\d_]+")


class ColumnNames:
    """The names of one upload's columns, made those the import knows. ``notes`` hears what was found.

    What the sender chose (``mapping``) goes first; a column that stays out is called LEFT_OUT.
    """

    def __init__(
        self, modality: str, kind: QuestionKind, notes: ImportNotes, mapping: ColumnMapping | None = None
    ) -> None:
        self.mapping = mapping or ColumnMapping()
        self.is_table = modality == Modality.TABULAR
        self.notes = notes
        self.reserved = set(reserved_columns(modality, kind))
        if modality == Modality.IMAGE:
            self.reserved |= {"image", "context_image"} if kind.has_contexts else {"image"}
        #: columns that are known and have their names already
        self.unchanged: set[tuple[str, ...]] = set()
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def of(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The columns with reserved names as the import knows them. Raises ImportRefused; says each find once."""
        found = self._known.get(columns)
        if found is None:
            found = self._found(columns)
            if len(self._known) < _REMEMBERED:
                self._known[columns] = found
                if found == columns:
                    self.unchanged.add(columns)
        return found

    def _found(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        chosen = self.mapping.chosen
        names = [self._purpose(chosen[name]) if name in chosen else name for name in columns]
        if chosen:
            self.mapping.refuse_twice(columns)
        for position, name in enumerate(columns):
            if name in self.reserved or name in chosen:
                continue
            meant = plain_name(name)
            if meant in self.reserved:
                if meant not in names:
                    names[position] = meant
                    self.notes.say(f"The column {_shown(name)} was taken as {meant}.")
                elif self.is_table or meant not in columns:
                    taken = columns[names.index(meant)]
                    raise ImportRefused(f"{_shown(taken)} and {_shown(name)} both mean the column {meant}. Rename one.")
                else:
                    self.notes.say(f"The column {_shown(name)} is kept as data, for there is a column {meant}.")
        self._tell_apart(names)
        if MARKS.issubset(columns):
            return tuple(names)  # our own export: what says how an item was answered stays out of it
        for name in columns:
            if name not in chosen:
                self._ask_about(name, names)
        return tuple(names)

    def _purpose(self, purpose: str) -> str:
        """What a chosen column is called."""
        return ANNOTATOR if purpose == "annotator" and purpose not in self.reserved else purpose

    def _tell_apart(self, names: list[str]) -> None:
        """Gives the second column of one name another, unless the name means something to the import."""
        for position, name in enumerate(names):
            if not name or name in self.reserved or name not in names[:position]:
                continue
            number = 2
            while (other := f"{name}_{number}") in names:
                number += 1
            names[position] = other
            self.notes.say(f"Several columns are called {_shown(name)}; column {position + 1} is kept as {other[:80]}.")

    def _ask_about(self, name: str, names: list[str]) -> None:
        """Refuses or says a name that is one slip away from a reserved one that is not there."""
        if name in self.reserved or plain_name(name) in self.reserved:
            return
        for meant in _ASKED_ABOUT:
            if meant in self.reserved and meant not in names and _is_one_slip(plain_name(name), meant):
                if self.is_table and meant == "label":
                    raise ImportRefused(
                        f"Did you mean label? The column {_shown(name)} would be shown to annotators as one more"
                        " feature. Rename it: to label, or to something that is not so close."
                    )
                self.notes.say(f"The column {_shown(name)} is kept as data; did you mean {meant}?")
                return
        if self.is_table and not _TELLING.isdisjoint(_WORDS.findall(_parted(name))):
            self.notes.say(f"The column {_shown(name)} is a feature that annotators see: does it tell the answer?")


def nearest(meant: str, columns: Sequence[str]) -> str:
    """A question to add where a column is missing; "" when none of those there is close."""
    close = [name for name in columns if _is_one_slip(plain_name(name), meant)]
    return f" Did you mean {meant} by {_shown(close[0])}?" if close else ""


def plain_name(name: str) -> str:
    name = unicodedata.normalize("NFKC", name)
    if not name.isascii():
        name = name.translate(_UNSEEN)
    return name.strip(_AROUND).casefold()


def _parted(name: str) -> str:
    """The name with a blank where camelCase begins a word."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()


def _shown(name: str) -> str:
    return repr(name[:80])


def _is_one_slip(name: str, meant: str) -> bool:
    """One letter more, less or other, or two exchanged."""
    if name == meant or abs(len(name) - len(meant)) > 1:
        return False
    at = 0
    while at < min(len(name), len(meant)) and name[at] == meant[at]:
        at += 1
    rest, rest_meant = name[at:], meant[at:]
    return (
        rest[1:] == rest_meant[1:]
        or rest[1:] == rest_meant
        or rest == rest_meant[1:]
        or (rest[:2] == rest_meant[1::-1] and rest[2:] == rest_meant[2:])
    )
