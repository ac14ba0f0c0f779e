"""What becomes of a candidate. Numbers in, a verdict with its numbers out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labeling.models import Project
from labeling.selectors.costs import latency_limit_ms
from learning.core.evaluation import gate as core
from learning.core.evaluation.checks import FASTER, Check
from learning.core.evaluation.comparison_words import RIGHT_OR_WRONG, ComparisonWords, comparison_words
from learning.core.evaluation.gate import MARGIN, MAX_P_BETTER, MAX_P_WORSE, MIN_HELD_OUT, Contender
from learning.core.evaluation.gate_costs import judge_by_cost
from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.objectives import Objective
from learning.core.evaluation.objectives.least_cost import LeastCost
from learning.core.evaluation.paired import PairedTest, paired_errors, paired_test
from learning.core.evaluation.prediction_cost import Timing, limit_checks
from learning.core.evaluation.student_gate import student_checks
from learning.models import Status
from learning.services.registry.verdict import COULD_PROMOTE, GateVerdict

#: What a model is measured by, one of it; pairwise projects have their own.
ITEM, PAIR = "eval item", "held-out pair"
_COUNTED = {ITEM: "eval answers", PAIR: "held-out pairs"}
_INCOMPARABLE = "the champion could not be compared with"


@dataclass(frozen=True)
class Rivals:
    """Older versions on the same eval items: the champion, or else the version that ranks.

    ``is_comparable`` is False when there is a champion whose file is damaged: nobody is promoted past it unseen.
    """

    champion: Contender | None = None
    ranking: Contender | None = None
    is_comparable: bool = True


class Measurement(Protocol):
    """What was measured on the eval split: the truth, and what the best constant and each simple baseline say."""

    @property
    def targets(self) -> NDArray[np.float64]: ...

    @property
    def constant(self) -> NDArray[np.float32]: ...

    @property
    def simple(self) -> Mapping[str, NDArray[np.float32]]: ...

    @property
    def objective(self) -> Objective: ...


def unmeasured(held: str = ITEM) -> GateVerdict:
    reason = f"No {held} has been answered yet: nothing to measure it by. It may rank."
    return GateVerdict(Status.PROVISIONAL, reason, {"n_eval": 0})


def verdict_on(measured: Measurement, candidate: Contender, rivals: Rivals, rng: np.random.Generator) -> GateVerdict:
    """By what the models say of each eval item: champion, provisional (it ranks) or rejected.

    Champion when all checks of the core's gate hold and there are 200 eval answers. Otherwise it ranks, unless it is
    clearly worse than the champion, or while there is none than the version that ranks.
    """
    objective = measured.objective
    judged = partial(_judge_of(objective), targets=measured.targets, constant=measured.constant)
    found = judged(candidate, rivals.champion, rng=rng, baselines=measured.simple)
    may_rank, beside = found.may_rank, found
    if rivals.champion is None and rivals.ranking is not None:
        beside = judged(candidate, rivals.ranking, rng=rng)
        may_rank = beside.may_rank
    n_eval = candidate.evaluation.n
    promoted = found.promote and may_rank and rivals.is_comparable
    against = "champion" if rivals.champion else "ranking"
    numbers: dict[str, Any] = {
        "n_eval": n_eval,
        "checks": [asdict(check) for check in found.checks] + [_enough(n_eval)],
        "may_rank": may_rank,
        COULD_PROMOTE: rivals.is_comparable and n_eval >= MIN_HELD_OUT,
        "against_majority": asdict(found.baseline),
        "against_baselines": {name: asdict(test) for name, test in found.baselines.items()},
        f"against_{against}": asdict(beside.paired) if beside.paired else None,
        "loss": asdict(beside.loss) if beside.loss else None,
        "limits": {"p_better": MAX_P_BETTER, "p_worse": MAX_P_WORSE, "margin": MARGIN, "held_out": MIN_HELD_OUT},
    }
    if found.costs:
        numbers["costs"] = {**found.costs, **({"champion": beside.costs["champion"]} if beside.paired else {})}
    said = comparison_words(measured.objective.name)
    words = _beside_constant(found.baseline, ITEM, said)
    if beside.paired:
        rival = "champion" if rivals.champion else "version that ranks"
        words = f"Beside the {rival}: {in_words(beside.paired, ITEM, said)}."
    words = beside.words or words
    why = found.reason if rivals.is_comparable else _INCOMPARABLE
    return _settled(promoted, may_rank, n_eval, why, words, numbers)


def _judge_of(objective: Objective) -> Callable[..., core.GateChecks]:
    if isinstance(objective, LeastCost):
        return partial(judge_by_cost, objective=objective)
    return partial(core.judge, objective=objective)


def unmeasured_student() -> GateVerdict:
    reason = (
        f"Refused as a student: no {ITEM} has been answered by people, and nothing else may say that it is as good."
    )
    return GateVerdict(Status.REJECTED, reason, {"n_eval": 0, "checks": [_enough(0)], "may_rank": False})


def student_verdict(
    measured: Measurement,
    student: Contender,
    teacher: Contender,
    timings: tuple[Timing, Timing],
    rng: np.random.Generator,
) -> GateVerdict:
    """May a student answer for its teacher: it stays a candidate where it may, and is rejected where not.

    As for every version it has to be better than the best constant answer and on no fewer items right than simple
    baselines, on 200 answers of people; beside its teacher, as :mod:`learning.core.evaluation.student_gate` says.
    """
    objective = measured.objective
    found = _judge_of(objective)(
        student, None, targets=measured.targets, constant=measured.constant, rng=rng, baselines=measured.simple
    )
    errors = [objective.errors(each.probabilities, measured.targets) for each in (teacher, student)]
    paired = paired_errors(errors[0], ours=errors[1])
    n_eval = student.evaluation.n
    checks = [*found.checks, *student_checks(*timings, paired)]
    failed = [f"{check.name.replace('_', ' ')}: {check.detail}" for check in checks if not check.passed]
    if n_eval < MIN_HELD_OUT:
        failed.append(f"measured on {n_eval} eval answers of people, {MIN_HELD_OUT} are asked for")
    numbers = {
        "n_eval": n_eval,
        "checks": [*map(asdict, checks), _enough(n_eval)],
        "may_rank": False,
        COULD_PROMOTE: n_eval >= MIN_HELD_OUT,  # a use of the eval items: by them it is taken or left
        "against_majority": asdict(found.baseline),
        "against_baselines": {name: asdict(test) for name, test in found.baselines.items()},
        "against_teacher": asdict(paired),
    }
    beside = f"Beside its teacher: {in_words(paired, ITEM, comparison_words(objective.name))}."
    speed = next(check.detail for check in checks if check.name == FASTER)
    if failed:
        return GateVerdict(Status.REJECTED, f"Refused as a student: {'; '.join(failed)}. {beside}", numbers)
    return GateVerdict(Status.CANDIDATE, f"Accepted as a student, faster by {speed}. {beside}", numbers)


def judge(
    correct: NDArray[np.bool_] | None,
    constant_correct: NDArray[np.bool_] | None,
    champion_correct: NDArray[np.bool_] | None,
    has_champion: bool,
    held: str = ITEM,
    simple_correct: Mapping[str, NDArray[np.bool_]] | None = None,
) -> GateVerdict:
    """By who was right alone, where there are no probabilities to compare: the exact paired test in both directions.

    ``held`` is what one of the things measured by is called, ``simple_correct`` what baselines that look at them had
    right.
    """
    if correct is None or constant_correct is None:
        return unmeasured(held)
    floor = paired_test(correct, constant_correct)
    simple = {name: paired_test(correct, right) for name, right in (simple_correct or {}).items()}
    numbers: dict[str, Any] = {"n_eval": floor.n, "against_majority": asdict(floor)}
    numbers["against_baselines"] = {name: asdict(test) for name, test in simple.items()}
    checks = [_won("beats_baseline", floor)] + [core.not_below(name, test) for name, test in simple.items()]
    may_rank, words = True, _beside_constant(floor, held)
    if champion_correct is not None:
        champion = paired_test(correct, champion_correct)
        numbers["against_champion"] = asdict(champion)
        checks.append(_won("beats_champion", champion))
        may_rank = champion.difference >= -MARGIN or champion.p_worse > MAX_P_WORSE
        words = f"Beside the champion: {in_words(champion, held)}."
    failed = [check for check in checks if not check.passed]
    numbers |= {"checks": [asdict(check) for check in checks] + [_enough(floor.n, held)], "may_rank": may_rank}
    reason = "; ".join(_lost(check) for check in failed)
    unseen = has_champion and champion_correct is None
    numbers[COULD_PROMOTE] = not unseen and floor.n >= MIN_HELD_OUT
    promoted = not failed and may_rank and not unseen
    return _settled(promoted, may_rank, floor.n, _INCOMPARABLE if unseen else reason, words, numbers, held)


def within_limits(verdict: GateVerdict, cost: Mapping[str, Any], project: Project) -> GateVerdict:
    """The same where a prediction costs no more than the project allows, or it sets no limit; else it is refused, even
    if it is better than everything. ``cost``: ``ModelVersion.prediction_cost``."""
    limits = latency_limit_ms(project), project.prediction_limit_cpu_ms
    checks = limit_checks(cost["alone_ms"], cost["cpu_ms_per_1000"], *limits) if cost else []
    if not checks:
        return verdict
    numbers = verdict.numbers | {"checks": verdict.numbers.get("checks", []) + [asdict(check) for check in checks]}
    over = [check.detail for check in checks if not check.passed]
    if not over:
        return replace(verdict, numbers=numbers)
    # whatever the eval items say it could not have been promoted: no use of them
    numbers |= {"may_rank": False, "verified": False, COULD_PROMOTE: False}
    reason = f"Too slow to be used: {'; '.join(over)}. Refused whatever it is worth. {verdict.reason}"
    return GateVerdict(Status.REJECTED, reason, numbers)


def _settled(
    promoted: bool, may_rank: bool, n_eval: int, reason: str, words: str, numbers: dict[str, Any], held: str = ITEM
) -> GateVerdict:
    if promoted and n_eval >= MIN_HELD_OUT:
        numbers["verified"] = True
        better = "Cheaper than everything" if "costs" in numbers else "Better than everything"
        better += " it was compared with."
        return GateVerdict(Status.CHAMPION, f"{better} {words}", numbers)
    if promoted:
        few = (
            f"It may rank. It passed every other check, but was measured on {n_eval} {_COUNTED[held]};"
            f" {MIN_HELD_OUT} are asked for."
        )
        return GateVerdict(Status.PROVISIONAL, f"{few} {words}", numbers)
    if may_rank:
        return GateVerdict(Status.PROVISIONAL, f"It may rank, but is not promoted: {reason}. {words}", numbers)
    worse = "dearer" if "costs" in numbers else "worse"
    return GateVerdict(Status.REJECTED, f"Clearly {worse} than what is in use. {words}", numbers)


def _beside_constant(test: PairedTest, held: str = ITEM, said: ComparisonWords = RIGHT_OR_WRONG) -> str:
    better = "Better than" if test.p_better <= MAX_P_BETTER else "Not clearly better than"
    return f"{better} always the same answer: {in_words(test, held, said)}."


def _enough(n_eval: int, held: str = ITEM) -> dict[str, Any]:
    enough = n_eval >= MIN_HELD_OUT
    check = Check("enough_held_out", enough, float(n_eval), float(MIN_HELD_OUT), _COUNTED[held])
    return asdict(check)


def _won(name: str, test: PairedTest) -> Check:
    detail = f"{test.only_candidate} won, {test.only_champion} lost"
    return Check(name, test.p_better <= MAX_P_BETTER, test.p_better, MAX_P_BETTER, detail)


def _lost(check: Check) -> str:
    by = "accuracy" if check.name.startswith(core.NOT_BELOW) else "p ="
    value = f"{check.value:+.3f}" if check.name.startswith(core.NOT_BELOW) else f"{check.value:.2g}"
    return f"{check.name.replace('_', ' ')}: {by} {value}, {check.detail}"


def in_words(test: PairedTest, held: str = ITEM, said: ComparisonWords = RIGHT_OR_WRONG) -> str:
    """The paired test as a person reads it."""
    things = held if test.only_candidate == 1 else f"{held}s"
    known = interval_words(test.low, test.high, test.n, signed=True)
    return (
        f"{test.only_candidate} {things} {said.better.format(rival='the other')}, {test.only_champion} the other way"
        f" round, of {test.n}; {said.difference} {test.difference:+.3f} ({known}),"
        f" p = {test.p_better:.2g}"
    )
