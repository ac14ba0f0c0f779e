"""Texts: WordLlama's meaning joined with the project's own words (TF-IDF reduced by SVD)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd

from learning.core import artifacts
from learning.core.arrays import FloatMatrix
from learning.core.encoders import wordllama
from learning.core.encoders.base import choose

FORMAT = "encoder/wordllama-tfidf@1"
_TEXTS_PER_BLOCK = 2_048


@dataclass(frozen=True)
class TextParameters:
    """Parameters of :class:`TextEncoder`; part of its version.

    ``max_characters`` bounds the work one text can ask for; what follows is not read.
    """

    components: int = 192
    max_terms: int = 20_000
    fit_texts: int = 20_000
    max_characters: int = 20_000
    tfidf_share: float = 0.15


def readable(text: object, max_characters: int) -> str:
    """Return the head of ``text`` as valid Unicode (lone surrogates become ``?``).

    Examples
    --------
    >>> readable("a\\ud800b", 10)
    'a?b'
    """
    return str(text)[:max_characters].encode("utf-8", "replace").decode("utf-8")


def _vectorizer(max_terms: int | None, vocabulary: dict[str, int] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        lowercase=True,
        strip_accents=None,
        ngram_range=(1, 2),
        token_pattern=r"(?u)\b\w+\b|[^\w\s]",
        sublinear_tf=True,
        max_features=max_terms,
        vocabulary=vocabulary,
        dtype=np.float32,
    )


class FittedTextEncoder:
    """Rows are ``[WordLlama / norm, sqrt(share) * SVD(TF-IDF) / norm]``; an empty text is a row of zeros.

    Made by :meth:`TextEncoder.fit` or :meth:`TextEncoder.load`.

    Parameters
    ----------
    parameters : TextParameters
    terms : list of str
        The vocabulary, in column order; may be empty.
    idf : ndarray of shape (terms,)
    components : ndarray of float32, shape (terms, c)
        Projection of TF-IDF rows.
    """

    name = "wordllama-tfidf"

    def __init__(self, parameters: TextParameters, terms: list[str], idf: FloatMatrix, components: FloatMatrix) -> None:
        self.parameters = parameters
        self.terms = terms
        self.idf = np.asarray(idf, dtype=np.float32)
        self.components = np.ascontiguousarray(components, dtype=np.float32)
        self.dimension = wordllama.DIMENSION + self.components.shape[1]
        self._tfidf: TfidfVectorizer | None = None
        if self.components.shape[1]:
            self._tfidf = _vectorizer(None, {term: column for column, term in enumerate(terms)})
            self._tfidf.idf_ = self.idf
        state = wordllama.token_vectors().digest.encode() + self.dump()
        self.weights_bytes = wordllama.token_vectors().vectors.nbytes
        self.version = f"{self.name}:1:{artifacts.sha256(state)[:16]}"

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Encode texts.

        Parameters
        ----------
        contents : sequence of str

        Returns
        -------
        ndarray of float32, shape (n, dimension)
        """
        result = np.zeros((len(contents), self.dimension), dtype=np.float32)
        for start in range(0, len(contents), _TEXTS_PER_BLOCK):
            texts = [
                readable(text, self.parameters.max_characters) for text in contents[start : start + _TEXTS_PER_BLOCK]
            ]
            block = result[start : start + len(texts)]
            meaning = block[:, : wordllama.DIMENSION]
            meaning[:] = _unit_rows(wordllama.mean_vectors(texts))
            if self._tfidf is not None:
                words: csr_matrix = self._tfidf.transform(texts)
                block[:, wordllama.DIMENSION :] = np.float32(self.parameters.tfidf_share**0.5) * _unit_rows(
                    words @ self.components
                )
        return result

    def dump(self) -> bytes:
        """Serialise vocabulary, weights and projection; token vectors stay in their wheel."""
        terms = np.frombuffer(json.dumps(self.terms, ensure_ascii=False).encode("utf-8"), dtype=np.uint8)
        return artifacts.pack(
            FORMAT,
            {"parameters": asdict(self.parameters), "wordllama": wordllama.token_vectors().digest},
            {"terms": terms, "idf": self.idf, "components": self.components},
        )


class TextEncoder:
    """Learns a vocabulary and its principal directions from the project's own texts.

    Parameters
    ----------
    parameters : TextParameters, optional

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fitted = TextEncoder().fit(["a red car", "a blue car", "green tea", ""], rng)
    >>> features = fitted.transform(["a red car", ""])
    >>> features.shape == (2, fitted.dimension), bool(features[1].any())
    (True, False)
    """

    name = "wordllama-tfidf"
    modality = "text"

    def __init__(self, parameters: TextParameters | None = None) -> None:
        self.parameters = parameters or TextParameters()

    def fit(self, contents: Sequence[Any], rng: np.random.Generator) -> FittedTextEncoder:
        """Fit on at most ``fit_texts`` randomly chosen texts.

        Parameters
        ----------
        contents : sequence of str
        rng : numpy.random.Generator

        Returns
        -------
        FittedTextEncoder
        """
        rows = choose(len(contents), self.parameters.fit_texts, rng)
        texts = [readable(contents[row], self.parameters.max_characters) for row in rows]
        seed = int(rng.integers(2**31))
        vectorizer = _vectorizer(self.parameters.max_terms)
        try:
            words: csr_matrix = vectorizer.fit_transform(texts)
        except ValueError:  # scikit-learn's only word for "not one term in all texts"
            return FittedTextEncoder(self.parameters, [], np.zeros(0, np.float32), np.zeros((0, 0), np.float32))
        terms = [str(term) for term in vectorizer.get_feature_names_out()]
        n_components = max(min(self.parameters.components, min(words.shape) - 1), 0)
        components = np.zeros((len(terms), 0), np.float32)
        if n_components:
            _, _, directions = randomized_svd(words, n_components, n_iter=4, random_state=seed)
            components = directions.T
        return FittedTextEncoder(self.parameters, terms, vectorizer.idf_, components)

    def load(self, data: bytes) -> FittedTextEncoder:
        """Restore a dumped encoder.

        Raises
        ------
        ArtifactError
            If the bytes are not such a dump, or were made with other token vectors than the installed ones.
        """
        header, arrays = artifacts.unpack(FORMAT, data)
        if header["wordllama"] != wordllama.token_vectors().digest:
            raise artifacts.ArtifactError("the encoder was fitted with other WordLlama weights than those installed")
        return FittedTextEncoder(
            TextParameters(**header["parameters"]),
            json.loads(arrays["terms"].tobytes()),
            arrays["idf"],
            arrays["components"],
        )


def _unit_rows(matrix: FloatMatrix) -> FloatMatrix:
    norms = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))[:, None]
    return np.asarray(np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0), dtype=np.float32)
