"""How students are taught, by what the contents are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.encoders.base import FittedEncoder
from learning.core.encoders.image import ImageEncoder
from learning.core.encoders.token_sums import FittedTokenSums
from learning.core.encoders.tokens import Tokenizer, Words, fit_cells, vocabulary
from learning.core.forms import Kind, Link, form_of
from learning.core.learners import FittedLearner, linear, make_learner
from learning.core.learners.logistic import FittedLogistic

LEAST_ROWS = 50
MOST_ROWS = {"text": 20_000, "tabular": 20_000, "image": 10_000}
"""Contents a student is taught on."""
INVERSE_PENALTIES = (10.0, 100.0, 1_000.0)
"""Tried on a part of the rows; the one is taken that says best what the teacher says of others."""
_TRIED_ON, _HELD_OUT = 3_000, 0.2
_LEAST_CONTENTS, _MOST_TERMS, _MOST_SCORES = 2, 30_000, 1_500_000
_TOLERANCE = 1e-5
_ROWS_PER_BLOCK = 64

Told = Callable[[int, int], object]


@dataclass(frozen=True)
class Taught:
    """What a student learns from.

    Parameters
    ----------
    contents : sequence
        Texts, table rows or pixels; never one that measures.
    said : ndarray of float32, shape (n, k)
        The teacher's probabilities.
    kind : {"classification", "multilabel"}
        Form of the labels.
    """

    contents: Sequence[Any]
    said: FloatMatrix
    kind: Kind


@dataclass(frozen=True)
class Student:
    """An encoder and a model, the two halves of a version."""

    encoder: FittedEncoder
    model: FittedLearner


def teach(modality: str, taught: Taught, rng: np.random.Generator, told: Told = lambda done, of: None) -> Student:
    """Teach a student.

    Parameters
    ----------
    modality : {"text", "image", "tabular"}
    taught : Taught
        At least 50 rows.
    rng : numpy.random.Generator
    told : callable
        Called with how many of how many steps are done.

    Returns
    -------
    Student

    Raises
    ------
    ValueError
        Of too few rows, or of contents in which nothing comes twice.

    Examples
    --------
    >>> texts = ["buy now", "see you", "buy this", "you know"] * 20
    >>> said = np.tile(np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), (40, 1))
    >>> student = teach("text", Taught(texts, said, "classification"), np.random.default_rng(0))
    >>> student.model.predict(student.encoder.transform(["buy", "you"])).argmax(axis=1).tolist()
    [0, 1]
    """
    if len(taught.contents) < LEAST_ROWS:
        raise ValueError(f"{len(taught.contents)} rows to teach on; at least {LEAST_ROWS} are needed")
    return _of_photos(taught, rng, told) if modality == "image" else _of_tokens(modality, taught, rng, told)


def _of_tokens(modality: str, taught: Taught, rng: np.random.Generator, told: Told) -> Student:
    reads: Tokenizer = Words() if modality == "text" else fit_cells(taught.contents)
    n_labels = taught.said.shape[1]
    most = min(_MOST_TERMS, max(_MOST_SCORES // n_labels, 1_000))
    terms = vocabulary(map(reads.tokens, taught.contents), _LEAST_CONTENTS, most)
    if not terms:
        raise ValueError("nothing comes twice in the contents: there is nothing to learn by")
    find = reads.finder({term: place for place, term in enumerate(terms, 1)})
    rows = _counted([find(content) for content in taught.contents], len(terms))
    link = form_of(taught.kind).link
    said = taught.said.astype(np.float64)
    penalty, losses, start = _chosen(rows, said, link, rng, told)
    solution = linear.fit_linear(rows, said, np.ones(len(said)), penalty, link, start=start, tolerance=_TOLERANCE)
    told(len(INVERSE_PENALTIES) + 1, len(INVERSE_PENALTIES) + 1)
    encoder = FittedTokenSums(reads, terms, solution[:-1].astype(np.float32))
    facts = {
        "reason": f"taught on {len(said):,} contents by what another model says of them",
        "rows": len(said),
        "terms": len(terms),
        "inverse_penalty": penalty,
        "loss_beside_teacher": {f"{each:g}": round(loss, 5) for each, loss in losses.items()},
    }
    every: IntArray = np.arange(n_labels)
    same = np.eye(n_labels, dtype=np.float32)
    intercepts = solution[-1].astype(np.float32)
    return Student(encoder, FittedLogistic(taught.kind, same, intercepts, every, np.zeros(n_labels, np.float32), facts))


def _counted(places: Sequence[Sequence[int]], n_terms: int) -> csr_matrix:
    """The tokens of each content as :class:`FittedTokenSums` adds them up."""
    lengths = np.array([len(each) for each in places])
    columns = np.fromiter((place - 1 for each in places for place in each), dtype=np.int32, count=int(lengths.sum()))
    values = np.repeat(1.0 / np.sqrt(np.maximum(lengths, 1)), lengths)
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    found = csr_matrix((values, columns, bounds), shape=(len(places), n_terms))
    found.sum_duplicates()
    return found


def _chosen(
    rows: csr_matrix, said: DoubleArray, link: Link, rng: np.random.Generator, told: Told
) -> tuple[float, dict[float, float], DoubleArray]:
    """The penalty by which a student says best what the teacher says of rows it was not taught on, the loss of each,
    and the solution found with it."""
    order = rng.permutation(len(said))[: round(_TRIED_ON / (1 - _HELD_OUT))]
    held, learned = np.split(order, [round(_HELD_OUT * len(order))])
    losses: dict[float, float] = {}
    solutions: dict[float, DoubleArray] = {}
    start = None
    for done, penalty in enumerate(INVERSE_PENALTIES):
        told(done, len(INVERSE_PENALTIES) + 1)
        weights = np.ones(len(learned))
        start = solutions[penalty] = linear.fit_linear(
            rows[learned], said[learned], weights, penalty, link, start=start, tolerance=_TOLERANCE
        )
        logits = rows[held] @ start[:-1] + start[-1]
        losses[penalty] = float(linear.losses(logits, said[held], link).mean())
    told(len(INVERSE_PENALTIES), len(INVERSE_PENALTIES) + 1)
    best = min(losses, key=losses.__getitem__)
    return best, losses, solutions[best]


def _of_photos(taught: Taught, rng: np.random.Generator, told: Told) -> Student:
    encoder = ImageEncoder()
    n = len(taught.contents)
    features = np.empty((n, encoder.dimension), dtype=np.float32)
    for start in range(0, n, _ROWS_PER_BLOCK):
        told(start, n)
        stop = min(start + _ROWS_PER_BLOCK, n)
        features[start:stop] = encoder.transform(taught.contents[start:stop])
    told(n, n)
    model = make_learner("logistic").fit(features, taught.said.astype(np.float64), kind=taught.kind, rng=rng)
    model.facts = {**model.facts, "reason": f"taught on {n:,} photos by what another model says of them"}
    return Student(encoder, model)
