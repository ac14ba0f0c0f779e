"""Whether the answers can be trusted, person by person, for ``ModelVersion.report``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.evaluation.intervals import Estimate, share
from learning.core.pairwise import Judgments, Strengths
from learning.core.pairwise.audit import agreement, fast_answers, flip_rate, left_rates, winners
from learning.core.pairwise.combination import Ranking
from learning.core.pairwise.suspects import COPIED, copying, random_looking
from learning.families.pairwise.freeze import NEITHER, Bools, Ints, Judged, PairData
from learning.families.pairwise.people import COPIES
from learning.models.version_report import PairAudit

#: People whose own rates are kept: those with most answers, and whoever is flagged.
PEOPLE_KEPT = 100
SUSPECTS_KEPT = 20
#: Repeats below which nobody's own flip rate is shown.
FEWEST_REPEATS = 3


def audit(data: PairData, ranking: Ranking, random_arm: dict[str, Any] | None) -> PairAudit:
    """Left rates, flips, agreement, fast answers, reliabilities, suspects, and what was used for what."""
    judged, n_items = data.judged, len(data.items)
    everything = judged.judgments(np.ones(len(judged), dtype=bool), n_items)
    own = judged.judgments(~judged.repeated, n_items)
    sides, between = left_rates(everything), agreement(own)
    flagged = set(np.flatnonzero(sides.flagged).tolist())
    rates = {person: estimate for person, estimate in enumerate(sides.annotators) if estimate.n}
    return PairAudit(
        used=used(judged),
        left_rate=sides.project.as_dict(),
        left_flagged=bool(sides.project_flagged),
        left_rates=_rows(data, rates, flagged),
        agreement=between.between.as_dict(),
        ceiling=between.ceiling.as_dict(),
        suspects=suspects_of(data, ranking.strengths, sides.annotators, sides.flagged),
        reliability=_reliability(data, ranking),
        random_arm=random_arm,
        **_flips(data),
        **_fast(data),
    )


def used(judged: Judged) -> dict[str, int]:
    """What became of every answer: the rule is ``Judged.learned``."""
    neither = judged.answer == NEITHER
    return {
        "answers": len(judged),
        "learned": int(judged.learned.sum()),
        "measured_by": int(judged.measured.sum()),
        "repeats": int((judged.repeated & ~neither).sum()),
        "neither": int(neither.sum()),
    }


def suspects_of(
    data: PairData, strengths: Strengths, sides: list[Estimate], one_sided: Bools
) -> list[tuple[str, str, float]]:
    """[(name, why in words, statistic)]: people proposed for quarantine; a person decides."""
    learned, people = data.learned, data.people
    found = [
        (person, f"answers left in {sides[person].value:.0%} of {sides[person].n:,}", sides[person].value)
        for person in np.flatnonzero(one_sided).tolist()
    ]
    for suspect in random_looking(learned, strengths):
        odds = f"10^{suspect.statistic:.0f}" if suspect.statistic >= 4 else f"{10**suspect.statistic:,.0f}"
        found.append((suspect.annotator, f"answers are {odds} times likelier by a coin", suspect.statistic))
    for suspect in copying(learned, strengths, np.arange(len(learned), dtype=np.float64)):
        copies = COPIES.format(people[suspect.other])
        why = f"{copies}{suspect.statistic:.0%} of the pairs both judged"
        found.append((suspect.annotator, why if suspect.why == COPIED else suspect.why, suspect.statistic))
    return [(people[person], why, float(statistic)) for person, why, statistic in found[:SUSPECTS_KEPT]]


def _flips(data: PairData) -> dict[str, Any]:
    first, again = repeats_of(data)
    estimate = flip_rate(first, again)
    one, other = winners(first), winners(again)
    strict = (one >= 0) & (other >= 0)
    n = len(data.people)
    count = np.bincount(first.annotator[strict], minlength=n)
    flipped = np.bincount(first.annotator[strict], (one != other)[strict], n)
    rates = {
        person: share(float(flipped[person]), int(count[person]))
        for person in np.flatnonzero(count >= FEWEST_REPEATS).tolist()
    }
    return {"flip_rate": estimate.as_dict() if estimate.n else None, "flip_rates": _rows(data, rates, set())}


def repeats_of(data: PairData) -> tuple[Judgments, Judgments]:
    """Row by row a person's first answer to a pair and the one to its repeat; ``neither`` compares nothing."""
    judged, n = data.judged, max(len(data.items), 1)
    low, high = np.minimum(judged.left, judged.right), np.maximum(judged.left, judged.right)
    keys = (judged.person * n + low) * n + high
    first_of = {
        key: row
        for row, key in reversed([*enumerate(keys.tolist())])
        if judged.compared[row] and not judged.repeated[row]
    }
    again = np.flatnonzero(judged.repeated & judged.compared)
    matched = [
        (first_of[key], row) for row, key in zip(again.tolist(), keys[again].tolist(), strict=True) if key in first_of
    ]
    rows: Ints = np.array(matched, dtype=np.int64).reshape(-1, 2)
    return _at(judged, rows[:, 0], n), _at(judged, rows[:, 1], n)


def _at(judged: Judged, rows: Ints, n_items: int) -> Judgments:
    return Judgments(judged.left[rows], judged.right[rows], judged.answer[rows], n_items, judged.person[rows])


def _fast(data: PairData) -> dict[str, Any]:
    judged = data.judged
    elapsed = np.where(judged.elapsed_ms < 0, np.nan, judged.elapsed_ms.astype(np.float64))
    is_fast = fast_answers(elapsed, judged.person)
    n = len(data.people)
    timed = np.bincount(judged.person[np.isfinite(elapsed)], minlength=n)
    hasty = np.bincount(judged.person[is_fast], minlength=n)
    rates = {person: share(float(hasty[person]), int(timed[person])) for person in np.flatnonzero(hasty).tolist()}
    return {"n_fast": int(is_fast.sum()), "fast_rates": _rows(data, rates, set())}


def _reliability(data: PairData, ranking: Ranking) -> list[list[Any]]:
    count = np.bincount(data.learned.annotator, minlength=len(data.people))
    kept = np.argsort(-count, kind="stable")[:PEOPLE_KEPT]
    known: NDArray[np.float64] = ranking.reliability
    return [[data.people[who], round(float(known[who]), 4), int(count[who])] for who in kept.tolist() if count[who]]


def _rows(data: PairData, rates: dict[int, Estimate], flagged: set[int]) -> list[list[Any]]:
    """[[name, estimate, flagged]], most answers first."""
    order = sorted(rates, key=lambda person: (person not in flagged, -rates[person].n))[:PEOPLE_KEPT]
    return [[data.people[person], rates[person].as_dict(), person in flagged] for person in order]
