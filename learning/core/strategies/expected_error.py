"""Ask where the best answer is expected to be furthest off.

On a scale not every mistake is alike: to hesitate between *good* and *very good* costs less than between *good* and
*bad*. With ``p`` a row's probabilities and ``C`` the costs of the request, a row's utility is what its best answer is
still expected to cost,

    min over i of  sum over j of  p_j * C[i, j]

For absolute errors the best answer is the median of ``p``. Where every wrong answer costs the same this is least
confidence.

References
----------
D. D. Lewis, W. A. Gale, "A sequential algorithm for training text classifiers", SIGIR 1994 (least confidence, the case
of equal costs); C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001 (the expected cost of an answer).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.forms import Kind, form_of
from learning.core.strategies.base import Draws, Request
from learning.core.strategies.diverse import spread_by
from learning.core.strategies.uncertainty import UtilityRule, least_confidence, ranked_by


def expected_error(probabilities: FloatMatrix, kind: Kind, costs: DoubleArray) -> FloatMatrix:
    """Return the expected cost of every row's best answer.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, k)
    kind : {"classification", "multilabel"}
        Several labels an item have no costs between them: there it is least confidence.
    costs : ndarray of shape (k, k), range [0, 1]
        Of answering with the row's label where the column's is true.

    Returns
    -------
    ndarray of float32, shape (n,), range [0, 1]

    Examples
    --------
    >>> steps = np.abs(np.arange(3)[:, None] - np.arange(3)) / 2
    >>> expected_error(np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]], np.float32), "classification", steps).tolist()
    [0.25, 0.5]
    """
    if not form_of(kind).sums_to_one:
        return least_confidence(probabilities, kind)
    return np.asarray((probabilities @ costs.T.astype(np.float32)).min(axis=1))


def rule_of(request: Request) -> UtilityRule:
    """Return what the request's rows are scored by: the expected cost, or least confidence where there are no costs."""
    return least_confidence if request.costs is None else partial(expected_error, costs=request.costs)


class ExpectedError:
    """Rows whose best answer is expected to be furthest off; see the module."""

    name = "expected_error"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Score the pool, rank it and draw; see :meth:`Strategy.rank`."""
        return ranked_by(rule_of(request), request, self.name, "the best answer is expected to be furthest off here")


class DiverseError:
    """The same, the batch spread out as :class:`learning.core.strategies.diverse.DiverseMargin` spreads its own."""

    name = "diverse_error"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Score the pool, then draw a spread batch; see :meth:`Strategy.rank`."""
        reason = "the best answer is expected to be furthest off, and the batch is spread out"
        return spread_by(rule_of(request), request, self.name, reason)
