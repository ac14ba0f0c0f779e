"""Machines of a project, what there is for them to predict, and how well they do."""

from labeling.selectors.machines.cards import MachineCard, cards_of
from labeling.selectors.machines.listing import (
    MachineFacts,
    VersionFacts,
    VersionKnown,
    facts_of,
    few_predictions,
    machines_of,
    newest_version,
    version_in_use,
    versions_known,
)
from labeling.selectors.machines.subjects import predictable

__all__ = [
    "MachineCard",
    "MachineFacts",
    "VersionFacts",
    "VersionKnown",
    "cards_of",
    "facts_of",
    "few_predictions",
    "machines_of",
    "newest_version",
    "predictable",
    "version_in_use",
    "versions_known",
]
