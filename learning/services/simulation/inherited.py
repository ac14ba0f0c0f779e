"""What models of other families gain from the answers that a strategy asked for, told in a sentence."""

from collections.abc import Mapping, Sequence

from labeling.models import Modality
from learning.core.evaluation.difference_words import difference_words
from learning.core.successors import Texts, gains
from learning.services.simulation.replay import Cut


def texts_of(parts: Cut) -> Texts | None:
    """What a successor can read besides features; None where the rows are no texts."""
    if parts.pool.modality != Modality.TEXT:
        return None
    pool = [str(parts.pool.contents[row]) for row in parts.pool_rows]
    return Texts(pool, [str(parts.held.contents[row]) for row in parts.held_rows])


def told(
    name: str, n_answers: int, metric: str, ours: Sequence[Mapping[str, float]], random: Sequence[Mapping[str, float]]
) -> str:
    """A line, families in the order they were measured in; seeds in the same order on both sides."""
    found = gains(ours, random)
    said = (
        f"{family} {difference_words(metric, each.value, each.low, each.high, each.n)}"
        for family, each in found.items()
    )
    return f"Other models on {name}'s {n_answers:,} answers, over as many random ones: {', '.join(said)}"
