"""The outlier detector of a model: fitted on what the model learned, with its threshold and where that comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from learning.core import artifacts
from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray, as_features, row_blocks
from learning.core.learners.folds import grouped_folds
from learning.core.outliers.base import Detector, FittedDetector, KnownRows
from learning.core.outliers.choice import Chosen, choose_detector
from learning.core.outliers.combined import Combination, Measures, combination_of, lengths_of
from learning.core.outliers.mahalanobis import LEAST_OUTSIDE
from learning.core.outliers.registered import DEFAULT, DETECTORS, ONE_LABEL
from learning.core.outliers.subspace import Subspace, fit_subspace
from learning.core.outliers.threshold import LEAST_ROWS, conformal_threshold

FALSE_SHARE = 0.05
FORMAT = "outliers@1"
MOST_ROWS = 3_000
#: Of a project with one label, whose detector is all there is of its model; with fewer than 40 rows more than 5 % are
#: flagged, as few as so many can say: one in n + 1.
LEAST_OF_ONE_LABEL = 5
#: A fold is left out of the fit it is scored by, but the detector in use is fitted on all rows, to which further ones
#: look a little less strange: with 5 folds 2.6 to 3.6 % were flagged where 5 % was asked for.
_FOLDS = 10


@dataclass(frozen=True)
class OutlierDetector:
    """Says how unlike rows are to anything the model learned.

    Parameters
    ----------
    name : str
        Of the registered detector.
    space : Subspace
    fitted : FittedDetector
    combination : Combination
    threshold : float
        Rows with a higher score are outliers.
    """

    name: str
    space: Subspace
    fitted: FittedDetector
    combination: Combination
    threshold: float

    def score(self, features: FloatMatrix, probabilities: FloatMatrix | None = None) -> DoubleArray:
        """Return how unlike each row is, higher for more; above :attr:`threshold` it is an outlier.

        Parameters
        ----------
        features : ndarray of float32, shape (n, d)
        probabilities : ndarray, optional
            What the model says of the rows. No detector of today looks at it: each has what it needs of its own, so it
            can be tried without a label.

        Returns
        -------
        ndarray of float64, shape (n,)
            Infinite for rows with NaN or infinity: they are like nothing.

        Raises
        ------
        ValueError
            If the features have another width than those it was fitted on.
        """
        if features.ndim != 2 or features.shape[1] != self.space.centre.size:
            raise ValueError(f"features of shape {features.shape} do not fit a detector of {self.space.centre.size}")
        scores = np.empty(len(features))
        for block in row_blocks(len(features)):
            rows = np.asarray(features[block], dtype=np.float32)
            whole = np.isfinite(rows.sum(axis=1, dtype=np.float64))
            found = self.combination.score(measures_of(self.space, self.fitted, np.where(whole[:, None], rows, 0.0)))
            scores[block] = np.where(whole, found, np.inf)
        return scores

    def dump(self) -> bytes:
        """Serialise without pickle; the same state gives the same bytes."""
        header = {
            "name": self.name,
            "scale": self.space.scale,
            "combination": asdict(self.combination),
            "threshold": self.threshold,
        }
        arrays = {f"fitted-{name}": array for name, array in self.fitted.arrays().items()}
        return artifacts.pack(FORMAT, header, {**arrays, "centre": self.space.centre, "basis": self.space.basis})


def load_detector(data: bytes) -> OutlierDetector:
    """Restore what :meth:`OutlierDetector.dump` wrote.

    Raises
    ------
    ArtifactError
        If the bytes are damaged, of another format, or of a detector that is not registered.
    """
    header, arrays = artifacts.unpack(FORMAT, data)
    try:
        state = {name.removeprefix("fitted-"): array for name, array in arrays.items() if name.startswith("fitted-")}
        return OutlierDetector(
            header["name"],
            Subspace(arrays["centre"], arrays["basis"], header["scale"]),
            DETECTORS.make(header["name"]).load(state),
            Combination(**{name: tuple(pair) for name, pair in header["combination"].items()}),
            header["threshold"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise artifacts.ArtifactError(f"no outlier detector: {error}") from error


@dataclass(frozen=True)
class Fitting:
    """``detector`` is None where ``facts["reason"]`` says why."""

    detector: OutlierDetector | None
    facts: Mapping[str, Any]


def fit_outlier_detector(
    features: FloatMatrix,
    members: BoolArray,
    rng: np.random.Generator,
    groups: IntArray | None = None,
    false_share: float = FALSE_SHARE,
    name: str = "auto",
) -> Fitting:
    """Choose a detector, fit it and set its threshold, on rows the model learns from.

    Of more than 3,000 rows so many are drawn. The threshold comes of rows that the detector was not fitted on, in
    folds.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    members : ndarray of bool, shape (n, k)
        Which labels each row has.
    rng : numpy.random.Generator
    groups : ndarray of int, shape (n,), optional
        Rows of one group are never on both sides of a fold.
    false_share : float
        Of known rows that may be flagged.
    name : str
        A registered detector, or ``"auto"``: the default unless leaving labels out shows another to be clearly better.

    Returns
    -------
    Fitting
        Without a detector of fewer than 40 rows (where there is one label only: 5), and of rows that are all, or nearly
        all, the same.

    Raises
    ------
    ValueError
        If shapes disagree, a number is not finite or the name is unknown.
    """
    features, members = as_features(features), np.asarray(members, dtype=bool)
    if members.ndim != 2 or len(members) != len(features):
        raise ValueError(f"members of shape {members.shape} do not fit {len(features)} rows of features")
    groups = np.arange(len(features)) if groups is None else np.asarray(groups)
    n_rows = len(features)
    if n_rows > MOST_ROWS:
        some = np.sort(rng.choice(n_rows, MOST_ROWS, replace=False))
        features, members, groups = features[some], members[some], groups[some]
    least_rows = LEAST_ROWS
    if members.shape[1] == 1:
        least_rows, false_share = LEAST_OF_ONE_LABEL, max(false_share, 1.0 / (n_rows + 1.0))
    facts: dict[str, Any] = {"asked": false_share, "rows": n_rows}
    if n_rows < least_rows or np.unique(groups).size < 2:
        return Fitting(None, {**facts, "reason": f"too few to say: {n_rows} labeled items, of at least {least_rows}"})
    space = fit_subspace(features, rng)
    if not space.components:
        return Fitting(None, {**facts, "reason": "the features of all labeled items are the same"})
    placed = KnownRows(*space.place(features), members)
    if name != "auto":
        facts |= Chosen(name, "asked for", {}).as_facts()
    elif placed.groups().shape[1] == 1:
        facts |= (_with_few(n_rows) if n_rows < LEAST_ROWS else _with_one_label(placed)).as_facts()
    else:
        registered = {each: DETECTORS.make(each) for each in DETECTORS.names()}
        facts |= choose_detector(features, members, groups, registered, DEFAULT, false_share, rng).as_facts()
    detector = DETECTORS.make(facts["detector"])
    held_out = _held_out(features, members, groups, detector, rng)
    if held_out is None:
        return Fitting(None, {**facts, "reason": "the features of nearly all labeled items are the same"})
    combination = combination_of(held_out, false_share)
    threshold = conformal_threshold(combination.score(held_out), false_share, least_rows)
    if threshold is None:
        return Fitting(None, {**facts, "reason": f"too few to say: {n_rows} labeled items for so few false flags"})
    facts |= {
        "components": space.components,
        "threshold": threshold.value,
        "false_flags": threshold.false_flags.as_dict(),
    }
    fitted = detector.fit(placed, rng)
    return Fitting(OutlierDetector(detector.name, space, fitted, combination, threshold.value), facts)


def _with_few(n_rows: int) -> Chosen:
    return Chosen(ONE_LABEL, f"with one label and {n_rows} items, too few for directions of their own", {})


def _with_one_label(placed: KnownRows) -> Chosen:
    """Return what is taken where all rows have the same label, so that none can be left out."""
    if placed.outside.mean() > LEAST_OUTSIDE:
        return Chosen(DEFAULT, "with one label, by how far a row lies outside the directions the others differ in", {})
    return Chosen(ONE_LABEL, "with one label, and nothing outside the directions the items differ in", {})


def measures_of(space: Subspace, fitted: FittedDetector, features: FloatMatrix) -> Measures:
    """Return what a detector and the plain measures beside it say of rows; see :class:`Measures`."""
    coordinates, outside = space.place(features)
    return Measures(fitted.score(coordinates, outside), outside, lengths_of(features))


def _held_out(
    features: FloatMatrix, members: BoolArray, groups: IntArray, detector: Detector, rng: np.random.Generator
) -> Measures | None:
    """Return the measures of every row by a detector that was fitted on the other folds; None where these do not
    differ."""
    n_folds = min(_FOLDS, np.unique(groups).size)
    folds = grouped_folds(members.argmax(axis=1), groups, n_folds, rng)
    parts = np.zeros((3, len(features)))
    for fold in range(n_folds):
        inside, outside = folds == fold, folds != fold
        space = fit_subspace(features[outside], rng)
        if not space.components:
            return None
        fitted = detector.fit(KnownRows(*space.place(features[outside]), members[outside]), rng)
        found = measures_of(space, fitted, features[inside])
        parts[:, inside] = found.near, found.outside, found.lengths
    return Measures(*parts)
