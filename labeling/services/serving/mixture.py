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


@dataclass(slots=True)
class MixtureDraws:
    """How many questions are wanted from each stream."""

    repeat: int = 0
    gold: int = 0
    eval: int = 0
    pool: int = 0


def eval_probability(project: Project, progress: Progress) -> float:
    """Probability that the next question is an eval question, while both splits have something to ask."""
    early = progress.eval_done < EARLY_EVAL
    return min(1.0, project.eval_share * (2 if early else 1))


def draw(count: int, repeat_share: float, gold_share: float, p_eval: float, rng: Rng) -> MixtureDraws:
    """Tosses the coins of ``count`` questions: a repeat, gold, and of the rest an eval question or one of the pool."""
    draws = MixtureDraws()
    extra = repeat_share + gold_share
    for _ in range(count):
        toss = rng.random() if extra else 1.0
        if toss < repeat_share:
            draws.repeat += 1
        elif toss < extra:
            draws.gold += 1
        elif p_eval and rng.random() < p_eval:
            draws.eval += 1
        else:
            draws.pool += 1
    return draws


def second_opinions(count: int, project: Project, rng: Rng) -> int:
    """How many of ``count`` pool questions are about known rows, as the published ranking found it worth."""
    if not (project.asks_again and project.asks_second_opinions):
        return 0
    return sum(rng.random() < project.asks_again for _ in range(count))


def came_back(count: int, project: Project, rng: Rng) -> int:
    """How many of ``count`` pool questions are about what came back, while any waits."""
    return sum(rng.random() < project.production_share for _ in range(count))


def strategy_share(count: int, project: Project, rng: Rng) -> int:
    """How many of ``count`` pool questions come from the head of the queue."""
    if not project.epoch:
        return 0
    return sum(rng.random() >= project.share_at_random for _ in range(count))


def mixed(
    project: Project, at_random: float, in_queue: float, has_head: bool, back: tuple[float, float] = (0.0, 0.0)
) -> float:
    """Probability of the whole mixture, of the one at random and the one in the ranking (0 outside of it). ``back`` is
    the share of the questions about what came back, and the probability of this one among them (0 outside)."""
    # with a random share of 0, what fills in for a stream that ran dry was drawn at random all the same
    share = project.share_at_random if has_head else 1.0
    others = min(1.0, share * at_random + (1.0 - share) * in_queue) or at_random
    coin, among = back
    return min(1.0, coin * among + (1.0 - coin) * others)
