"""The detectors by name."""

from __future__ import annotations

from learning.core.outliers.base import Detector
from learning.core.registry import Registry

DETECTORS: Registry[Detector] = Registry(
    "outlier detector",
    {
        "relative_mahalanobis": "learning.core.outliers.mahalanobis:RelativeMahalanobis",
        "max_logit": "learning.core.outliers.linear_head:MaxLogit",
        "nearest_neighbours": "learning.core.outliers.nearest:NearestNeighbours",
        "isolation_forest": "learning.core.outliers.isolation:IsolationForest",
        "margin": "learning.core.outliers.linear_head:Margin",
    },
)
DEFAULT = "relative_mahalanobis"
#: Where everything has the same label and the subspace leaves nothing outside.
ONE_LABEL = "nearest_neighbours"
