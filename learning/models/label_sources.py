"""Where the labels that a run learned from came from: the part of its manifest that adds up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from labeling.models.source import sources_in_words


@dataclass(frozen=True)
class LabelSources:
    """Numbers by source. ``learned`` adds up to what was learned from (items, or judgments of pairs), ``measured`` to
    what is measured by; ``left_out`` counts answers of the pool whose source has the weight 0."""

    learned: Mapping[str, int] = field(default_factory=dict)
    measured: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def in_words(self, weights: Mapping[str, float]) -> str:
        """*812 by people, 200 imported at weight .5; left out: 30 reviewed*."""
        out = sources_in_words(self.left_out)
        return sources_in_words(self.learned, weights) + (f"; left out: {out}" if out else "")


def counts_of(sources: Any) -> dict[str, int]:
    """How often each name is among them, as JSON has it."""
    return dict(sorted(Counter(str(source) for source in sources).items()))
