"""What an import found and did of itself, said in short sentences: on its page, in REST, and kept with it.

Readers have ``self.notes``, builders of rows ``builder.notes``. A note is what the person should know and nobody would
see in the rows: "A nameless first column was left out." What costs a row is a rejection, not a note. ::

    self.notes.say("The columns are separated by |.")  # once, however often it is said
    self.notes.count("1 cell was blank.", "{count} cells were blank.")  # over the whole import

Notes are stored with the chunk they belong to: an attempt that goes on counts on from what is stored, so whatever reads
the rows before the cursor again must not count them again.
"""

from dataclasses import dataclass
from typing import Any

from labeling.selectors.importing import sentences_of

#: A file can make no longer list than this.
MAX_NOTES = 40
MAX_CHARACTERS = 400


@dataclass(slots=True)
class _Counted:
    one: str
    many: str
    count: int


class ImportNotes:
    """The notes of one import, in the order in which they were first said."""

    def __init__(self, stored: list[dict[str, Any]] | None = None) -> None:
        self._notes: dict[str, _Counted] = {}
        for note in stored or ():
            self._notes[note["many"]] = _Counted(note["one"], note["many"], note["count"])
        self._stored = self.as_stored()

    def say(self, sentence: str) -> None:
        """A sentence that holds for the file."""
        self._add(sentence, sentence, 0)

    def count(self, one: str, many: str, by: int = 1) -> None:
        """A sentence that tells how often: ``one`` for once, else ``many`` with ``{count}`` in it."""
        self._add(one, many, by)

    def _add(self, one: str, many: str, by: int) -> None:
        many = many[:MAX_CHARACTERS]
        note = self._notes.get(many)
        if note is not None:
            note.count += by
        elif len(self._notes) < MAX_NOTES:
            self._notes[many] = _Counted(one[:MAX_CHARACTERS], many, by)

    def as_stored(self) -> list[dict[str, Any]]:
        return [{"one": note.one, "many": note.many, "count": note.count} for note in self._notes.values()]

    def sentences(self) -> list[str]:
        return sentences_of(self.as_stored())

    def changed(self) -> dict[str, Any]:
        """The field of the batch that has to be stored; none when all of it is."""
        found = self.as_stored()
        return {} if found == self._stored else {"notes": found}

    def kept(self) -> None:
        """What was changed is in the database."""
        self._stored = self.as_stored()


class RelayedNotes(ImportNotes):
    """Hands on to the notes of an import; counts nothing while it is ``quiet``, when rows of before are read again."""

    def __init__(self, to: ImportNotes) -> None:
        super().__init__()
        self.to = to
        self.quiet = False

    def _add(self, one: str, many: str, by: int) -> None:
        if not self.quiet or not by:
            self.to._add(one, many, by)
