"""What every query strategy is given and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from learning.core import acquisition
from learning.core.acquisition import DEFAULT_TEMPERATURE
from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind
from learning.core.learners.base import FittedLearner
from learning.core.pools import Pool
from learning.core.skips import SkipModel

#: Below this share of the pool rows are fetched, from there on the pool is read through.
_FEW = 0.1
#: Ranks whose rows are compared with what was skipped.
_LOOKED_AT = 65_536


@dataclass(frozen=True)
class Request:
    """One question to a strategy: which rows next?

    Parameters
    ----------
    pool : Pool
        Features of all rows, eligible or not.
    eligible : ndarray of bool, shape (pool.n_rows,)
        Rows that may be picked: unlabeled, not in flight, not of the eval split.
    model : FittedLearner or None
        The model to ask, if there is one.
    labeled : ndarray of float32, shape (m, d)
        Features of the rows already answered; m may be 0.
    targets : ndarray of shape (m, n_labels)
        Their answers, as the learner got them.
    kind : {"classification", "multilabel"}
    head : int
        Rows to return, at least 1.
    batch : int
        Rows likely to be answered before the next ranking: what diversity is wanted over.
    rng : numpy.random.Generator
    temperature : float
        How far draws stray from the top; see :mod:`learning.core.acquisition`.
    costs : ndarray of shape (n_labels, n_labels), optional
        What it costs to answer with the label of a row where that of a column is true, in [0, 1]; None where every
        wrong answer costs the same.
    skips : SkipModel, optional
        What was skipped, and what that says of other rows (:mod:`learning.core.skips`).
    doubt : ndarray of shape (pool.n_rows,), range (0, 1], optional
        What ranks of rows are divided by because a machine doubts them or not (:mod:`learning.core.machine_doubt`).
    """

    pool: Pool
    eligible: BoolArray
    model: FittedLearner | None
    labeled: FloatMatrix
    targets: DoubleArray
    kind: Kind
    head: int
    batch: int
    rng: np.random.Generator
    temperature: float = DEFAULT_TEMPERATURE
    costs: DoubleArray | None = None
    skips: SkipModel | None = None
    doubt: DoubleArray | None = None

    @property
    def asked(self) -> FloatMatrix:
        """Features of the rows that were answered or skipped: what is like them has had its question."""
        return self.labeled if self.skips is None else np.concatenate((self.labeled, self.skips.skipped))


@dataclass(frozen=True)
class Draws:
    """An ordered draw from the pool.

    Parameters
    ----------
    strategy : str
        The strategy that picked; for ``auto`` the one it stood for.
    reason : str
        Why this strategy, in words for people.
    rows : ndarray of int, shape (k,)
        Distinct row numbers, first pick first.
    utilities : ndarray of float32, shape (k,)
        The strategy's score of each row, higher is sooner; comparable within one draw only.
    propensities : ndarray of float64, shape (k,), range (0, 1]
        Probability of each pick given the picks before it.
    pool_size : int
        Eligible rows before the first pick; the m-th pick (from 0) chose among ``pool_size - m``.
    """

    strategy: str
    reason: str
    rows: IntArray
    utilities: FloatMatrix
    propensities: DoubleArray
    pool_size: int


class Strategy(Protocol):
    """Picks rows."""

    name: str
    needs_model: bool

    def rank(self, request: Request) -> Draws:
        """Return ``min(head, eligible rows)`` draws.

        Raises
        ------
        ValueError
            If the strategy needs a model and there is none, or shapes disagree.
        """
        ...


def eligible_rows(request: Request) -> IntArray:
    """Return the eligible row numbers, ascending.

    Raises
    ------
    ValueError
        If the mask does not fit the pool.
    """
    if request.eligible.shape != (request.pool.n_rows,) or request.eligible.dtype != np.bool_:
        raise ValueError(f"eligible must be a bool mask of {request.pool.n_rows} rows")
    return np.flatnonzero(request.eligible)


def factors_of(request: Request, rows: IntArray) -> DoubleArray | None:
    """Return what ranks of some rows are divided by; None where neither skips nor a machine say anything.

    Parameters
    ----------
    request : Request
    rows : ndarray of int, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,), range (0, 1]
    """
    taught, doubt = _factors_of_skips(request, rows), request.doubt
    if doubt is None:
        return taught
    return doubt[rows] if taught is None else taught * doubt[rows]


def _factors_of_skips(request: Request, rows: IntArray) -> DoubleArray | None:
    if request.skips is None or not request.skips.is_on:
        return None
    if rows.size < _FEW * request.pool.n_rows:
        return request.skips.factors(request.pool.take(rows))
    factors = np.empty(request.pool.n_rows)
    for first, features in request.pool.blocks():
        factors[first : first + len(features)] = request.skips.factors(features)
    return factors[rows]


def demoted(request: Request, rows: IntArray, order: IntArray) -> IntArray:
    """Return an order after what skips have taught and a machine doubts: ranks divided by factors, and dealt anew.

    For skips the first 65,536 ranks of a large pool are looked at; what stands behind them keeps its rank and is passed
    by what falls back. That is an order like any other, so propensities are known as before.

    Parameters
    ----------
    request : Request
    rows : ndarray of int, shape (n,)
    order : ndarray of int, shape (n,)
        Positions in ``rows``, best first.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    learned = request.skips if request.skips is not None and request.skips.is_on else None
    if learned is None and request.doubt is None:
        return order
    factors = np.ones(order.size) if request.doubt is None else request.doubt[rows].astype(np.float64)
    if learned is not None:
        first = order[:_LOOKED_AT]
        factors[first] *= learned.factors(request.pool.take(rows[first]))
    return acquisition.demoted(order, factors)


def model_of(request: Request, name: str) -> FittedLearner:
    """Return the request's model.

    Raises
    ------
    ValueError
        If there is none.
    """
    if request.model is None:
        raise ValueError(f"strategy {name!r} needs a model")
    return request.model
