"""The encoder of students of texts and tables: a content is the sum of what each of its tokens says for each label.

What a token says is learned together with the student (:mod:`learning.core.distillation`), so its features are scores,
as many as there are labels, and looking tokens up is all that is done.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from learning.core import artifacts
from learning.core.arrays import FloatMatrix
from learning.core.encoders.tokens import Tokenizer, tokenizer

FORMAT = "encoder/token-sums@1"
NAME = "token-sums"
_ROWS_PER_BLOCK = 2_048
_FIRST = np.zeros(1, dtype=np.intp)


class FittedTokenSums:
    """Sums over the tokens of a content, over the square root of their number; zeros where none is known.

    Parameters
    ----------
    reads : Tokenizer
    terms : sequence of str
        The tokens that are known.
    scores : ndarray of float32, shape (terms, dimension)
    """

    name = NAME
    weights_bytes = 0

    def __init__(self, reads: Tokenizer, terms: Sequence[str], scores: FloatMatrix) -> None:
        self._reads = reads
        self.terms = list(terms)
        self.scores = np.ascontiguousarray(scores, dtype=np.float32)
        self.dimension = int(self.scores.shape[1])
        self._find = reads.finder({term: place for place, term in enumerate(self.terms, 1)})
        self._rows = np.concatenate((np.zeros((1, self.dimension), np.float32), self.scores))
        self.version = f"{NAME}:1:{artifacts.sha256(self.dump())[:16]}"

    def places(self, content: Any) -> list[int]:
        """Return the rows of ``scores`` that a content adds up, counted from 1."""
        return self._find(content)

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Encode texts or table rows.

        Parameters
        ----------
        contents : sequence of str or of mapping

        Returns
        -------
        ndarray of float32, shape (n, dimension)
        """
        result = np.zeros((len(contents), self.dimension), dtype=np.float32)
        if len(contents) == 1:  # the same sum without what only blocks need: half of the time
            if places := self._find(contents[0]):
                result[0] = np.add.reduceat(self._rows[places], _FIRST, axis=0)[0] / np.sqrt(np.float32(len(places)))
            return result
        for start in range(0, len(contents), _ROWS_PER_BLOCK):
            block = [self._find(content) for content in contents[start : start + _ROWS_PER_BLOCK]]
            lengths = np.array([len(places) for places in block])
            some = np.flatnonzero(lengths)
            if some.size:
                counted = lengths[some]
                ends = np.cumsum(counted)
                every = self._rows[np.fromiter(chain.from_iterable(block), dtype=np.intp, count=int(ends[-1]))]
                sums = np.add.reduceat(every, ends - counted, axis=0)
                result[start + some] = sums / np.sqrt(counted, dtype=np.float32)[:, None]
        return result

    def dump(self) -> bytes:
        """Serialise tokens and scores."""
        terms = np.frombuffer(json.dumps(self.terms, ensure_ascii=False).encode("utf-8"), dtype=np.uint8)
        return artifacts.pack(FORMAT, {"reads": self._reads.header()}, {"terms": terms, "scores": self.scores})


def load_token_sums(data: bytes) -> FittedTokenSums:
    """Restore a dumped encoder.

    Raises
    ------
    ArtifactError
        If the bytes are not such a dump.

    Examples
    --------
    >>> from learning.core.encoders.tokens import Words
    >>> made = FittedTokenSums(Words(), ["free", "entry"], np.array([[1.0, 0.0], [0.0, 3.0]]))
    >>> load_token_sums(made.dump()).transform(["Free entry", "free", "nothing known"]).round(2)
    array([[0.71, 2.12],
           [1.  , 0.  ],
           [0.  , 0.  ]], dtype=float32)
    """
    header, arrays = artifacts.unpack(FORMAT, data)
    try:
        reads = tokenizer(header["reads"])
        return FittedTokenSums(reads, json.loads(arrays["terms"].tobytes()), arrays["scores"])
    except (KeyError, ValueError, TypeError) as error:
        raise artifacts.ArtifactError(f"not an encoder of tokens: {error}") from error
