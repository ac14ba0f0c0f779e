"""May the candidate replace the champion?

Both answered the same frozen held-out items. "Higher number wins" promotes a candidate that is no better in nearly half
of all cases; here it has to win an exact paired test, on top of not being worse in any other way that matters.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.paired import PairedTest, paired_test
from learning.core.evaluation.report import Evaluation
from learning.core.learners.base import Kind

MAX_P_BETTER = 0.04
"""Below .05, so that 200 replays in a row with a candidate that is no better also stay below 5 %."""
MIN_HELD_OUT = 200
MAX_CALIBRATION_RISE = 0.05


@dataclass(frozen=True)
class Check:
    """One condition of the gate: what was measured, what was asked for, whether it holds."""

    name: str
    passed: bool
    value: float
    limit: float
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Parameters
    ----------
    promote : bool
        All checks passed.
    provisional : bool
        Fewer than 200 held-out answers: the candidate may rank, but nothing it says is verified.
    checks : tuple of Check
    paired : PairedTest or None
        None without a champion.
    reason : str
        In words.
    """

    promote: bool
    provisional: bool
    checks: tuple[Check, ...]
    paired: PairedTest | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def correct_of(probabilities: FloatMatrix, targets: DoubleArray, kind: Kind) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which items are answered right (multilabel: with every label right), shape (n,).

    Examples
    --------
    >>> correct_of(np.array([[0.9, 0.1], [0.8, 0.2]], np.float32), np.eye(2), "classification")
    array([ True, False])
    """
    if kind == "multilabel":
        return np.asarray(((probabilities >= 0.5) == (targets >= 0.5)).all(axis=1))
    return np.asarray(probabilities.argmax(axis=1) == targets.argmax(axis=1))


def judge(
    candidate: FloatMatrix,
    champion: FloatMatrix | None,
    targets: DoubleArray,
    evaluation: Evaluation,
    baseline: Evaluation,
    champion_evaluation: Evaluation | None = None,
    *,
    max_p_better: float = MAX_P_BETTER,
) -> Verdict:
    """Judge a candidate.

    Against a champion it must be better by the exact one-sided McNemar test, and its calibration error may not rise by
    more than .05. Without a champion it must beat the majority baseline with intervals apart.

    Parameters
    ----------
    candidate, champion : ndarray of shape (n, k)
        Probabilities for the same held-out items; champion None when there is none.
    targets : ndarray of shape (n, k)
    evaluation, baseline : Evaluation
        The candidate's and the majority baseline's.
    champion_evaluation : Evaluation, optional
        For the calibration check.
    max_p_better : float
        Share of candidates no better than the champion that may pass.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from learning.core.evaluation import evaluate
    >>> truth = np.tile(np.eye(2), (100, 1))
    >>> rng = np.random.default_rng(0)
    >>> good = evaluate(truth, truth, kind="classification", rng=rng)
    >>> poor = evaluate(np.full((200, 2), 0.5), truth, kind="classification", rng=rng)
    >>> judge(truth.astype(np.float32), None, truth, good, poor).promote
    True
    """
    name, ours = next(iter(evaluation.metrics.items()))
    floor = baseline.metrics[name]
    checks = [
        Check("beats_baseline", ours.low > floor.high, ours.low, floor.high, f"{name}: interval above the majority's")
    ]
    paired = None
    if champion is not None:
        paired = paired_test(
            correct_of(candidate, targets, evaluation.kind), correct_of(champion, targets, evaluation.kind)
        )
        detail = f"{paired.only_candidate} items won, {paired.only_champion} lost, exact one-sided McNemar test"
        checks.append(Check("beats_champion", paired.p_better <= max_p_better, paired.p_better, max_p_better, detail))
    if champion_evaluation is not None:
        rise = evaluation.metrics["calibration_error"].value - champion_evaluation.metrics["calibration_error"].value
        detail = "rise of the calibration error"
        checks.append(Check("calibration", rise <= MAX_CALIBRATION_RISE, rise, MAX_CALIBRATION_RISE, detail))
    failed = [check for check in checks if not check.passed]
    reason = "; ".join(f"{check.name}: {check.value:.4f}, limit {check.limit:.4f}" for check in failed)
    return Verdict(
        promote=not failed,
        provisional=evaluation.n < MIN_HELD_OUT,
        checks=tuple(checks),
        paired=paired,
        reason=f"kept: {reason}" if failed else "better than everything it was compared with",
    )
