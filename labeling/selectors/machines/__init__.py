"""Machines of a project, and what there is for them to predict."""

from labeling.selectors.machines.listing import MachineFacts, VersionFacts, facts_of, machines_of, newest_version
from labeling.selectors.machines.subjects import predictable

__all__ = ["MachineFacts", "VersionFacts", "facts_of", "machines_of", "newest_version", "predictable"]
