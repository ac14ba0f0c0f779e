"""Where a label comes from: the one table of it, by which exports, manifests and training name and count labels."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models


class Source(models.TextChoices):
    """Sources of stored answers."""

    HUMAN = "human"
    IMPORT = "import"
    REVIEW = "review"
    MACHINE = "machine"


@dataclass(frozen=True)
class LabelSource:
    """``words`` stand behind a number: *812 by people*. ``elsewhere`` says of what is no answer why no row of
    answers and no model is made of it, and where it stands instead; empty for what is one."""

    words: str
    elsewhere: str = ""


#: In the order in which they are told. Sources of answers train models, each by the weight a project gives it.
SOURCES: Mapping[str, LabelSource] = {
    Source.HUMAN.value: LabelSource("by people"),
    Source.REVIEW.value: LabelSource("reviewed"),
    Source.IMPORT.value: LabelSource("imported"),
    "gold": LabelSource(
        "known answers",
        "Gold tests people and says nothing of labels: it stands in the columns gold and gold_explanation, and what "
        "people answered to it is human.",
    ),
    Source.MACHINE.value: LabelSource(
        "predictions of machines", "What machines say is no answer: it leaves as rows=predictions."
    ),
    "feedback": LabelSource(
        "by feedback",
        "What the world outside says of predictions is no answer of people: it leaves as rows=feedback, and trains "
        "by the weight that people's answers to the same content show.",
    ),
}
#: The source of labels that answer predictions; never that of an answer.
FEEDBACK = "feedback"
#: Sources that answers are of.
ANSWER_SOURCES = tuple(name for name, source in SOURCES.items() if not source.elsewhere)
FULL_WEIGHT = 1.0


def weight_setting(source: str) -> str:
    """The setting of a project by which labels of a source of answers count in training."""
    return f"weight_{source}"


def sources_in_words(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> str:
    """Counts by source in words, with the weight of those that have less than a full one: *812 by people, 200 imported
    at weight .5*. Empty where nothing was counted."""
    given = weights or {}
    parts = []
    for name, source in SOURCES.items():
        if n := counts.get(name, 0):
            weight = given.get(name, FULL_WEIGHT)
            at = "" if weight == FULL_WEIGHT else f" at weight {weight:.3g}".replace(" 0.", " .")
            parts.append(f"{n:,} {source.words}{at}")
    return ", ".join(parts)
