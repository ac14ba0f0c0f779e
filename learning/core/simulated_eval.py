"""The eval split of a simulated project: what is known of people's errors while it goes on."""

from __future__ import annotations

import numpy as np

from learning.core import cycle
from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.answer_errors import AnswerErrors, measure_errors
from learning.core.learners import FittedLearner
from learning.core.simulated_people import SimulatedPeople

#: Share of the eval rows that two people answer: the default of ``eval_double_share``.
DOUBLED = 0.2


class SimulatedEval:
    """The rows of the pool that are an eval split: answered as the simulation goes on, a fifth of them twice."""

    #: eval questions a question of the pool while they are few, as the live mixture has it at the default shares
    PACE = 0.25

    def __init__(
        self,
        features: FloatMatrix,
        said: DoubleArray,
        people: SimulatedPeople | None,
        settings: cycle.Settings,
        eval_share: float,
        rng: np.random.Generator,
    ) -> None:
        n = len(features)
        self.rows = rng.permutation(n)[: round(eval_share * n)]
        self._leans = settings.strategy == "auto" and settings.objective.disagreement_is_error
        self._objective = settings.objective
        self._features, self._said = features[self.rows], said[self.rows]
        self._agreement = np.full(self.rows.size, np.nan)
        twice = rng.random(self.rows.size) < DOUBLED
        if people is not None and len(people.answers) > 1:
            first, second = (people.give(self.rows, turn).labels for turn in (0, 1))
            self._agreement[twice] = (first == second)[twice]

    def errors(self, model: FittedLearner | None, n_answers: int) -> AnswerErrors:
        """Return what the eval answers so far say of people's errors."""
        n = min(int(self.PACE * n_answers), self.rows.size)
        if model is None or not n or not self._leans:
            return AnswerErrors(None, None)
        given = model.predict(self._features[:n])
        return measure_errors(given, self._said[:n], self._objective.decide(given), self._agreement[:n], n_answers)

    def agreement(self, n_answers: int) -> DoubleArray:
        """Return of the eval items so far whether two people agree, NaN where one answered."""
        return self._agreement[: int(self.PACE * n_answers)]
