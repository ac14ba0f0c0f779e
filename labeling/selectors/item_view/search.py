"""Words that are looked for: which items hold them, as bits, and what only the texts themselves can tell."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Q

from labeling.db.bitmaps import union
from labeling.db.folded_words import (
    BEGINNINGS,
    asked_words,
    beginning,
    column_texts,
    folded,
    holds_phrase,
    is_unspaced,
    stored_word,
    texts_of,
    words_of,
)
from labeling.models import Project, WordBlock

#: Rows that are read of all words with one beginning; where there are more, the texts tell.
MOST_ROWS = 4_000
_PART = re.compile(r'(?:([^\s":]+):)?"([^"]*)"|(?:([^\s":]+):)?(\S+)')
Blocks = dict[int, int]


@dataclass(frozen=True)
class _Check:
    """What has to hold of the texts of an item: a phrase, words of one column, or a word that begins so."""

    column: str = ""
    phrase: str = ""
    words: tuple[str, ...] = ()
    start: str = ""

    def holds(self, texts: Sequence[Any]) -> bool:
        """``texts``: what ``texts_of`` takes."""
        parts = list(column_texts(texts[3].get(self.column)) if self.column else texts_of(*texts))
        if self.phrase:
            return any(holds_phrase(folded(part), self.phrase) for part in parts)
        held = {word for part in parts for word in words_of(part)}
        return held.issuperset(self.words) and (not self.start or any(word.startswith(self.start) for word in held))


class Search:
    """``spam fre`` finds what holds *spam* and a word that begins with *fre*; ``"free prize"`` as it stands;
    ``colour:red`` in the column of that name.

    ``blocks``: the items that hold the words, as bits by block. ``checks``: what has to be read of these to know.
    """

    def __init__(self, project: Project, asked: str) -> None:
        self.project = project
        self.checks: list[_Check] = []
        self._words: list[str] = []
        self._starts: list[str] = []
        parts = list(_PART.finditer(asked))
        for part in parts:
            self._read(*part.groups(), is_last=part is parts[-1])
        self.blocks = self._found()

    def _read(self, of_phrase: str | None, phrase: str | None, of_word: str | None, word: str | None,
              *, is_last: bool) -> None:  # fmt: skip
        name = of_phrase or of_word or ""
        column = _column(self.project, name)
        said = phrase if phrase is not None else word or ""
        if name and not column:  # a time of day, an address
            said = f"{name} {said}"
        words, starts = self._terms(said, is_last=is_last and phrase is None)
        if phrase is not None and len(asked_words(said)) > 1:
            self.checks.append(_Check(column, phrase=folded(said)))
        elif column:
            self.checks += [_Check(column, words=tuple(words), start=start) for start in starts or [""]]
        self._words += words
        self._starts += starts

    def _terms(self, said: str, *, is_last: bool) -> tuple[list[str], list[str]]:
        """Words, and beginnings of words."""
        words = asked_words(said)
        starts = [word for word in words if len(word) == 1 and is_unspaced(word)]
        if is_last and words and words[-1] not in starts:
            starts.append(words[-1])
        return [word for word in words if word not in starts], starts

    def _found(self) -> Blocks:
        if not self._words and not self._starts:
            return {}
        each = [*self._whole(), *map(self._beginning, dict.fromkeys(self._starts))]
        return {block: reduce(and_, (one[block] for one in each)) for block in set.intersection(*map(set, each))}

    def _whole(self) -> Iterable[Blocks]:
        """By word its bits; one query."""
        words = list(dict.fromkeys(self._words))
        stored = self._rows(Q(word__in=[stored_word(word) for word in words])) if words else {}
        return [stored.get(stored_word(word), {}) for word in words]

    def _beginning(self, start: str) -> Blocks:
        if len(start) in BEGINNINGS:
            wanted = beginning(start)
            return self._rows(Q(word=wanted)).get(wanted, {})
        first = stored_word(start)
        found = self._blocks(Q(word__gte=first, word__lt=first + b"\xff"))
        if found is None:
            self.checks.append(_Check(start=start))
            return self._beginning(start[: BEGINNINGS[-1]])
        return found

    def _rows(self, which: Q) -> dict[bytes, Blocks]:
        found: dict[bytes, Blocks] = {}
        rows = WordBlock.objects.filter(which, project=self.project)
        for word, block, n, bits in rows.values_list("word", "block", "n", "bits"):
            found.setdefault(bytes(word), {})[block] = union([(n, bits)])
        return found

    def _blocks(self, which: Q) -> Blocks | None:
        """All of them together; None where there are too many."""
        rows = WordBlock.objects.filter(which, project=self.project).values_list("block", "n", "bits")
        stored: dict[int, list[tuple[int, bytes | memoryview]]] = {}
        for read, (block, n, bits) in enumerate(rows[: MOST_ROWS + 1].iterator()):
            if read == MOST_ROWS:
                return None
            stored.setdefault(block, []).append((n, bits))
        return {block: union(some) for block, some in stored.items()}


def _column(project: Project, name: str) -> str:
    """The column of this name, however it is spelled; "" where there is none."""
    if not name:
        return ""
    wanted = folded(name)
    return next((column for column in project.columns if wanted and folded(column) == wanted), "")
