"""How answers are learned: one package a family, one line each here. A kind says which family learns it."""

from learning.services.pipeline.registered import FAMILIES


def register() -> None:
    """Tells the pipeline of its families; called once when Django is ready."""
    FAMILIES.add("labels", "learning.families.labels.family:LabelsFamily")
    FAMILIES.add("pairwise", "learning.families.pairwise.family:PairwiseFamily")
