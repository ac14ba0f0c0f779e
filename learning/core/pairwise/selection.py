"""Which pairs to ask next: those whose answers say most, connected graphs first, every pick with its probability.

The worth of a pair is how much its answer is expected to tell about the *order* of its context under the present
posterior (:mod:`learning.core.pairwise.expected_posterior`). It is high where the outcome is open, both items are
uncertain, and others stand near whose order with them is open too. A batch is drawn one pair after the other; what each
pair drawn is expected to tell is taken off the posterior before the next, so that a batch does not ask the same thing
over and over.

While a context's comparison graph has gaps, only pairs that close one are eligible. Every pick is stochastic: the rank
among the eligible is drawn as in :mod:`learning.core.acquisition` and its probability is kept.

References
----------
X. Chen et al., "Pairwise ranking aggregation in a crowdsourced setting", WSDM 2013 (active Bradley-Terry by information
gain); docs/decisions/0021 says why the order and not the strengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from learning.core.acquisition import DEFAULT_TEMPERATURE, rank_log_weights
from learning.core.arrays import BoolArray, DoubleArray
from learning.core.pairwise.candidates import Pairs, candidate_pairs
from learning.core.pairwise.connectivity import components
from learning.core.pairwise.expected_posterior import (
    DenseExpectation,
    DiagonalExpectation,
    ExpectedPosterior,
    expected_information,
)
from learning.core.pairwise.judgments import IntVector, Judgments
from learning.core.pairwise.posterior import PairPosterior

MAX_CANDIDATES = 20_000
BRIDGE, GAIN, RANDOM = "bridge", "gain", "random"


@dataclass(frozen=True)
class PairDraws:
    """Pairs in the order they were drawn.

    Attributes
    ----------
    first, second : ndarray of int, shape (k,)
        Item numbers, ``first < second``; which one stands left is not decided here.
    utilities : ndarray of float64, shape (k,)
        Nats of entropy of the order, per item of the context, that the answer was expected to take off.
    propensities : ndarray of float64, shape (k,), range (0, 1]
        Probability of the draw given those before it and the candidates looked at.
    reason : list of str
        ``"bridge"`` (closes a gap of a graph), ``"gain"`` or ``"random"``.
    pool_size : int
        Candidates looked at.
    """

    first: IntVector
    second: IntVector
    utilities: DoubleArray
    propensities: DoubleArray
    reason: list[str]
    pool_size: int

    def __len__(self) -> int:
        return self.first.size


def choose_pairs(
    posterior: PairPosterior,
    judgments: Judgments,
    k: int,
    rng: np.random.Generator,
    *,
    given: Pairs | None = None,
    excluded: Pairs | None = None,
    pending: Pairs | None = None,
    allowed: BoolArray | None = None,
    random_share: float = 0.0,
    temperature: float = DEFAULT_TEMPERATURE,
    max_candidates: int = MAX_CANDIDATES,
) -> PairDraws:
    """Draw the next pairs of one context or of all contexts of the posterior together.

    Parameters
    ----------
    posterior : PairPosterior
    judgments : Judgments
        What has been judged; says which graphs have gaps.
    k : int
        At most so many pairs.
    rng : numpy.random.Generator
    given : (first, second), optional
        Only these pairs may be asked; all pairs within contexts when left out.
    excluded : (first, second), optional
        Pairs that must not be drawn: closed ones.
    pending : (first, second), optional
        Pairs that are being asked: not drawn either, and their expected information is taken off first.
    allowed : ndarray of bool, shape (n_items,), optional
        Items that may be asked about.
    random_share : float
        Share of the picks that are uniform among the eligible candidates.
    temperature : float
        As in :func:`learning.core.acquisition.rank_log_weights`.
    max_candidates : int
        How many pairs are looked at when there are more.

    Returns
    -------
    PairDraws

    Examples
    --------
    >>> from learning.core.pairwise import Prior, fit_strengths, gaussian_posterior
    >>> judgments, prior = Judgments(np.array([0]), np.array([1]), np.array([0]), n_items=3), Prior(0.0, 0.5)
    >>> posterior = gaussian_posterior(judgments, fit_strengths(judgments, prior=prior), prior=prior)
    >>> draws = choose_pairs(posterior, judgments, 1, np.random.default_rng(0))
    >>> draws.reason, int(draws.second[0])  # item 2 has not been compared with anything
    (['bridge'], 2)
    """
    n = judgments.n_items
    may = np.ones(n, dtype=bool) if allowed is None else np.asarray(allowed, dtype=bool)
    label = components(judgments)
    draw = _Draw(posterior, label, rng, temperature, random_share)
    barred = [_codes(pairs, n) for pairs in (excluded, pending) if pairs is not None]
    if pending is not None:
        draw.expect(*pending)
    first, second = _candidates(posterior, label, may, given, max_candidates, rng)
    codes = np.unique(_codes((first, second), n))
    for bar in barred:
        codes = codes[~np.isin(codes, bar)]
    draw.consider(codes // n, codes % n)
    return draw.take(k)


def _codes(pairs: Pairs, n: int) -> IntVector:
    """One number a pair, whatever its order."""
    first, second = (np.asarray(side, dtype=np.int64) for side in pairs)
    return np.minimum(first, second) * n + np.maximum(first, second)


def _candidates(
    posterior: PairPosterior,
    label: IntVector,
    may: BoolArray,
    given: Pairs | None,
    at_most: int,
    rng: np.random.Generator,
) -> Pairs:
    if given is None:
        scores = posterior.strengths.scores
        return candidate_pairs(scores, posterior.variances, posterior.context, label, may, at_most, rng)
    first, second = (np.asarray(side, dtype=np.int64) for side in given)
    if np.any(posterior.context[first] != posterior.context[second]):
        raise ValueError("a given pair joins items of two contexts")
    rows = np.flatnonzero(may[first] & may[second])
    if rows.size > at_most:
        bridging = label[first[rows]] != label[second[rows]]
        some = rng.choice(rows, at_most, replace=False)
        rows = np.concatenate([some, rng.permutation(rows[bridging])[: at_most // 2]])
    return first[rows], second[rows]


class _Draw:
    """Draws pairs one after the other, expecting each answer before the next draw."""

    def __init__(
        self,
        posterior: PairPosterior,
        label: IntVector,
        rng: np.random.Generator,
        temperature: float,
        random_share: float,
    ) -> None:
        self._posterior = posterior
        self._label = label.copy()
        self._rng, self._temperature, self._random_share = rng, temperature, random_share
        self._information = expected_information(posterior.strengths.log_nu, abs(posterior.strengths.position))
        self._expected_by_context: dict[int, ExpectedPosterior] = {}

    def _expected(self, context: int) -> ExpectedPosterior:
        if context not in self._expected_by_context:
            items = self._posterior.members(context)
            mean, covariance = self._posterior.strengths.scores[items], self._posterior.covariances.get(context)
            self._expected_by_context[context] = (
                DiagonalExpectation(mean, self._posterior.variances[items], self._rng)
                if covariance is None
                else DenseExpectation(mean, covariance)
            )
        return self._expected_by_context[context]

    def expect(self, first: IntVector, second: IntVector) -> None:
        """Take off what pairs that are being asked will tell."""
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            self._tell(one, other)

    def _tell(self, one: int, other: int) -> tuple[IntVector, DoubleArray, DoubleArray, float]:
        """Expect an answer; return the context's items, ``u``, ``covariance G u`` and ``u' G u``."""
        context = int(self._posterior.context[one])
        expected = self._expected(context)
        here, there = self._posterior.place(np.array([one, other])).tolist()
        along = expected.along(here, there)
        variance = max(float(along[here] - along[there]), 0.0)
        scores = self._posterior.strengths.scores
        curve = float(self._information(scores[[one]] - scores[[other]], np.array([variance]))[0])
        u = along * np.sqrt(curve / (1.0 + curve * variance))
        moved, weighed = expected.tell(u)
        if self._label[one] != self._label[other]:
            self._label[self._label == self._label[other]] = self._label[one]
        return self._posterior.members(context), u, moved, weighed

    def consider(self, first: IntVector, second: IntVector) -> None:
        """Set the candidates."""
        self._first, self._second = first, second
        scores = self._posterior.strengths.scores
        self._mean = scores[first] - scores[second]
        self._variance, self._spread, self._share = np.zeros((3, first.size))
        here, there = self._posterior.place(first), self._posterior.place(second)
        order = np.argsort(self._posterior.context[first], kind="stable")
        contexts, starts = np.unique(self._posterior.context[first][order], return_index=True)
        for context, rows in zip(contexts.tolist(), np.split(order, starts)[1:], strict=True):
            expected = self._expected(context)
            expected.weigh()
            self._variance[rows] = expected.variances(here[rows], there[rows])
            self._spread[rows] = expected.spreads(here[rows], there[rows])
            # Per item: a pair of a large context settles more orders, but each is a smaller part of its ranking.
            self._share[rows] = 0.5 / max(self._posterior.members(context).size - 1, 1)
        self._noise = 1.0 + 1e-9 * self._rng.random(first.size)
        self._value = np.zeros(first.size)
        self._value_anew(np.arange(first.size))
        self._open = np.ones(first.size, dtype=bool)
        self._across = self._label[first] != self._label[second]
        self._buffer = np.zeros((2, self._label.size))

    def _value_anew(self, rows: IntVector) -> None:
        curve = self._information(self._mean[rows], self._variance[rows])
        gain = self._share[rows] * self._spread[rows] * curve / (1.0 + curve * self._variance[rows])
        self._value[rows] = gain * self._noise[rows]

    def take(self, k: int) -> PairDraws:
        """Draw up to ``k`` of the candidates."""
        picks: list[int] = []
        values: list[float] = []
        chances: list[float] = []
        reasons: list[str] = []
        while len(picks) < min(k, self._first.size):
            bridging = self._open & self._across
            closes = bool(bridging.any())
            rows = np.flatnonzero(bridging if closes else self._open)
            pick, chance, by_rank = self._one(rows)
            picks.append(pick)
            values.append(max(float(self._value[pick]), 0.0))
            chances.append(chance)
            reasons.append(BRIDGE if self._across[pick] else GAIN if by_rank else RANDOM)
            self._after(pick)
        chosen = np.array(picks, dtype=np.int64)
        return PairDraws(
            self._first[chosen], self._second[chosen], np.array(values), np.array(chances), reasons, self._first.size
        )

    def _one(self, rows: IntVector) -> tuple[int, float, bool]:
        cumulative = _rank_mass(max(self._first.size, 1), self._temperature)[: rows.size]
        by_rank = self._rng.random() >= self._random_share
        if by_rank:
            rank = int(np.searchsorted(cumulative, self._rng.random() * cumulative[-1], side="right"))
            rank = min(rank, rows.size - 1)
            value = -self._value[rows]
            at = int(value.argmin()) if rank == 0 else int(np.argpartition(value, rank)[rank])
        else:
            at = int(self._rng.integers(rows.size))
            rank = int((self._value[rows] > self._value[rows[at]]).sum())
        mass = cumulative[rank] - (cumulative[rank - 1] if rank else 0.0)
        chance = (1.0 - self._random_share) * mass / cumulative[-1] + self._random_share / rows.size
        return int(rows[at]), float(chance), by_rank

    def _after(self, pick: int) -> None:
        self._open[pick] = False
        apart = bool(self._across[pick])
        items, u, moved, weighed = self._tell(int(self._first[pick]), int(self._second[pick]))
        self._buffer[0, items], self._buffer[1, items] = u, moved
        step, other = self._buffer[:, self._first] - self._buffer[:, self._second]
        self._buffer[:, items] = 0.0
        rows = np.flatnonzero(step**2 > 1e-5 * self._variance)
        step, other = step[rows], other[rows]
        self._variance[rows] = np.maximum(self._variance[rows] - step**2, 0.0)
        self._spread[rows] = np.maximum(self._spread[rows] - 2.0 * step * other + weighed * step**2, 0.0)
        self._value_anew(rows)
        if apart:
            self._across = self._label[self._first] != self._label[self._second]


@lru_cache(maxsize=8)
def _rank_mass(n: int, temperature: float) -> DoubleArray:
    return np.cumsum(np.exp(rank_log_weights(n, temperature)))
