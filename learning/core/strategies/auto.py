"""The default: typical rows first, then a spread batch of doubtful ones, or of those expected to be furthest off.

What is not seen yet is looked for (:class:`Explore`), and a label that few rows have gets a start of its own
(:class:`MoreLikeIt`).
"""

from __future__ import annotations

from dataclasses import replace

from learning.core.evaluation.objectives import make_objective
from learning.core.strategies.base import Draws, Request
from learning.core.strategies.diverse import DiverseMargin
from learning.core.strategies.expected_error import DiverseError
from learning.core.strategies.explore import Explore
from learning.core.strategies.find_more import FindMore
from learning.core.strategies.rare import MoreLikeIt, rare_labels
from learning.core.strategies.typical import Typical

COLD_LABELS = 20
#: Of what ``auto`` ranks by, the strategies whose questions after the first 20 answers tell whether choosing teaches;
#: the others look for a label that few items have.
TEACHING = ("typical", "diverse_margin")
COLD_LABELS_PER_CLASS = 3


def is_cold(request: Request) -> str:
    """Say why it is too early to trust the model, or return an empty string.

    Cold is: no model, fewer than 20 answers, no two labels to tell apart, a model that is no better than a constant out
    of fold, or a label nobody gave yet while there are fewer than three answers per label of the set (a label that
    stays unseen after that is rare or absent, and waiting for it would be waiting for ever).

    Parameters
    ----------
    request : Request

    Returns
    -------
    str
    """
    n_answers, n_labels = request.targets.shape
    if request.model is None:
        return "there is no model yet"
    if n_answers < COLD_LABELS:
        return f"{n_answers} of {COLD_LABELS} answers to start with"
    if not told_apart(request):
        return f"all {n_answers} answers are alike"
    n_seen = int((request.targets.sum(axis=0) > 0).sum())
    if n_seen < n_labels and n_answers < COLD_LABELS_PER_CLASS * n_labels:
        return f"{n_seen} of {n_labels} labels seen"
    facts = request.model.facts
    if facts.get("loss_out_of_fold", 0.0) > facts.get("loss_of_constant", 1.0):
        return "the model is no better than a constant"
    return ""


def told_apart(request: Request) -> bool:
    """Return whether any two answers differ: there is nothing to learn before."""
    return bool((request.targets != request.targets[:1]).any())


class Auto:
    """:class:`Typical` while cold, :class:`DiverseMargin` after; :class:`DiverseError` where mistakes have costs.

    Where 20 answers are all alike, :class:`Explore`; while a label is rare, :class:`MoreLikeIt`; where there is one
    label only, :class:`FindMore`.

    Staying with typical rows until 40 answers instead of 20 was worse on Fashion-MNIST (accuracy at 160 answers .738
    against .759, 4 seeds) and no better on digits.
    """

    name = "auto"
    needs_model = False

    def rank(self, request: Request) -> Draws:
        """Rank with the strategy of the hour, named in the result; see :meth:`Strategy.rank`."""
        if request.targets.shape[1] == 1 and make_objective(request.kind).one_answer:
            return FindMore().rank(request)
        cold = is_cold(request)
        if request.model is not None and len(request.targets) >= COLD_LABELS:
            if not told_apart(request):
                return _because(cold, Explore().rank(request))
            if request.costs is None and rare_labels(request.targets).size:
                return MoreLikeIt().rank(request)
        if not cold:
            return (DiverseMargin() if request.costs is None else DiverseError()).rank(request)
        return _because(cold, Typical().rank(request))


def _because(why: str, draws: Draws) -> Draws:
    return replace(draws, reason=f"{draws.reason} ({why})")
