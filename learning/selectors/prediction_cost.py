"""What a prediction of a version costs, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat

from learning.models import ModelVersion

#: Yardsticks further apart than this were not taken on machines, or under loads, that are alike.
ALIKE = 1.25


def ms_words(milliseconds: float) -> str:
    """To two figures or whole ones: 0.42 ms, 1.2 ms, 38 ms, 2.4 s."""
    if milliseconds >= 10_000:
        return f"{milliseconds / 1_000:,.0f} s"
    if milliseconds >= 1_000:
        return f"{milliseconds / 1_000:.1f} s"
    if milliseconds >= 10:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{milliseconds:.2g} ms"


def size_words(size_bytes: int) -> str:
    return str(filesizeformat(size_bytes)).replace("\xa0", " ")


def cost_words(cost: Mapping[str, Any]) -> str:
    """One line; that nothing was measured where nothing was."""
    if not cost:
        return "not measured"
    return (
        f"{ms_words(cost['alone_ms'])} a row alone, {ms_words(cost['cpu_ms_per_1000'])} of CPU per 1,000,"
        f" {size_words(cost['memory_bytes'])}"
    )


def measured_words(cost: Mapping[str, Any]) -> str:
    """How it was measured, and by what figures of elsewhere can be read."""
    return (
        f"Median of {cost['alone_rows']:,} rows alone, 95 % of them within {ms_words(cost['alone_p95_ms'])}; CPU from"
        f" blocks of {cost['block_rows']:,} rows. Files: model {size_words(cost['model_bytes'])}, encoder"
        f" {size_words(cost['encoder_bytes'])}. On {cost['machine']}, which took {ms_words(cost['yardstick_ms'])} for a"
        " fixed product of two matrices at the time."
    )


def are_alike(costs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the yardsticks say that the costs were measured on machines, and under loads, that are alike."""
    taken = [cost["yardstick_ms"] for cost in costs if cost]
    return not taken or max(taken) <= ALIKE * min(taken)


def told(version: ModelVersion) -> dict[str, Any] | None:
    """The cost of a version with its words; None where it was not measured."""
    cost = version.prediction_cost
    return {**cost, "words": cost_words(cost), "measured": measured_words(cost)} if cost else None
