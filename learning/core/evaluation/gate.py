"""May the candidate replace the champion, and may it rank?

Both answered the same frozen held-out items. "Higher number wins" promotes a candidate that is no better in nearly half
of all cases; here it has to win a test that keeps its level exactly, on top of not being worse in any other way that
matters. To rank less is asked: what learned from more answers may choose the next questions unless it is clearly worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.checks import Check
from learning.core.evaluation.comparison_words import comparison_words
from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.objectives import Objective, make_objective
from learning.core.evaluation.paired import PairedLoss, PairedTest, paired_errors, paired_loss_test
from learning.core.evaluation.report import Evaluation

MAX_P_BETTER = 0.025
"""Below .05, so that 200 replays with a candidate that is no better stay below 5 % too, whatever their luck."""
MAX_P_WORSE = 0.05
MARGIN = 0.01
"""A loss of accuracy this small does not keep a newer version from ranking, however many items prove it."""
MIN_HELD_OUT = 200
MAX_CALIBRATION_RISE = 0.05
MAX_LATENCY_RATIO, FREE_LATENCY_MS = 3.0, 50.0
MAX_SIZE_RATIO, FREE_SIZE_BYTES = 4.0, 64 * 1024**2
NOT_BELOW = "not_below_"
"""What the names of checks against a baseline begin with."""


@dataclass(frozen=True)
class Contender:
    """A model before the gate.

    Parameters
    ----------
    probabilities : ndarray of shape (n, k)
        For the held-out items.
    evaluation : Evaluation
        What :func:`evaluate` found for them.
    latency_ms : float or None
        Per item, measured side by side; None when it was not.
    size_bytes : int or None
    """

    probabilities: FloatMatrix
    evaluation: Evaluation
    latency_ms: float | None = None
    size_bytes: int | None = None


@dataclass(frozen=True)
class GateChecks:
    """What the gate says.

    Parameters
    ----------
    promote : bool
        All checks passed.
    may_rank : bool
        Not clearly worse than the champion.
    provisional : bool
        Fewer than 200 held-out answers: the candidate may rank, but nothing it says is verified.
    checks : tuple of Check
    baseline : PairedTest
        Who was right, against the best constant answer.
    paired : PairedTest or None
        The same against the champion; None without one.
    loss : PairedLoss or None
        Squared error of the probabilities, against the champion; None without one.
    reason : str
        In words.
    baselines : dict of str to PairedTest
        Who was right, against each baseline that looks at the items.
    costs : dict
        Where mistakes have a price (``gate_costs``): the ``unit``, and what a case costs with each.
    words : str
        The same in a sentence.
    """

    promote: bool
    may_rank: bool
    provisional: bool
    checks: tuple[Check, ...]
    baseline: PairedTest
    paired: PairedTest | None
    loss: PairedLoss | None
    reason: str
    baselines: Mapping[str, PairedTest] = field(default_factory=dict)
    costs: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def judge(
    candidate: Contender,
    champion: Contender | None,
    targets: DoubleArray,
    constant: FloatMatrix,
    *,
    rng: np.random.Generator,
    max_p_better: float = MAX_P_BETTER,
    baselines: Mapping[str, FloatMatrix] | None = None,
    objective: Objective | None = None,
) -> GateChecks:
    """Judge a candidate.

    It must be right more often than the best constant answer by the exact one-sided McNemar test, and on no fewer items
    than any baseline that looks at them: an equal one is as likely as not to pass, one that is five points worse is
    not, and a proof would keep out most of those that are better by four points (decision 0027). Against a champion
    the squared error of its probabilities must be smaller by the one-sided sign-flip test, it must be right on more
    items than it loses, and its calibration error (by more than .05), latency (threefold) and size (fourfold) may not
    rise; latencies under 50 ms and files under 64 MB are free.

    Parameters
    ----------
    candidate, champion : Contender
        Measured on the same held-out items; champion None when there is none.
    targets : ndarray of shape (n, k)
    constant : ndarray of shape (n, k)
        The best constant answer to these items.
    rng : numpy.random.Generator
        For the sign flips.
    max_p_better : float
        Share of candidates no better than the champion that may pass.
    baselines : dict of str to ndarray of shape (n, k), optional
        What simple predictors made of the same answers say of these items.
    objective : Objective, optional
        What "right" means here: on every item the contender whose error is smaller has won. One label when not given.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from learning.core.evaluation.report import evaluate
    >>> truth, rng = np.tile(np.eye(2), (100, 1)), np.random.default_rng(0)
    >>> good = Contender(truth.astype(np.float32), evaluate(truth, truth, kind="classification", rng=rng))
    >>> judge(good, None, truth, np.full((200, 2), 0.5, np.float32), rng=rng).promote
    True
    """
    objective = objective or make_objective(candidate.evaluation.kind)

    def beside(given: FloatMatrix) -> PairedTest:
        return paired_errors(objective.errors(given, targets), ours=objective.errors(candidate.probabilities, targets))

    floor = beside(constant)
    checks = [better("beats_baseline", floor.p_better, max_p_better, f"best constant answer, {in_words(floor)}")]
    simple = {name: beside(given) for name, given in (baselines or {}).items()}
    checks += [not_below(name, test) for name, test in simple.items()]
    rivals = {"baseline": constant, **(baselines or {})}
    paired = loss = None
    may_rank = True
    if champion is not None:
        paired = beside(champion.probabilities)
        ours, theirs = (objective.losses(each.probabilities, targets) for each in (candidate, champion))
        loss = paired_loss_test(ours, theirs, rng, _worst(objective, candidate, champion))
        detail = f"{comparison_words(objective.name).loss} {-loss.difference:+.4f}, one-sided sign-flip test"
        checks.append(better("beats_champion", loss.p_better, max_p_better, detail))
        checks.append(_above("more_right", paired.difference, 0.0, in_words(paired)))
        checks += rises(candidate, champion)
        may_rank = not _clearly_worse(paired, loss)
        rivals["champion"] = champion.probabilities
    checks += objective.further_checks(candidate.probabilities, rivals, targets)
    failed = [check for check in checks if not check.passed]
    return GateChecks(
        promote=not failed,
        may_rank=may_rank,
        provisional=candidate.evaluation.n < MIN_HELD_OUT,
        checks=tuple(checks),
        baseline=floor,
        paired=paired,
        loss=loss,
        reason="; ".join(_why_not(check) for check in failed) or "better than everything it was compared with",
        baselines=simple,
    )


def not_below(baseline: str, test: PairedTest) -> Check:
    """Return the check that a candidate is right on no fewer items than a baseline.

    Parameters
    ----------
    baseline : str
        Its name ends that of the check.
    test : PairedTest
        The candidate against it.

    Returns
    -------
    Check
        Its value is the difference in accuracy, to be at least 0.

    Examples
    --------
    >>> from learning.core.evaluation.paired import paired_test
    >>> check = not_below("nearest_centroid", paired_test([True, True, False], [True, False, False]))
    >>> check.name, check.passed, check.detail
    ('not_below_nearest_centroid', True, '1 item won, 0 lost, of 3, too few to say')
    """
    known = interval_words(100 * test.low, 100 * test.high, test.n, 1, signed=True, unit="points")
    detail = f"{in_words(test)}, {known}"
    return Check(f"{NOT_BELOW}{baseline}", test.difference >= 0.0, test.difference, 0.0, detail)


def _worst(objective: Objective, *contenders: Contender) -> float:
    """Return the largest loss any of them had, had its second choice been true."""
    given = [each.probabilities for each in contenders]
    return max(float(objective.losses(each, objective.surprise(each)).max()) for each in given)


def _clearly_worse(paired: PairedTest, loss: PairedLoss) -> bool:
    """Fewer right by more than the margin, and it was not luck: by either test."""
    return paired.difference < -MARGIN and min(loss.p_worse, paired.p_worse) <= MAX_P_WORSE


def rises(candidate: Contender, champion: Contender | None, deadline_ms: float | None = None) -> list[Check]:
    """Return what may not rise beside a champion: calibration error, latency, size; a stated deadline holds without one
    too, and takes the place of the limit of latency.
    """
    checks = []
    if champion is not None:
        rise = candidate.evaluation.metrics["calibration_error"].value
        rise -= champion.evaluation.metrics["calibration_error"].value
        checks.append(_below("calibration", rise, MAX_CALIBRATION_RISE, "rise of the calibration error"))
    if deadline_ms is not None and candidate.latency_ms is not None:
        detail = f"{candidate.latency_ms:.1f} ms an item, the project's deadline is {deadline_ms:g} ms"
        checks.append(_below("deadline", candidate.latency_ms, deadline_ms, detail))
    elif champion is not None and candidate.latency_ms is not None and champion.latency_ms is not None:
        limit = max(MAX_LATENCY_RATIO * champion.latency_ms, FREE_LATENCY_MS)
        detail = f"ms an item, the champion's {champion.latency_ms:.1f}"
        checks.append(_below("latency", candidate.latency_ms, limit, detail))
    if champion is not None and candidate.size_bytes is not None and champion.size_bytes is not None:
        limit = max(MAX_SIZE_RATIO * champion.size_bytes, float(FREE_SIZE_BYTES))
        checks.append(_below("size", candidate.size_bytes, limit, f"bytes, the champion's {champion.size_bytes:,}"))
    return checks


def better(name: str, p: float, limit: float, detail: str) -> Check:
    """Return the check that a p-value is small enough."""
    return Check(name, p <= limit, p, limit, detail)


def _above(name: str, value: float, limit: float, detail: str) -> Check:
    return Check(name, value > limit, value, limit, detail)


def _below(name: str, value: float, limit: float, detail: str) -> Check:
    return Check(name, value <= limit, value, limit, detail)


def _why_not(check: Check) -> str:
    sign = "not above" if check.name == "more_right" else "below" if NOT_BELOW in check.name else "above"
    return f"{check.name.replace('_', ' ')}: {check.value:.4g} is {sign} {check.limit:.4g} ({check.detail})"


def in_words(test: PairedTest) -> str:
    """Return how many items were won and lost."""
    items = "item" if test.only_candidate == 1 else "items"
    return f"{test.only_candidate} {items} won, {test.only_champion} lost, of {test.n}"
