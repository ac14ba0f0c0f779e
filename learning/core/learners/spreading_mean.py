"""A model averaged with label spreading, as much of each as the answers bear out.

Spreading is far better where classes are clumps (60 answers on handwritten digits: .94 against .84), and worse where
they are directions (60 answers on short messages: .90 against .91). Out-of-fold loss tells which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from learning.core import artifacts
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray, row_blocks
from learning.core.forms import Kind, form_of
from learning.core.learners.base import FittedLearner, OutlierScorer
from learning.core.learners.choice import OutOfFold, Plan, row_losses
from learning.core.learners.evidence import Answered, EvidentLearner
from learning.core.learners.kernel import FittedKernelLogistic, KernelLogisticLearner
from learning.core.learners.linear_model import FittedLinear
from learning.core.learners.logistic import FittedLogistic, LogisticLearner
from learning.core.learners.spreading import as_distribution, induce, neighbour_graph, spread

MAX_LABELED = 1_000
SHARES = (0.25, 0.5, 0.75, 1.0)
POWERS = (1.0, 2.0)
DEFAULT_SHARE = 0.5
_MIN_GAIN = 0.02


Part = TypeVar("Part", bound=FittedLinear)


class FittedSpreadingMean(Generic[Part]):
    """A weighted mean of a model and label spreading.

    Made by :meth:`SpreadingMeanLearner.fit` or :meth:`SpreadingMeanLearner.load`; a subclass gives the names.

    Parameters
    ----------
    part : FittedLinear
    nodes : ndarray of float32, shape (m, d)
        Answered and unlabeled rows, less ``centre``; m is 0 when spreading has no share.
    values : ndarray of float32, shape (m, n_labels)
        Probabilities at the nodes.
    centre : ndarray of float32, shape (d,)
    scale : float
    share : float
        Of spreading, in [0, 1].
    facts : mapping
    """

    name: str
    outlier_detector: OutlierScorer | None = None
    part_name: ClassVar[str]
    """What the part is called in a dump."""

    def __init__(
        self,
        part: Part,
        nodes: FloatMatrix,
        values: FloatMatrix,
        centre: FloatMatrix,
        scale: float,
        share: float,
        facts: Mapping[str, Any],
    ) -> None:
        self.part, self.nodes, self.values, self.centre = part, nodes, values, centre
        self.scale, self.share, self.facts = scale, share, facts
        self.kind, self.n_labels, self.dimension = part.kind, part.n_labels, part.dimension

    @property
    def sketch(self) -> FittedLearner | None:
        """Return the part without spreading: nodes cost as much as twenty such models."""
        return self.part if self.share > 0 else None

    def predict(self, features: FloatMatrix) -> FloatMatrix:
        """Return calibrated probabilities of shape (n, n_labels); see :class:`FittedLearner`.

        Raises
        ------
        ValueError
            If the features have another width than those it was fitted on.
        """
        result = self.part.predict(features)
        if self.share > 0:
            result *= np.float32(1.0 - self.share)
            for block in row_blocks(len(features)):
                near = induce(features[block] - self.centre, self.nodes, self.values, self.scale)
                result[block] += np.float32(self.share) * near
        return result

    @classmethod
    def format(cls) -> str:
        """Return the format of a dump."""
        return f"learner/{cls.name.replace('_', '-')}@1"

    def dump(self) -> bytes:
        """Serialise both models."""
        return artifacts.pack(
            self.format(),
            {"scale": self.scale, "share": self.share, "facts": dict(self.facts)},
            {
                self.part_name: np.frombuffer(self.part.dump(), dtype=np.uint8),
                "nodes": self.nodes,
                "values": self.values,
                "centre": self.centre,
            },
        )

    @classmethod
    def load(cls, data: bytes, part: type[Part]) -> Self:
        """Restore a dumped model.

        Raises
        ------
        ArtifactError
            If the bytes are not such a dump.
        """
        header, arrays = artifacts.unpack(cls.format(), data)
        return cls(
            part.load(arrays[cls.part_name].tobytes()),
            arrays["nodes"],
            arrays["values"],
            arrays["centre"],
            header["scale"],
            header["share"],
            header["facts"],
        )


class FittedLogisticSpreading(FittedSpreadingMean[FittedLogistic]):
    """Logistic regression and label spreading."""

    name = "logistic_spreading"
    part_name = "logistic"


class FittedKernelSpreading(FittedSpreadingMean[FittedKernelLogistic]):
    """Kernel logistic regression and label spreading."""

    name = "kernel_spreading"
    part_name = "kernel"


Mean = TypeVar("Mean", bound=FittedSpreadingMean[Any])


class SpreadingMeanLearner(EvidentLearner[Mean]):
    """A learner, helped by label spreading while answers are few.

    Spreading takes part when unlabeled rows are given and there are at most 1,000 answers. Its share (0, .25, .5, .75
    or 1) has the smallest out-of-fold loss, and is 0 unless the loss falls by at least 2 %. Below 20 answers it is .5.
    """

    name: str
    _part: EvidentLearner[Any]
    _part_model: type[FittedLinear]
    _model: type[Mean]

    def fit_with_evidence(self, answered: Answered, plan: Plan | None = None) -> tuple[Mean, OutOfFold | None]:
        """Fit both and choose the share; see :meth:`EvidentLearner.fit_with_evidence`."""
        features, kind, unlabeled = answered.features, answered.kind, answered.unlabeled
        part, evidence = self._part.fit_with_evidence(answered, plan)
        why_not = _why_not(features, unlabeled, part)
        if why_not:
            return self._alone(part, why_not), evidence
        assert unlabeled is not None  # or there would be a reason against it
        centre = features.mean(axis=0)
        nodes = np.concatenate((features, unlabeled)) - centre
        ties, scale = neighbour_graph(nodes)
        known, weights = answered.targets[:, part.learned], answered.weights
        form = form_of(kind)
        sent = form.seeds(known, weights)
        seeds = np.zeros((len(nodes), *sent.shape[1:]))
        seeds[: len(features)] = sent

        def values(without: IntArray) -> DoubleArray:
            planted = seeds.copy()
            planted[without] = 0.0
            flow = spread(ties, planted.reshape(len(nodes), -1)).reshape(seeds.shape)
            return form.received(flow, as_distribution)

        share, power, reason, evidence = _share(evidence, values, known, kind)
        if share == 0:
            return self._alone(part, reason), evidence
        full = np.tile(part.constants, (len(nodes), 1))
        settled = form.sharpened(values(np.zeros(0, dtype=np.int64)), power)
        full[:, part.learned] = settled * form.room(part.constants)
        facts = {**part.facts, "spreading_share": share, "spreading_reason": reason, "nodes": len(nodes)}
        return self._model(part, nodes, full, centre, scale, share, facts), evidence

    def load(self, data: bytes) -> Mean:
        """Restore a dumped model; see :meth:`FittedSpreadingMean.load`."""
        return self._model.load(data, self._part_model)

    def _alone(self, part: FittedLinear, reason: str) -> Mean:
        facts = {**part.facts, "spreading_share": 0.0, "spreading_reason": reason}
        nothing, values = np.zeros((0, part.dimension), np.float32), np.zeros((0, part.n_labels), np.float32)
        return self._model(part, nothing, values, np.zeros(part.dimension, np.float32), 1.0, 0.0, facts)


class LogisticSpreadingLearner(SpreadingMeanLearner[FittedLogisticSpreading]):
    """The default learner of a young project.

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> pool = np.concatenate([np.linspace(0, 1, 30), np.linspace(3, 4, 30)]).astype(np.float32)[:, None]
    >>> model = LogisticSpreadingLearner().fit(pool[[0, 59]], one_hot([0, 1], 2), kind="classification",
    ...                                        rng=np.random.default_rng(0), unlabeled=pool[1:59])
    >>> (model.predict(pool).argmax(axis=1) == np.repeat([0, 1], 30)).all(), model.share
    (np.True_, 0.5)
    """

    name = "logistic_spreading"
    _part = LogisticLearner()
    _part_model = FittedLogistic
    _model = FittedLogisticSpreading


class KernelSpreadingLearner(SpreadingMeanLearner[FittedKernelSpreading]):
    """The same with similarities to answered rows instead of the features themselves.

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> pool = np.linspace(-1, 1, 60, dtype=np.float32)[:, None]
    >>> inner = (abs(pool[:, 0]) < 0.5).astype(int)
    >>> model = KernelSpreadingLearner().fit(pool[::2], one_hot(inner[::2], 2), kind="classification",
    ...                                      rng=np.random.default_rng(0), unlabeled=pool[1::2])
    >>> bool((model.predict(pool).argmax(axis=1) == inner).mean() > 0.9)
    True
    """

    name = "kernel_spreading"
    _part = KernelLogisticLearner()
    _part_model = FittedKernelLogistic
    _model = FittedKernelSpreading


def _why_not(features: FloatMatrix, unlabeled: FloatMatrix | None, part: FittedLinear) -> str:
    if not part.learned.size:
        return "one label only"
    if unlabeled is None or not len(unlabeled):
        return "no unlabeled rows"
    if len(features) > MAX_LABELED:
        return f"more than {MAX_LABELED} answers"
    return ""


def _share(
    evidence: OutOfFold | None, values: Callable[[IntArray], DoubleArray], known: DoubleArray, kind: Kind
) -> tuple[float, float, str, OutOfFold | None]:
    """Choose share and power of spreading by out-of-fold loss; return them, why, and the evidence for the mean."""
    if evidence is None:
        return DEFAULT_SHARE, 1.0, "too few answers to choose: half", None
    truth = known[evidence.rows]
    theirs = np.zeros_like(evidence.probabilities)
    for fold in np.unique(evidence.folds):
        inside = evidence.folds == fold
        theirs[inside] = values(evidence.rows[inside])[evidence.rows[inside]]

    def mixed(share: float, power: float) -> DoubleArray:
        return (1.0 - share) * evidence.probabilities + share * form_of(kind).sharpened(theirs, power)

    def loss(probabilities: DoubleArray) -> float:
        return float(np.average(row_losses(probabilities, truth, kind), weights=evidence.judged))

    alone = loss(evidence.probabilities)
    tried = {(share, power): loss(mixed(share, power)) for share in SHARES for power in POWERS}
    (share, power), best = min(tried.items(), key=lambda item: item[1])
    if best > (1.0 - _MIN_GAIN) * alone:
        return 0.0, 1.0, f"out-of-fold loss {alone:.4f} alone, {best:.4f} with spreading", evidence
    reason = f"out-of-fold loss {best:.4f} with spreading, {alone:.4f} alone"
    return share, power, reason, replace(evidence, probabilities=mixed(share, power))
