"""Machines with what is known of their versions: counted now where that is little, else told with its time."""

from labeling.models import Machine, Project
from labeling.selectors.machines import MachineFacts, facts_of, machines_of
from labeling.services.reports.base import Told
from labeling.services.reports.named import MACHINES
from labeling.services.reports.stored import told


def machines_told(project: Project) -> tuple[list[MachineFacts], Told]:
    """By name, each with the card of the version it predicts under."""
    found = told(project, MACHINES)
    return machines_of(project, found.content, all_known=_is_whole(found)), found


def machine_told(machine: Machine) -> tuple[MachineFacts, Told]:
    """With the cards of its newest versions."""
    found = told(machine.project, MACHINES)
    return facts_of(machine, found.content, all_known=_is_whole(found)), found


def _is_whole(found: Told) -> bool:
    """Whether a version that is not in it has predicted nothing."""
    return not found.is_counting and found.read_at is None
