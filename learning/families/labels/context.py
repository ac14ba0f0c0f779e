"""What the steps of a run on labels work on."""

from dataclasses import dataclass

from learning.core.cycle import Answers, Settings
from learning.families.labels.training_data import LabelData
from learning.services.pipeline.family import RunContext


@dataclass(frozen=True)
class Inputs:
    """The answers of the pool as the core takes them, and the project's settings."""

    answers: Answers
    settings: Settings


Context = RunContext[LabelData, Inputs]
