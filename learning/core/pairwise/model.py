"""The model of a pairwise project as a file: strengths by item ordinal, and what scores items nobody judged."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from learning.core.artifacts import ArtifactError, pack, unpack
from learning.core.pairwise.bradley_terry import Prior, Strengths

LEARNER = "bradley-terry"
_FORMAT = "pairwise/bradley-terry@1"
_WEIGHTS = "ranker_"

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class PairwiseModel:
    """Arrays by rising ``ordinals``; ``reliability`` by the order in which people first answered.

    ``ranker`` holds the arrays of the feature ranker, empty when it could not be fitted.
    """

    ordinals: NDArray[np.int64]
    scores: Doubles
    errors: Doubles
    prior_mean: Doubles
    prior_precision: Doubles
    reliability: Doubles
    position: float
    log_nu: float
    ranker: dict[str, NDArray[Any]] = field(default_factory=dict)

    name = LEARNER
    #: a pair is compared whatever its items look like (decision 0116)
    outlier_detector: ClassVar[None] = None

    def strengths(self) -> Strengths:
        return Strengths(self.scores, self.position, self.log_nu)

    def prior(self) -> Prior:
        return Prior(self.prior_mean, self.prior_precision)

    def dump(self) -> bytes:
        """The same model gives the same bytes."""
        arrays: dict[str, NDArray[Any]] = {
            "ordinals": self.ordinals,
            "scores": self.scores,
            "errors": self.errors,
            "prior_mean": self.prior_mean,
            "prior_precision": self.prior_precision,
            "reliability": self.reliability,
            "parameters": np.array([self.position, self.log_nu]),
        }
        return pack(_FORMAT, {}, arrays | {f"{_WEIGHTS}{name}": rows for name, rows in self.ranker.items()})


def load(data: bytes) -> PairwiseModel:
    """Reads what ``dump`` wrote. Raises ArtifactError."""
    _, arrays = unpack(_FORMAT, data)
    try:
        position, log_nu = arrays.pop("parameters").tolist()
        ranker = {name.removeprefix(_WEIGHTS): arrays.pop(name) for name in list(arrays) if name.startswith(_WEIGHTS)}
        return PairwiseModel(position=position, log_nu=log_nu, ranker=ranker, **arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"not a pairwise model: {error}") from error
