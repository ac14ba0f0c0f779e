"""Cheap features of texts that people's preferences follow: how long, how varied, how carefully written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from learning.core.arrays import FloatMatrix

NAMES = (
    "characters", "words", "sentences", "word length", "sentence length", "distinct words", "commas", "capitals",
    "exclamations", "questions", "digits", "quotes", "small starts", "paragraphs",
)  # fmt: skip
MAX_CHARACTERS = 20_000
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)")


def surface_features(texts: Sequence[str]) -> FloatMatrix:
    """Describe how texts are written, in no language in particular.

    Parameters
    ----------
    texts : sequence of str
        Only the first 20,000 characters are read.

    Returns
    -------
    ndarray of float32, shape (len(texts), len(NAMES))
        Counts as logarithms, the rest as shares.

    Examples
    --------
    >>> short, long = surface_features(["No.", "No, because it costs more than it saves."])
    >>> bool(short[0] < long[0]), len(NAMES) == short.size
    (True, True)
    """
    return np.array([_describe(str(text)[:MAX_CHARACTERS]) for text in texts], dtype=np.float32).reshape(-1, len(NAMES))


def _describe(text: str) -> list[float]:
    words = _WORD.findall(text)
    n_words, n_characters = max(len(words), 1), max(len(text), 1)
    starts = [part.lstrip()[:1] for part in _SENTENCE.split(text) if part.strip()]
    n_sentences = max(len(starts), 1)
    letters = max(sum(character.isalpha() for character in text), 1)
    return [
        np.log1p(len(text)),
        np.log1p(len(words)),
        np.log1p(len(starts)),
        sum(map(len, words)) / n_words,
        np.log1p(n_words / n_sentences),
        len({word.lower() for word in words}) / n_words,
        text.count(",") / n_words,
        sum(character.isupper() for character in text) / letters,
        text.count("!") / n_sentences,
        text.count("?") / n_sentences,
        sum(character.isdigit() for character in text) / n_characters,
        sum(text.count(mark) for mark in '"“”«»') / n_words,
        sum(start.islower() for start in starts) / n_sentences,
        np.log1p(text.strip().count("\n")),
    ]
