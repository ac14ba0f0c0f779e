"""Machines of a project, what there is for them to predict, and how well they do."""

from labeling.selectors.machines.cards import MachineCard, cards_of
from labeling.selectors.machines.listing import (
    MachineFacts,
    VersionFacts,
    facts_of,
    machines_of,
    newest_version,
    version_in_use,
    with_cards,
    with_newest_card,
)
from labeling.selectors.machines.subjects import predictable

__all__ = [
    "MachineCard",
    "MachineFacts",
    "VersionFacts",
    "cards_of",
    "facts_of",
    "machines_of",
    "newest_version",
    "predictable",
    "version_in_use",
    "with_cards",
    "with_newest_card",
]
