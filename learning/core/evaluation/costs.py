"""What a project says its mistakes cost, as arrays: the answer of least expected cost, and what answers have cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray


@dataclass(frozen=True)
class Costs:
    """What one case costs, in a project's own unit.

    Parameters
    ----------
    matrix : tuple of tuple of float, shape (k, k)
        ``matrix[t][a]``: of answering ``a`` where ``t`` is true. At least 0, finite, not all the same. The diagonal
        need not be 0.
    review : float, optional
        Of a case that a person answers; None where nobody does.
    skip : float, optional
        Of a case that is left without any answer.
    unit : str
        What the numbers are called.
    most_acceptable : float, optional
        The mean cost of a case above which a model is of no use.
    deadline_ms : float, optional
        Time an answer may take.

    Raises
    ------
    ValueError
        If the costs are none that an answer could be chosen by.

    Examples
    --------
    >>> spam = Costs(((0.0, 1.0), (20.0, 0.0)), review=2.0)
    >>> spam.answers(np.array([[0.97, 0.03], [0.8, 0.2]])).tolist()
    [0, 1]
    >>> spam.given_away(np.array([[0.97, 0.03], [0.5, 0.5]]), 0.55).tolist()
    [True, False]
    """

    matrix: tuple[tuple[float, ...], ...]
    review: float | None = None
    skip: float | None = None
    unit: str = ""
    most_acceptable: float | None = None
    deadline_ms: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no answer can be chosen by."""
        cells = self.cells
        if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or not cells.size:
            raise ValueError(f"a cost matrix has a row and a column for each label: {cells.shape}")
        said = [each for each in (self.review, self.skip, self.most_acceptable, self.deadline_ms) if each is not None]
        if not np.isfinite(cells).all() or cells.min() < 0 or not all(np.isfinite(said)) or min(said, default=0.0) < 0:
            raise ValueError("costs are finite numbers of at least 0")
        if self.most <= self.least:
            raise ValueError("all answers cost the same: there is nothing to choose")

    @cached_property
    def cells(self) -> DoubleArray:
        """The matrix as an array, shape (k, k)."""
        return np.array(self.matrix, dtype=np.float64)

    @property
    def away(self) -> float | None:
        """What a case costs at least that the model does not answer; None where it has to answer all."""
        return min((each for each in (self.review, self.skip) if each is not None), default=None)

    @property
    def most(self) -> float:
        """The most a case can cost."""
        return max(float(self.cells.max()), self.away or 0.0)

    @property
    def least(self) -> float:
        """The least a case can cost."""
        return min(float(self.cells.min()), float("inf") if self.away is None else self.away)

    def expected(self, probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
        """Return what each answer is expected to cost, shape (n, k)."""
        return np.asarray(np.asarray(probabilities, dtype=np.float64) @ self.cells)

    def answers(self, probabilities: FloatMatrix | DoubleArray) -> IntArray:
        """Return the answers of least expected cost, shape (n,); of those that cost the same the most likely one."""
        expected = self.expected(probabilities)
        is_least = expected <= expected.min(axis=1, keepdims=True) + 1e-9 * self.most
        return np.asarray(np.where(is_least, probabilities, -1.0).argmax(axis=1))

    def given_away(self, probabilities: FloatMatrix | DoubleArray, price: float | None = None) -> BoolArray:
        """Return which cases the model had better not answer, shape (n,): even the cheapest answer is expected to cost
        more than ``price`` (:attr:`away` when not given).
        """
        price = self.away if price is None else price
        if price is None:
            return np.zeros(len(probabilities), dtype=bool)
        return np.asarray(self.expected(probabilities).min(axis=1) > price)

    def paid(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return what each case has cost, shape (n,): of its answer, or of not answering it.

        Examples
        --------
        >>> spam = Costs(((0.0, 1.0), (20.0, 0.0)), review=0.7)
        >>> spam.paid(np.array([[0.98, 0.02], [0.9, 0.1], [0.01, 0.99]]), np.eye(2)[[1, 0, 0]]).tolist()
        [20.0, 0.7, 1.0]
        """
        answers = self.answers(probabilities)
        cost = (targets * self.cells[:, answers].T).sum(axis=1)
        if self.away is None:
            return np.asarray(cost)
        return np.where(self.given_away(probabilities), self.away, cost)

    def answered_from(self) -> list[tuple[float, float]]:
        """Return between which probabilities of it each of two labels is answered, as (from, to); no answer between.

        Expected costs are linear in the probability, so each of the two answers is given on one interval.

        Returns
        -------
        list of (float, float)
            Of either label of two, from > to for one that is never answered; empty with another number of labels.

        Examples
        --------
        >>> spam = Costs(((0.0, 1.0), (20.0, 0.0)), review=0.5)
        >>> [(round(low, 3), round(high, 3)) for low, high in spam.answered_from()]
        [(0.975, 1.0), (0.5, 1.0)]
        """
        if len(self.matrix) != 2:
            return []
        found = []
        for label in (0, 1):
            other = 1 - label
            mine, theirs = self.cells[label], self.cells[other]  # costs where this label is true, where the other is
            low, high = 0.0, 1.0
            # p * mine[label] + (1 - p) * theirs[label] must not exceed the other answer's, nor the price of no answer
            limits = [(theirs[label] - theirs[other], mine[label] - mine[other])]
            if self.away is not None:
                limits.append((theirs[label] - self.away, mine[label] - self.away))
            for at_none, at_all in limits:  # a line that must be at most 0
                slope = at_all - at_none
                if slope == 0:
                    low, high = (low, high) if at_none <= 0 else (1.0, 0.0)
                elif slope < 0:
                    low = max(low, at_none / -slope)
                else:
                    high = min(high, -at_none / slope)
            found.append((float(low), float(high)))
        return found
