"""Contents as tokens that are looked up one by one: words and pairs of words of a text, cells of a table row.

For students, which have to be fast: nothing here multiplies a matrix, and the value of a cell is read once.
"""

from __future__ import annotations

import bisect
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, islice, pairwise, repeat
from operator import add
from typing import Any, Protocol

import numpy as np

from learning.core.encoders.table_values import MOSTLY, as_level, as_number

MAX_CHARACTERS = 20_000
"""What follows in a text is not read."""
BINS = 16
_LAST_SIGN = 0x20000
_FEW_NUMBERS, _WORDS_OF_TEXT, _REMEMBERED = 12, 3.0, 20_000

Find = Callable[[Any], list[int]]


class Tokenizer(Protocol):
    """Says which tokens a content has."""

    def tokens(self, content: Any) -> list[str]:
        """Return the tokens of a content; one may come several times."""
        ...

    def finder(self, places: Mapping[str, int]) -> Find:
        """Return a fast function from a content to the places of those of its tokens that have one, above 0."""
        ...

    def header(self) -> dict[str, Any]:
        """Return what :func:`tokenizer` makes it of again: JSON values."""
        ...


@cache
def _blanks() -> dict[int, str]:
    """Every sign of punctuation and every symbol of Unicode as a blank: a text is then split by its blanks."""
    return {point: " " for point in range(_LAST_SIGN) if unicodedata.category(chr(point))[0] in "PS"}


def words_of(text: Any) -> list[str]:
    """Return the words of a text in small letters.

    Examples
    --------
    >>> words_of("Free entry, don't WAIT!")
    ['free', 'entry', 'don', 't', 'wait']
    """
    return str(text)[:MAX_CHARACTERS].lower().translate(_blanks()).split()


class Words:
    """Words, and every two that follow each other.

    Examples
    --------
    >>> Words().tokens("Free entry!"), Words().finder({"entry": 1, "free entry": 2})("FREE entry")
    (['free', 'entry', 'free entry'], [1, 2])
    """

    def tokens(self, content: Any) -> list[str]:
        """Return the tokens of a text."""
        words = words_of(content)
        return words + [" ".join(pair) for pair in pairwise(words)]

    def finder(self, places: Mapping[str, int]) -> Find:
        """Return the places of a text's tokens. A pair is looked up by the numbers of its words, not by their letters:
        all that is done for a word happens in C."""
        words = dict.fromkeys(word for term in places for word in term.split(" "))
        number = {word: at for at, word in enumerate(words, 1)}
        base = len(number) + 1
        first = [at * base for at in range(base)]
        single = [0] * base
        pairs: dict[int, int] = {}
        for term, place in places.items():
            word, _, second = term.partition(" ")
            if second:
                pairs[first[number[word]] + number[second]] = place
            else:
                single[number[word]] = place

        def find(content: Any) -> list[int]:
            numbers = list(map(number.get, words_of(content), repeat(0)))
            keys = map(add, map(first.__getitem__, numbers), islice(numbers, 1, None))
            return list(filter(None, chain(map(single.__getitem__, numbers), map(pairs.get, keys))))

        return find

    def header(self) -> dict[str, Any]:
        """Return that there is nothing to know."""
        return {"of": "words"}


class Cells:
    """The cells of a row: a number by its bin, a text by its words, everything else as it is written.

    Parameters
    ----------
    edges : mapping of str to sequence of float
        Of columns of numbers: between which their bins lie.
    texts : sequence of str
        Columns of texts.
    others : sequence of str
        All other columns that are read.

    Examples
    --------
    >>> cells = Cells({"age": [30.0]}, [], ["city"])
    >>> cells.tokens({"age": "41", "city": "Rome", "more": 1}), cells.finder({"age=1": 7})({"age": 41})
    (['age=1', 'city=Rome'], [7])
    """

    def __init__(self, edges: Mapping[str, Sequence[float]], texts: Sequence[str], others: Sequence[str]) -> None:
        self._edges = {name: list(each) for name, each in edges.items()}
        self._texts, self._others = list(texts), list(others)

    def tokens(self, content: Any) -> list[str]:
        """Return the tokens of a row: a mapping of column name to value."""
        found = [self._token(name, content.get(name)) for name in (*self._edges, *self._others)]
        return found + self._of_texts(content)

    def _token(self, name: str, value: Any) -> str:
        edges = self._edges.get(name)
        if edges is None:
            return f"{name}={as_level(value)}"
        number = as_number(value)
        return f"{name}={bisect.bisect_right(edges, number) if number == number else ''}"

    def _of_texts(self, content: Any) -> list[str]:
        return [f"{name}:{word}" for name in self._texts for word in words_of(as_level(content.get(name)))]

    def finder(self, places: Mapping[str, int]) -> Find:
        """Return the places of a row's tokens; a value is read when it is first seen."""
        remembered: list[tuple[str, dict[Any, int]]] = [(name, {}) for name in (*self._edges, *self._others)]

        def read(name: str, known: dict[Any, int], value: Any) -> int:
            place = places.get(self._token(name, value), 0)
            if isinstance(value, str | int | float | None) and len(known) < _REMEMBERED:
                known[value] = place
            return place

        def find(content: Any) -> list[int]:
            found = []
            for name, known in remembered:
                value = content.get(name)
                try:
                    place = known[value]
                except (KeyError, TypeError):
                    place = read(name, known, value)
                if place:
                    found.append(place)
            if self._texts:
                found += filter(None, (places.get(token) for token in self._of_texts(content)))
            return found

        return find

    def header(self) -> dict[str, Any]:
        """Return the columns."""
        return {"of": "cells", "edges": self._edges, "texts": self._texts, "others": self._others}


def fit_cells(rows: Sequence[Mapping[str, Any]]) -> Cells:
    """Look at rows and say how each column is read.

    Examples
    --------
    >>> fit_cells([{"n": n, "c": "ab"[n % 2]} for n in range(40)]).tokens({"n": 39, "c": "b"})
    ['n=15', 'c=b']
    """
    edges: dict[str, list[float]] = {}
    texts, others = [], []
    for name in sorted({name for row in rows for name in row}):
        levels = [level for row in rows if (level := as_level(row.get(name)))]
        distinct = set(levels)
        numbers = np.array([as_number(level) for level in levels])
        if len(distinct) > _FEW_NUMBERS and np.isfinite(numbers).mean() >= MOSTLY:
            cut = np.quantile(numbers[np.isfinite(numbers)], np.arange(1, BINS) / BINS)
            edges[name] = sorted({float(edge) for edge in cut})
        elif levels and np.mean([level.count(" ") + 1 for level in levels]) > _WORDS_OF_TEXT:
            texts.append(name)
        elif len(distinct) > 1:
            others.append(name)
    return Cells(edges, texts, others)


def tokenizer(header: Mapping[str, Any]) -> Tokenizer:
    """Restore a tokenizer from its header; raises ValueError on anything else.

    Examples
    --------
    >>> tokenizer(Words().header()).tokens("one")
    ['one']
    """
    if header.get("of") == "words":
        return Words()
    if header.get("of") == "cells":
        return Cells(header["edges"], header["texts"], header["others"])
    raise ValueError(f"no tokens of {header.get('of')!r}")


def vocabulary(tokenized: Iterable[Sequence[str]], least: int, most: int) -> list[str]:
    """Return the tokens that come in at least so many contents, the most frequent first, at most so many.

    Examples
    --------
    >>> vocabulary([["a", "b"], ["a", "a"], ["b", "c"]], 2, 10)
    ['a', 'b']
    """
    counts = Counter(token for tokens in tokenized for token in set(tokens))
    often = sorted((-count, token) for token, count in counts.items() if count >= least)
    return [token for _, token in often[:most]]
