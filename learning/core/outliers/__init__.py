"""Rows that are unlike anything a model learned.

A detector is one module with one class and one line in :mod:`learning.core.outliers.registered`. Its contract
(``tests/core/outliers/test_detectors.py``) is met by every registered one: higher means more unlike; one label, rare
labels, several labels an item and none; fewer rows than components; the same seed gives the same bytes; dump and load
give the same scores. :func:`fit_outlier_detector` chooses one, fits it and sets its threshold.
"""

from __future__ import annotations

from learning.core.outliers.detector import (
    FALSE_SHARE,
    Fitting,
    OutlierDetector,
    fit_outlier_detector,
    load_detector,
)
from learning.core.outliers.registered import DEFAULT, DETECTORS

__all__ = [
    "DEFAULT",
    "DETECTORS",
    "FALSE_SHARE",
    "Fitting",
    "OutlierDetector",
    "fit_outlier_detector",
    "load_detector",
]
