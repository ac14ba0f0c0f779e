"""Which pairs to ask next: those whose answers say most, connected graphs first, every pick with its probability.

The worth of a pair is the mutual information between its answer and the strengths under the present posterior: how many
nats the answer is expected to tell. It is high where the difference is uncertain *and* the outcome open. A batch is
drawn one pair after the other; the expected information of each pair drawn is taken off the posterior before the next,
so that a batch does not ask the same thing over and over.

While a context's comparison graph has gaps, only pairs that close one are eligible. Every pick is stochastic: the rank
among the eligible is drawn as in :mod:`learning.core.acquisition` and its probability is kept.

References
----------
N. Houlsby et al., "Bayesian active learning for classification and preference learning", 2011 (mutual information);
X. Chen et al., "Pairwise ranking aggregation in a crowdsourced setting", WSDM 2013 (active Bradley-Terry).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from learning.core.acquisition import DEFAULT_TEMPERATURE, rank_log_weights
from learning.core.arrays import BoolArray, DoubleArray
from learning.core.pairwise.bradley_terry import answer_probabilities
from learning.core.pairwise.candidates import Pairs, candidate_pairs
from learning.core.pairwise.connectivity import components
from learning.core.pairwise.judgments import IntVector, Judgments
from learning.core.pairwise.posterior import PairPosterior
from learning.core.pairwise.worth import answer_worth

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
        Nats the answer was expected to tell when the pair was drawn.
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
    """The posterior as it is expected to be after the pairs drawn so far."""

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
        self._worth = answer_worth(posterior.strengths.log_nu, posterior.strengths.position)
        self._told: dict[int, list[DoubleArray]] = {}

    def expect(self, first: IntVector, second: IntVector) -> None:
        """Take off what pairs that are being asked will tell."""
        mean, _ = self._posterior.differences(first, second)
        for one, other, d in zip(first.tolist(), second.tolist(), mean.tolist(), strict=True):
            self._tell(one, other, d)

    def _tell(self, one: int, other: int, d: float) -> tuple[int, DoubleArray]:
        """Expect an answer: return the context and what its members' covariance loses, as a vector times itself."""
        strengths, context = self._posterior.strengths, int(self._posterior.context[one])
        here, there = self._posterior.place(np.array([one, other]))
        along = self._posterior.column(one) - self._posterior.column(other)
        for told in self._told.get(context, []):
            along -= told * (told[here] - told[there])
        p = answer_probabilities(np.array([d + strengths.position, d - strengths.position]), strengths.log_nu)
        curve = float(np.mean((1.0 - p[:, 2]) / 4 - ((p[:, 0] - p[:, 1]) / 2) ** 2))
        told = along * np.sqrt(curve / (1.0 + curve * (along[here] - along[there])))
        self._told.setdefault(context, []).append(told)
        self._join(one, other)
        return context, told

    def _join(self, one: int, other: int) -> None:
        if self._label[one] != self._label[other]:
            self._label[self._label == self._label[other]] = self._label[one]

    def consider(self, first: IntVector, second: IntVector) -> None:
        """Set the candidates."""
        self._first, self._second = first, second
        self._mean, self._variance = self._posterior.differences(first, second)
        for context, vectors in self._told.items():
            for told in vectors:
                self._variance -= self._loss(context, told)
        self._noise = self._rng.random(first.size) * 1e-9
        self._value = self._worth(self._mean, self._variance) + self._noise
        self._open = np.ones(first.size, dtype=bool)
        self._across = self._label[first] != self._label[second]

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
            reasons.append(BRIDGE if closes else GAIN if by_rank else RANDOM)
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
        one, other = int(self._first[pick]), int(self._second[pick])
        apart = bool(self._across[pick])
        context, told = self._tell(one, other, float(self._mean[pick]))
        loss = self._loss(context, told)
        moved = np.flatnonzero(loss > 1e-4 * self._variance)
        self._variance[moved] -= loss[moved]
        self._value[moved] = self._worth(self._mean[moved], self._variance[moved]) + self._noise[moved]
        if apart:
            self._across = self._label[self._first] != self._label[self._second]

    def _loss(self, context: int, told: DoubleArray) -> DoubleArray:
        """What the variances of all candidates lose."""
        spread = np.zeros(self._label.size)
        spread[self._posterior.members(context)] = told
        return (spread[self._first] - spread[self._second]) ** 2


@lru_cache(maxsize=8)
def _rank_mass(n: int, temperature: float) -> DoubleArray:
    return np.cumsum(np.exp(rank_log_weights(n, temperature)))
