"""What spoke for an answer and what against it: the content with a part of it left out, asked about again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix

#: Signs of Chinese and Japanese, which put no gaps between words: each is a part.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FIRST_MARK, _LAST_MARK = 0x300, 0x20000
_LEAST = 1e-6


@dataclass(frozen=True)
class TextPart:
    """A word, or some words that follow one another.

    Parameters
    ----------
    words : str
        As they stand in the text the first time.
    at : tuple of (int, int)
        Where they stand, in code points: from the first up to, not including, the second.
    """

    words: str
    at: tuple[tuple[int, int], ...]

    def left_out_of(self, text: str) -> str:
        """Return the text without the part, wherever it stands."""
        kept, end = [], 0
        for start, stop in self.at:
            kept.append(text[end:start])
            end = stop
        return "".join((*kept, text[end:]))


def text_parts(text: str, most: int) -> list[TextPart]:
    """Divide a text into parts that can each be left out.

    Every different word is a part, with all the places where it stands, whatever its case. Where there are more than
    ``most`` of them, parts are runs of words of equal length instead: a long text is explained less finely, at the same
    cost.

    Parameters
    ----------
    text : str
    most : int
        At least 1.

    Returns
    -------
    list of TextPart
        At most ``most``; empty where there is no word.

    Examples
    --------
    >>> text_parts("Go, go home", 5)
    [TextPart(words='Go', at=((0, 2), (4, 6))), TextPart(words='home', at=((7, 11),))]
    >>> [part.words for part in text_parts("one two three four five", 2)]
    ['one two three', 'four five']
    >>> text_parts("Go, go home", 5)[0].left_out_of("Go, go home")
    ',  home'
    >>> [part.words for part in text_parts("हिन्दी and 退款, don't", 9)]
    ['हिन्दी', 'and', '退', '款', "don't"]
    """
    spans = [found.span() for found in _word().finditer(text)]
    places: dict[str, list[tuple[int, int]]] = {}
    for start, stop in spans:
        places.setdefault(text[start:stop].casefold(), []).append((start, stop))
    if len(places) <= most:
        return [TextPart(text[at[0][0] : at[0][1]], tuple(at)) for at in places.values()]
    length = -(-len(spans) // most)
    runs = [spans[first : first + length] for first in range(0, len(spans), length)]
    return [TextPart(text[run[0][0] : run[-1][1]], ((run[0][0], run[-1][1]),)) for run in runs]


@cache
def _word() -> re.Pattern[str]:
    """Return a pattern of words: letters with the marks that belong to them, which are no letters to ``\\w``."""
    points = range(_FIRST_MARK, _LAST_MARK)
    marks = "".join(chr(point) for point in points if unicodedata.category(chr(point)).startswith("M"))
    return re.compile(rf"[{_ALONE}]|[^\W{_ALONE}](?:[^\W{_ALONE}]|['’{marks}-])*")


def replaced_blocks(row: FloatMatrix, average: FloatMatrix, blocks: Sequence[slice]) -> FloatMatrix:
    """Return a row of features once for each block, which has the average of the rows learned from in its place.

    For a linear model the change of the log-odds is then the block's own contribution, coefficients times the distance
    from the average; every other model is asked the same question.

    Parameters
    ----------
    row, average : ndarray of float32, shape (d,)
    blocks : sequence of k slices

    Returns
    -------
    ndarray of float32, shape (k, d)

    Examples
    --------
    >>> row, average = np.array([1, 2, 3], np.float32), np.zeros(3, np.float32)
    >>> replaced_blocks(row, average, [slice(0, 1), slice(1, 3)]).tolist()
    [[0.0, 2.0, 3.0], [1.0, 0.0, 0.0]]
    """
    rows = np.repeat(row[None, :], len(blocks), axis=0)
    for number, block in enumerate(blocks):
        rows[number, block] = average[block]
    return rows


def effects(whole: float, without: DoubleArray) -> DoubleArray:
    """Return what parts did to a label: its log-odds with all of them minus those without each.

    Parameters
    ----------
    whole : float
        The probability of the label.
    without : ndarray of shape (k,)
        Its probability without each part.

    Returns
    -------
    ndarray of float64, shape (k,)
        Above 0: it spoke for the label. Of a logistic model of one label against the rest it is the contribution to
        the score.

    Examples
    --------
    >>> effects(0.9, np.array([0.5, 0.9, 0.95])).round(2).tolist()
    [2.2, 0.0, -0.75]
    """
    return np.asarray(_log_odds(np.array([whole])) - _log_odds(without))


def _log_odds(probabilities: DoubleArray) -> DoubleArray:
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
