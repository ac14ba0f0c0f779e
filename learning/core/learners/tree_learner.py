"""How a learner of trees is fitted: not before there are answers enough, and calibrated on rows it did not see."""

from __future__ import annotations

from typing import Any, ClassVar, Generic

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind, form_of
from learning.core.learners.base import FittedLearner, checked
from learning.core.learners.choice import OutOfFold, Plan, plan_folds
from learning.core.learners.evidence import Answered, note_evidence
from learning.core.learners.linear_model import learnable
from learning.core.learners.logistic import LogisticLearner
from learning.core.learners.tree_model import Fitted, Grow, out_of_fold


class TreeLearner(Generic[Fitted]):
    """Base of the learners of trees; a subclass gives a name, a way to grow and the answers it takes.

    With fewer positive-weight answers than ``min_rows``, or one label only, :meth:`fit` returns a logistic regression
    and says why in its facts.
    """

    name: ClassVar[str]
    min_rows: ClassVar[int]
    model: type[Fitted]
    grow: Grow

    def fit(
        self,
        features: FloatMatrix,
        targets: DoubleArray,
        *,
        kind: Kind,
        rng: np.random.Generator,
        weights: DoubleArray | None = None,
        groups: IntArray | None = None,
        unlabeled: FloatMatrix | None = None,
    ) -> FittedLearner:
        """Fit and calibrate; see :meth:`Learner.fit`."""
        features, targets, weights, groups = checked(features, targets, kind, weights, groups)
        learned, _ = learnable(targets, weights, kind)
        plan = (
            plan_folds(targets[:, learned], weights, groups, form_of(kind).link, rng)
            if learned.size
            else "one label only"
        )
        n_usable = int((weights > 0).sum())
        if n_usable < self.min_rows:
            plan = f"{n_usable} of {self.min_rows} answers that {self.name} takes"
        if isinstance(plan, str):
            simple = LogisticLearner().fit_with_evidence(Answered(features, targets, weights, groups, kind, rng))[0]
            simple.facts = {**simple.facts, "reason": f"{plan}: logistic regression, {simple.facts['reason']}"}
            return simple
        evidence, temperature = self.evidence(features, targets[:, learned], weights, kind, plan, rng)
        model: Any = self.finish(features, targets, weights, kind, temperature, rng, f"{len(evidence.rows)} rows")
        answered = Answered(features, targets, weights, groups, kind, rng)
        note_evidence(model, evidence, answered)
        return model  # type: ignore[no-any-return]

    def evidence(
        self,
        features: FloatMatrix,
        known: DoubleArray,
        weights: DoubleArray,
        kind: Kind,
        plan: Plan,
        rng: np.random.Generator,
    ) -> tuple[OutOfFold, float]:
        """Return calibrated out-of-fold probabilities and the temperature; see :func:`out_of_fold`."""
        return out_of_fold(self.grow, features, known, weights, kind, plan, rng)

    def finish(
        self,
        features: FloatMatrix,
        targets: DoubleArray,
        weights: DoubleArray,
        kind: Kind,
        temperature: float,
        rng: np.random.Generator,
        calibrated_on: str,
    ) -> Fitted:
        """Fit on everything, with the temperature found before."""
        learned, constants = learnable(targets, weights, kind)
        used = weights > 0
        grown = self.grow(features[used], targets[used][:, learned], weights[used], kind, rng)
        facts: dict[str, Any] = {
            "rows": len(features),
            "labels_learned": int(learned.size),
            "temperature": temperature,
            "trees": int(grown.trees.roots.size),
            "reason": f"temperature {temperature:.2f} from out-of-fold scores of {calibrated_on}",
        }
        return self.model(kind, grown, temperature, features.shape[1], learned, constants, facts)

    def load(self, data: bytes) -> Fitted:
        """Restore a dumped model; see :meth:`FittedTrees.load`."""
        return self.model.load(data)
