"""Can what was asked be learned? How much of the chosen questions the other answers explain.

A model asks what it doubts. It may doubt because it has not seen enough, and then the answers teach it; or because
rows that look alike have different labels, and then the next answer is as much of a surprise as this one: a strategy
that looks for doubt spends its questions where there is nothing to learn, and random questions teach as much or more.
Out-of-fold predictions of the *chosen* rows tell the two apart: they are the hardest of the pool, so what the other
answers explain of them is what asking about doubt has brought.
"""

from __future__ import annotations

from learning.core.arrays import BoolArray
from learning.core.evaluation.fall_back import Explained
from learning.core.evaluation.intervals_difference import ratio_of_means
from learning.core.learners.own_evidence import RowLosses


def explained_by_others(losses: RowLosses | None, chosen: BoolArray) -> Explained | None:
    """Return how much of the chosen questions the other answers explain.

    Parameters
    ----------
    losses : RowLosses or None
        Of all answers out of fold.
    chosen : ndarray of bool, shape (n,)
        Which of the answered rows were asked because a strategy wanted to know.

    Returns
    -------
    Explained or None
        1 less the model's loss over that of the shares of the labels, both of the chosen rows: at most 1, below 0
        where the model is worse. None with fewer than two such rows.

    Examples
    --------
    >>> losses = RowLosses(np.arange(4), np.full(4, 0.35), np.array([0.69, 0.71, 0.69, 0.71]), np.ones(4))
    >>> found = explained_by_others(losses, np.ones(4, bool))
    >>> round(found.value, 2), found.low < 0.5 < found.high, found.n
    (0.5, True, 4)
    """
    if losses is None:
        return None
    rows = chosen[losses.rows] & (losses.judged > 0)
    if int(rows.sum()) < 2:
        return None
    found = ratio_of_means(losses.model[rows], losses.constant[rows], 1e-3)
    return Explained(1.0 - found.value, 1.0 - found.high, 1.0 - found.low, found.n)
