"""The cards of people: of now while the answers are few, else with what a worker read of them."""

from labeling.models import Project
from labeling.selectors.people import People, people_of
from labeling.services.reports.named import PEOPLE
from labeling.services.reports.stored import told


def people_told(project: Project) -> People | None:
    """None while a worker reads the answers for the first time. Members, skips, gold and verdicts are those of now."""
    found = told(project, PEOPLE)
    return None if found.is_counting else people_of(project, found.content)
