"""Penalty and temperature of a linear model by grouped cross-validation, and the evidence that leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, IntArray
from learning.core.forms import Kind, Link, form_of
from learning.core.learners import linear
from learning.core.learners.folds import grouped_folds
from learning.core.learners.linear import Loss

ROWS_TO_CHOOSE = 20
_ROWS_OF_CHOICE = 3_000
_TOLERANCE_OF_CHOICE = 1e-4


@dataclass(frozen=True)
class Grid:
    """What a linear learner chooses from.

    Parameters
    ----------
    loss : {"softmax", "sigmoid", "hinge"}
        What the fit minimises; probabilities always come from the link.
    inverse_penalties : tuple of float
        Rising.
    default : float
        Where there are too few labels to choose.
    """

    loss: Loss
    inverse_penalties: tuple[float, ...]
    default: float


@dataclass(frozen=True)
class Plan:
    """Which rows are predicted by a model that did not see them.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Which labeled rows take part.
    folds : ndarray of int, shape (m,)
    judged : ndarray of float64, shape (m,)
        Weight of each row; 0 where its label is absent from the other folds.
    """

    rows: IntArray
    folds: IntArray
    judged: DoubleArray


@dataclass(frozen=True)
class OutOfFold(Plan):
    """Calibrated probabilities of rows the model had not seen, for whoever has to decide by evidence.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (m, k)
        Of the labels that could be learned.
    """

    probabilities: DoubleArray


@dataclass(frozen=True)
class Choice:
    """The penalty and temperature settled on, and the evidence."""

    inverse_penalty: float
    temperature: float
    loss_by_penalty: tuple[tuple[float, float], ...]
    reason: str
    evidence: OutOfFold | None = None

    def facts(self) -> dict[str, Any]:
        """Return what the model card says of the choice."""
        return {
            "inverse_penalty": self.inverse_penalty,
            "temperature": self.temperature,
            "loss_by_penalty": [list(pair) for pair in self.loss_by_penalty],
            "reason": self.reason,
        }


def row_losses(probabilities: DoubleArray, targets: DoubleArray, kind: Kind) -> DoubleArray:
    """Log loss of every row in nats; multilabel: summed over the labels. Nothing counts as surer than 1e-6.

    Parameters
    ----------
    probabilities, targets : ndarray of shape (n, k)
    kind : {"classification", "multilabel"}

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> row_losses(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]), "classification").round(3).tolist()
    [0.693]
    """
    clipped = np.clip(probabilities, 1e-6, 1.0 - 1e-6)
    return form_of(kind).row_losses(clipped, targets)


def judged_weights(targets: DoubleArray, weights: DoubleArray, folds: IntArray) -> DoubleArray:
    """Return the weights, 0 for rows whose label is absent from the other folds: they say nothing about a model.

    Parameters
    ----------
    targets : ndarray of shape (n, k)
    weights : ndarray of shape (n,)
    folds : ndarray of int, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> judged_weights(np.eye(2)[[0, 0, 1]], np.ones(3), np.array([0, 1, 0])).tolist()
    [1.0, 1.0, 0.0]
    """
    judged = weights.copy()
    for fold in np.unique(folds):
        absent = targets[(folds != fold) & (weights > 0)].max(axis=0, initial=0.0) <= 0
        judged[(folds == fold) & (targets[:, absent].sum(axis=1) > 0)] = 0.0
    return judged


def plan_folds(
    targets: DoubleArray,
    weights: DoubleArray,
    groups: IntArray,
    link: Link,
    rng: np.random.Generator,
    at_most: int = _ROWS_OF_CHOICE,
) -> Plan | str:
    """Deal labeled rows into grouped folds, five of them (three above 5,000 cells).

    Parameters
    ----------
    targets : ndarray of shape (n, k)
        Of the labels that can be learned.
    weights : ndarray of shape (n,)
    groups : ndarray of int, shape (n,)
    link : {"softmax", "sigmoid"}
    rng : numpy.random.Generator
    at_most : int
        Rows that take part; chosen at random if there are more.

    Returns
    -------
    Plan or str
        Why not: fewer than 20 rows or 4 groups, or no label that occurs in two folds.

    Examples
    --------
    >>> plan_folds(np.eye(2), np.ones(2), np.arange(2), "softmax", np.random.default_rng(0))
    'too few labels to choose (2)'
    """
    n = targets.shape[0]
    if n < ROWS_TO_CHOOSE or np.unique(groups).size < 4:
        return f"too few labels to choose ({n})"
    rows = np.arange(n) if n <= at_most else np.sort(rng.choice(n, at_most, replace=False))
    targets, weights, groups = targets[rows], weights[rows], groups[rows]
    n_folds = 5 if targets.size <= 5_000 else 3
    strata = targets.argmax(axis=1) if link == "softmax" else np.zeros(rows.size, dtype=np.int64)
    folds = grouped_folds(strata, groups, n_folds, rng)
    judged = judged_weights(targets, weights, folds)
    return Plan(rows, folds, judged) if judged.any() else "no label occurs twice"


def choose(
    features: DoubleArray,
    targets: DoubleArray,
    weights: DoubleArray,
    link: Link,
    grid: Grid,
    plan: Plan | str,
) -> Choice:
    """Choose penalty and temperature by cross-validation.

    The default is tried first, then weaker penalties until the loss rises; stronger ones where the first of those is
    no better. Each starts at the solution of its neighbour. Out-of-fold losses differ by chance far more than by the
    last steps of a minimiser or by float32, so neither is paid for here.

    Parameters
    ----------
    features : ndarray of shape (n, d)
    targets : ndarray of shape (n, k)
    weights : ndarray of shape (n,)
    link : {"softmax", "sigmoid"}
    grid : Grid
    plan : Plan or str
        From :func:`plan_folds`.

    Returns
    -------
    Choice
        The defaults (temperature 1) when the plan is a reason against one.
    """
    if isinstance(plan, str):
        return Choice(grid.default, 1.0, (), f"{plan}: defaults")
    rows, folds, judged = plan.rows, plan.folds, plan.judged
    # in the type that products are cheap in; what is compared is summed in float64
    narrow = features[rows].astype(np.float32)
    targets, weights = targets[rows], weights[rows]
    present = [fold for fold in np.unique(folds) if weights[folds != fold].any()]
    middle = grid.inverse_penalties.index(grid.default)
    weaker, stronger = grid.inverse_penalties[middle:], grid.inverse_penalties[:middle][::-1]
    of_default: dict[int, DoubleArray] = {}
    tried: dict[float, float] = {}
    best = (np.inf, grid.default, 1.0)
    best_logits = np.zeros_like(targets)

    def logits_of(inverse_penalty: float, starts: dict[int, DoubleArray]) -> DoubleArray:
        logits = np.zeros_like(targets)
        for fold in present:
            inside, outside = folds == fold, folds != fold
            solution = linear.fit_linear(
                narrow[outside],
                targets[outside],
                weights[outside],
                inverse_penalty,
                grid.loss,
                start=starts.get(fold),
                tolerance=_TOLERANCE_OF_CHOICE,
            )
            starts[fold] = solution
            logits[inside] = narrow[inside] @ solution[:-1] + solution[-1]
        return logits

    for side in (weaker, stronger):
        starts = dict(of_default)
        for inverse_penalty in side:
            logits = logits_of(inverse_penalty, starts)
            of_default = of_default or dict(starts)
            temperature = linear.fit_temperature(logits, targets, judged, link)
            loss = float(judged @ linear.losses(logits / temperature, targets, link) / judged.sum())
            tried[inverse_penalty] = loss
            if loss >= best[0]:
                break
            best, best_logits = (loss, inverse_penalty, temperature), logits
        if best[1] != grid.default:
            break
    reason = f"smallest out-of-fold loss {best[0]:.4f} over {np.unique(folds).size} grouped folds of {rows.size} rows"
    evidence = OutOfFold(rows, folds, judged, linear.probabilities(best_logits / best[2], link))
    return Choice(best[1], best[2], tuple(sorted(tried.items())), reason, evidence)
