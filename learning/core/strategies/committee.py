"""Ask where models that saw slightly different answers disagree.

Source: H. S. Seung, M. Opper, H. Sompolinsky, "Query by committee", COLT 1992; disagreement as the Jensen-Shannon
divergence of the members (A. McCallum, K. Nigam, ICML 1998).
"""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.forms import Kind, form_of
from learning.core.learners.base import FittedLearner
from learning.core.learners.logistic import DEFAULT_INVERSE_PENALTY, LogisticLearner
from learning.core.strategies.base import Draws, Request, demoted, eligible_rows, model_of

MEMBERS = 5


def disagreement(members: DoubleArray, kind: Kind) -> FloatMatrix:
    """Entropy of the mean opinion minus the mean entropy of the opinions, over its largest possible value.

    Parameters
    ----------
    members : ndarray of shape (m, n, k)
        Probabilities of every member.
    kind : {"classification", "multilabel"}
        For multilabel the mean over the labels.

    Returns
    -------
    ndarray of float32, shape (n,), range [0, 1]

    Examples
    --------
    >>> disagreement(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]), "classification")
    array([1.], dtype=float32)
    """
    form = form_of(kind)
    members = form.opinions(members)
    mean = members.mean(axis=0)
    found = form.over_labels(-xlogy(mean, mean).sum(axis=-1) + xlogy(members, members).sum(axis=-1).mean(axis=0))
    limit = np.log(max(min(len(members), mean.shape[-1]), 2))
    return np.asarray(np.clip(found / limit, 0.0, 1.0), dtype=np.float32)


class Committee:
    """Five logistic models, each fitted on a resample of the answers, at the penalty of the model in use."""

    name = "committee"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Fit the members, score their disagreement and draw; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        penalty = model_of(request, self.name).facts.get("inverse_penalty", DEFAULT_INVERSE_PENALTY)
        members = [self._member(request, penalty) for _ in range(MEMBERS)]
        utilities = np.empty(request.pool.n_rows, dtype=np.float32)
        for first, features in request.pool.blocks():
            opinions = np.stack([member.predict(features) for member in members]).astype(np.float64)
            utilities[first : first + len(features)] = disagreement(opinions, request.kind)
        utilities = utilities[rows]
        order = demoted(request, rows, acquisition.order_by_utility(utilities, request.rng))
        log_weights = acquisition.rank_log_weights(rows.size, request.temperature)
        ranks, propensities = acquisition.draw(log_weights, request.head, request.rng)
        picked = order[ranks]
        reason = "models that saw slightly different answers disagree here"
        return Draws(self.name, reason, rows[picked], utilities[picked], propensities, rows.size)

    def _member(self, request: Request, inverse_penalty: float) -> FittedLearner:
        picked = request.rng.integers(len(request.labeled), size=len(request.labeled))
        learner = LogisticLearner(inverse_penalty)
        return learner.fit(request.labeled[picked], request.targets[picked], kind=request.kind, rng=request.rng)
