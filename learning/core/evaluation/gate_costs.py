"""The gate where a project says what its mistakes cost: only what is proven to cost less replaces what is in use.

Being right more often is no reason here: a model that is right on more items may be wrong on the dear ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.checks import Check
from learning.core.evaluation.costs import Costs
from learning.core.evaluation.gate import (
    MARGIN,
    MAX_P_BETTER,
    MAX_P_WORSE,
    MIN_HELD_OUT,
    Contender,
    GateChecks,
    better,
    in_words,
    rises,
)
from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.intervals import bounded_mean
from learning.core.evaluation.objectives.least_cost import LeastCost
from learning.core.evaluation.paired import PairedLoss, PairedTest, paired_errors, paired_loss_test


def judge_by_cost(
    candidate: Contender,
    champion: Contender | None,
    targets: DoubleArray,
    constant: FloatMatrix,
    *,
    objective: LeastCost,
    rng: np.random.Generator,
    max_p_better: float = MAX_P_BETTER,
    baselines: Mapping[str, FloatMatrix] | None = None,
) -> GateChecks:
    """Judge a candidate by what its answers cost.

    Its mean cost a case must be smaller than that of the best constant answer, and of the champion, twice over: by the
    one-sided sign-flip test on the costs of each item, which keeps its level exactly for a candidate that is equal, and
    by the interval of the difference, which reckons with a dear mistake that no item has shown yet. No baseline that
    looks at the items may be cheaper. Calibration error and size may not rise as in :func:`judge`; a stated deadline
    takes the place of its limit of latency, and the mean cost may not be above the most that is acceptable.

    It may rank unless it is proven dearer than the champion by more than a hundredth of the constant answer's cost.

    Parameters
    ----------
    candidate, champion, targets, constant, rng, max_p_better, baselines
        See :func:`learning.core.evaluation.gate.judge`.
    objective : LeastCost

    Returns
    -------
    GateChecks
        With ``costs``: mean cost a case of each, and ``words``. ``baseline`` and ``paired`` say who was right.

    Examples
    --------
    >>> from learning.core.evaluation.costs import Costs
    >>> truth, rng = np.tile(np.eye(2), (100, 1)), np.random.default_rng(0)
    >>> dear = LeastCost(Costs(((0.0, 1.0), (20.0, 0.0))))
    >>> good = Contender(truth.astype(np.float32), dear.evaluate(truth, truth, rng))
    >>> judge_by_cost(good, None, truth, np.full((200, 2), 0.5, np.float32), objective=dear, rng=rng).promote
    True
    """
    stated = objective.stated
    ours = objective.losses(candidate.probabilities, targets)
    rivals = {"champion": champion.probabilities} if champion is not None else {}
    rivals |= {"baseline": constant, **(baselines or {})}
    paid = {name: objective.losses(given, targets) for name, given in rivals.items()}

    def right(given: FloatMatrix) -> PairedTest:
        return paired_errors(objective.errors(given, targets), ours=objective.errors(candidate.probabilities, targets))

    def beside(name: str) -> PairedLoss:
        return paired_loss_test(ours, paid[name], rng, stated.most - stated.least)

    floor, loss, paired = beside("baseline"), None, None
    checks = _cheaper("baseline", floor, ours, paid["baseline"], stated, max_p_better)
    simple = {name: right(given) for name, given in (baselines or {}).items()}
    for name in simple:
        detail = f"{_money(ours.mean(), stated.unit)} a case, there {_money(paid[name].mean(), stated.unit)}"
        gain = float(paid[name].mean() - ours.mean())
        checks.append(Check(f"not_dearer_than_{name}", gain >= 0.0, gain, 0.0, detail))
    may_rank = True
    if champion is not None:
        loss, paired = beside("champion"), right(champion.probabilities)
        found = _cheaper("champion", loss, ours, paid["champion"], stated, max_p_better, in_words(paired))
        checks += found
        margin = MARGIN * float(paid["baseline"].mean())
        may_rank = not (loss.difference < -margin and loss.p_worse <= MAX_P_WORSE)
    checks += rises(candidate, champion, stated.deadline_ms)
    if stated.most_acceptable is not None:
        mean, detail = float(ours.mean()), f"{stated.unit} a case".strip()
        limit = stated.most_acceptable
        checks.append(Check("acceptable_cost", mean <= limit, mean, limit, detail))
    failed = [check for check in checks if not check.passed]
    costs = {
        name: bounded_mean(each, stated.most, stated.least).as_dict() for name, each in {"own": ours, **paid}.items()
    }
    return GateChecks(
        promote=not failed,
        may_rank=may_rank,
        provisional=candidate.evaluation.n < MIN_HELD_OUT,
        checks=tuple(checks),
        baseline=right(constant),
        paired=paired,
        loss=loss,
        reason="; ".join(f"{check.name.replace('_', ' ')}: {check.detail}" for check in failed)
        or "cheaper than everything it was compared with",
        baselines=simple,
        costs={"unit": stated.unit, **costs},
        words=_words(costs, stated.unit, paired),
    )


def _cheaper(
    rival: str,
    found: PairedLoss,
    ours: DoubleArray,
    theirs: DoubleArray,
    stated: Costs,
    max_p_better: float,
    right: str = "",
) -> list[Check]:
    """Return the two checks of a proven gain."""
    unit, width = stated.unit, stated.most - stated.least
    gain = bounded_mean(theirs - ours, width, -width)  # what a case can cost is known, not only what it has
    known = interval_words(-gain.high, -gain.low, gain.n, signed=True)
    dearer = "dearer" if found.difference < 0 else "cheaper" if found.difference > 0 else "as dear"
    detail = f"{_money(float(ours.mean()), unit)} a case beside {_money(float(theirs.mean()), unit)}: {dearer}"
    detail += f" by {_money(abs(found.difference), unit)} ({known})"
    tested = better(
        f"cheaper_than_{rival}", found.p_better, max_p_better, detail + (f"; right: {right}" if right else "")
    )
    words = f"the gain may be as little as {_money(gain.low, unit)} a case, reckoning with a dear mistake not seen yet"
    return [tested, Check(f"gain_beside_{rival}", gain.low > 0.0, gain.low, 0.0, words)]


def _words(costs: Mapping[str, Mapping[str, float]], unit: str, paired: PairedTest | None) -> str:
    own = costs["own"]
    known = interval_words(own["low"], own["high"], int(own["n"]))
    told = f"It costs {_money(own['value'], unit)} a case ({known})"
    told += f", the best constant answer {_money(costs['baseline']['value'], unit)}"
    if paired is not None:
        told += f", the other model {_money(costs['champion']['value'], unit)}; right: {in_words(paired)}"
    return f"{told}."


def _money(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip() if abs(value) < 1_000 else f"{value:,.0f} {unit}".strip()
