"""Who picks the questions of a simulated project: the model, or chance where choosing teaches nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from learning.core import cycle
from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.fall_back import By, who_asks
from learning.core.evaluation.learnable import grounds_of
from learning.core.learners import FittedLearner
from learning.core.learners.evidence import beliefs_beside, row_losses_beside
from learning.core.second_opinions import RULES, Again, KnownItems, SecondOpinions, ask_again
from learning.core.simulated_answers import AskedSoFar
from learning.core.strategies.auto import COLD_LABELS, TEACHING


class SimulatedAsking:
    """Decides after every model as a project does (decision 0062), but for the comparison of the arms.

    Parameters
    ----------
    settings : Settings
    falls_back : bool
        Whether it decides at all.
    """

    def __init__(self, settings: cycle.Settings, falls_back: bool) -> None:
        self.by: By = "model"
        self.fell_back_at = 0
        self._decides = falls_back and settings.strategy == "auto" and settings.objective.falls_back
        self._n_labels = settings.n_labels
        self._chosen = np.zeros(0, dtype=bool)

    def asked(self, n: int, n_random: int, strategy: str) -> None:
        """Note what was asked: ``n`` questions in order, the last ``n_random`` of them by chance."""
        chosen = np.full(n, strategy in TEACHING)
        chosen[n - n_random :] = False
        self._chosen = np.concatenate((self._chosen, chosen))
        self._chosen[:COLD_LABELS] = False

    def decide(self, model: FittedLearner, features: FloatMatrix, agreement: DoubleArray) -> None:
        """Decide by what the model's answers explain of each other, and by what second answers say of errors."""
        if not self._decides:
            return
        losses = row_losses_beside(model)
        grounds = grounds_of(losses, self._chosen, features, agreement, self._n_labels)
        self.by = who_asks(grounds, "unclear", self.by)
        if self.by == "random" and not self.fell_back_at:
            self.fell_back_at = self._chosen.size


def believed(model: FittedLearner | None, n: int, n_labels: int) -> DoubleArray:
    """Return what is believed out of fold of each of ``n`` answered rows, shape (n, n_labels).

    Every label alike where nothing is, and for rows answered after the model was fitted.
    """
    beliefs = np.full((n, n_labels), 1.0 / n_labels)
    found = beliefs_beside(model) if model is not None else None
    if found is not None:
        beliefs[found.rows] = found.probabilities
    return beliefs


def again(
    second: SecondOpinions | None, asked: AskedSoFar, model: FittedLearner | None, new: Callable[[], FloatMatrix],
    rate: float, n: int, rng: np.random.Generator, settings: cycle.Settings,
) -> Again:  # fmt: skip
    """Return which of the next ``n`` questions are second answers: none before there is a model.

    ``new`` gives the features of the items nobody answered, ``rate`` is that of errors.
    """
    if second is None or model is None:
        return Again(np.zeros(0, dtype=np.int64), np.zeros(0))
    known = KnownItems(asked.votes, believed(model, asked.rows.size, settings.n_labels), rate, asked.shown)
    if RULES.make(second.rule).sees_people:
        known = replace(known, by_person=asked.by_person(), new_beliefs=model.predict(new()).astype(np.float64))
    return ask_again(second, known, n, rng, settings.temperature)
