"""What the steps of a run on pairs work on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.core.pairwise.combination import Ranking
from learning.core.pairwise.model import PairwiseModel
from learning.families.pairwise.freeze import PairData
from learning.services.pipeline.family import RunContext


@dataclass(frozen=True)
class FittedPairs:
    """The model that is stored, and the ranking it came from."""

    model: PairwiseModel
    ranking: Ranking


#: The inputs are the items' features, one array a group of columns.
Context = RunContext[PairData, list[NDArray[np.float32]]]
