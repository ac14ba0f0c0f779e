"""The mixture a question is drawn from: numbers in, numbers out (decision 0001)."""

from dataclasses import dataclass
from typing import Any, Protocol

from labeling.models import Progress, Project

#: Eval items that must be done before eval questions fall back from twice their share to their share.
EARLY_EVAL = 200


class Rng(Protocol):
    """``random.Random`` and NumPy's Generator both are one."""

    def random(self) -> float: ...

    def shuffle(self, x: list[Any], /) -> None: ...


@dataclass(frozen=True, slots=True)
class MixtureDraws:
    """How many questions are wanted from each stream."""

    eval: int
    random: int
    strategy: int


def eval_probability(project: Project, progress: Progress) -> float:
    """Probability that the next question is an eval question, while both splits have something to ask."""
    early = progress.eval_done < EARLY_EVAL
    return min(1.0, project.eval_share * (2 if early else 1))


def draw(count: int, project: Project, progress: Progress, rng: Rng) -> MixtureDraws:
    """Tosses the coins of ``count`` questions."""
    p_eval = eval_probability(project, progress)
    evals = sum(rng.random() < p_eval for _ in range(count)) if progress.eval_open else 0
    strategy = strategy_share(count - evals, project, rng)
    return MixtureDraws(eval=evals, random=count - evals - strategy, strategy=strategy)


def strategy_share(count: int, project: Project, rng: Rng) -> int:
    """How many of ``count`` pool questions come from the head of the queue."""
    if not project.epoch:
        return 0
    return sum(rng.random() >= project.random_share for _ in range(count))


def pool_propensity(project: Project, pool_size: int, in_queue: float, has_head: bool) -> float:
    """Probability of the whole mixture for one pool item; ``in_queue`` is its propensity in the ranking, 0 outside."""
    return mixed(project, 1.0 / max(1, pool_size), in_queue, has_head)


def mixed(project: Project, at_random: float, in_queue: float, has_head: bool) -> float:
    """Probability of the whole mixture, of the one at random and the one in the ranking."""
    if not has_head:
        return at_random
    # with a random share of 0, what fills in for a stream that ran dry was drawn at random all the same
    return min(1.0, project.random_share * at_random + (1.0 - project.random_share) * in_queue) or at_random
