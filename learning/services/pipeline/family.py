"""What a family brings to a run. The steps, their log, fencing, the registry and the retry stand once, in ``run``.

A kind says by name which family learns it. Families are packages of ``learning/families`` and enter the registry of
``registered`` when Django is ready: the pipeline knows none of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from labeling.consensus import LeftOut
from labeling.models import Project
from learning.core.data_tests import Finding
from learning.core.evaluation.prediction_cost import Timing
from learning.models import EncoderVersion, LabelSources, ModelVersion, Run
from learning.services.features.matrix import FeatureMatrix, ItemFeatures
from learning.services.registry.gate import GateVerdict
from learning.services.runs.steps import StepLog


class TrainingData(Protocol):
    """The answers of a run, frozen. ``sha256`` is that of everything in it."""

    @property
    def sha256(self) -> str: ...

    @property
    def sources(self) -> LabelSources: ...


class NothingToTeach(Exception):
    """A small model cannot be taught; the text says why."""


class FittedModel(Protocol):
    """What a fit came to. The same model gives the same bytes."""

    @property
    def name(self) -> str: ...

    def dump(self) -> bytes: ...


D = TypeVar("D", bound=TrainingData)
I = TypeVar("I")  # noqa: E741 - the inputs of a fit
F = TypeVar("F")  # what a fit came to


@dataclass(frozen=True)
class RunContext(Generic[D, I]):
    """What every step of one run works on. ``inputs`` are what the family makes of data and features for its fits."""

    run: Run
    log: StepLog
    data: D
    matrix: FeatureMatrix
    inputs: I


@dataclass(frozen=True)
class Fit(Generic[F]):
    """``model`` goes into the file, ``fitted`` is what the family's later steps want to know, ``note`` the log's."""

    model: FittedModel
    fitted: F
    note: str


@dataclass(frozen=True)
class Evaluated:
    """``measured`` is None while nothing held out is answered; ``fields`` are what the model version keeps."""

    measured: Any
    fields: dict[str, Any]
    note: str


@dataclass(frozen=True)
class Candidate(Generic[F]):
    """A registered version with what was measured; ``decided``: by an attempt of this run whose worker died."""

    version: ModelVersion
    fitted: F
    measured: Any
    decided: bool


@dataclass(frozen=True)
class Ranked:
    """What is to be asked next, in the family's own form."""

    queue: Any
    note: str


@dataclass(frozen=True)
class WithoutPeople:
    """A run with some people's answers and without, measured on the same eval items by the truth without them.

    ``left_out`` answers were theirs; ``learned`` items then and ``learned_without``; of ``eval_changed`` eval items the
    truth is another one without them, or none. ``with_them`` and ``without`` are one ``metric`` with its interval,
    ``difference`` (n, difference, low, high) is in the share of items right; None where there was nothing to measure.
    """

    left_out: int
    learned: int
    learned_without: int
    n_eval: int
    eval_changed: int
    metric: str = ""
    with_them: dict[str, Any] | None = None
    without: dict[str, Any] | None = None
    difference: dict[str, Any] | None = None
    p_differs: float | None = None


@dataclass(frozen=True)
class Said:
    """What a model says of n rows: ``probabilities`` (n, k), ``answers`` as people give them, ``stored`` as rows keep
    them (JSON), and how ``sure`` it is, from 0 to 1. ``unsure``: which a person had better answer, where the
    project says what that costs."""

    probabilities: NDArray[np.float32]
    answers: Sequence[dict[str, Any]]
    stored: Sequence[str]
    sure: NDArray[np.float64]
    unsure: NDArray[np.bool_] | None = None
    #: of a model of one label, which knows no other: it says the label, or that a row is unlike it, and no probability
    is_of_one_label: bool = False


@dataclass(frozen=True)
class Lesson:
    """A small model is to be taught by ``teacher``. ``told(step, done, of)`` says how far it is, and raises
    FencedOff."""

    teacher: ModelVersion
    seed: int
    told: Callable[[str, int, int], object]


@dataclass(frozen=True)
class TaughtModel(Generic[F]):
    """``model`` goes into the file of the student, ``fitted`` is what answers, ``items`` are seen by its encoder.
    ``fields`` are what its version keeps. ``verdict`` judges the registered student by what it and its teacher took."""

    model: FittedModel
    fitted: F
    items: ItemFeatures
    fields: dict[str, Any]
    verdict: Callable[[ModelVersion, Timing, Timing], GateVerdict]


class Speaker(Protocol):
    """Says what a version means, by the labels of now: made anew when they may have changed."""

    names: Sequence[str]
    """Of the columns of probabilities."""

    def say(self, features: NDArray[np.float32]) -> Said:
        """For features of shape (n, d)."""
        ...


class Family(ABC, Generic[D, I, F]):
    """One way of learning. Raises of ``files.Corrupt`` end a step unless said otherwise; nothing here takes effect
    before ``publish``, which runs in the transaction of the verdict."""

    name: ClassVar[str]
    #: what the log says of a run without an answer
    nothing_to_learn: ClassVar[str]
    #: whether a fit's probabilities are looked at in a step of their own
    calibrates: ClassVar[bool] = False
    #: what is measured once model and ranking are out, ``part(context, candidate)``; nothing in use depends on it
    diagnostics: ClassVar[Sequence[Callable[[Any, Any], object]]] = ()
    #: whether it can say what some people's answers did to a model
    trains_without: ClassVar[bool] = False

    def parameters(self) -> dict[str, Any]:
        """What a run's environment records of the family's own constants."""
        return {}

    @abstractmethod
    def freeze(self, run: Run) -> D:
        """The answers that count as of the run's ids: an answer revised later still counts as it was then."""

    @abstractmethod
    def describe(self, data: D) -> str:
        """One line for the log."""

    def keep(self, run: Run, data: D) -> dict[str, Any]:
        """Stores what the frozen data came to that others read; the fields of the run that say where it is."""
        return {}

    def too_little(self, run: Run, data: D) -> str:
        """Why nothing can come of this data, whatever is answered; empty when something can."""
        return ""

    @abstractmethod
    def inputs(self, run: Run, data: D, matrix: FeatureMatrix) -> I:
        """What the fits work on. Raises files.Corrupt where a shard is damaged: it is computed again."""

    @abstractmethod
    def test_data(self, run: Run, data: D, matrix: FeatureMatrix) -> Sequence[Finding]:
        """Every test once, the ones that stop a run first."""

    @abstractmethod
    def fit(self, context: RunContext[D, I]) -> Fit[F] | None:
        """None while there is nothing to learn from. A function of data and seed alone."""

    def calibrate(self, context: RunContext[D, I], fit: Fit[F]) -> str:
        """One line for the log, where the family ``calibrates``. Raises what makes the model unusable."""
        raise NotImplementedError(f"{self.name} has no such step")

    @abstractmethod
    def evaluate(self, context: RunContext[D, I], fit: Fit[F]) -> Evaluated:
        """On the eval split, beside the baselines."""

    @abstractmethod
    def fields(self, context: RunContext[D, I]) -> dict[str, Any]:
        """What the model version keeps of the data: ``strategy``, ``trained_on`` and ``labels`` where there are any."""

    @abstractmethod
    def judge(self, context: RunContext[D, I], candidate: Candidate[F], champion: ModelVersion | None) -> GateVerdict:
        """The verdict of the gate; it takes effect only together with the ranking that follows from it."""

    @abstractmethod
    def rank(self, context: RunContext[D, I], candidate: Candidate[F] | None, ranks: ModelVersion | None) -> Ranked:
        """By the version that will be in use once the verdict holds (None: cold): not always this run's."""

    @abstractmethod
    def publish(
        self,
        context: RunContext[D, I],
        candidate: Candidate[F] | None,
        ranked: Ranked,
        epoch: int,
        ranks: ModelVersion | None,
    ) -> bool:
        """Makes the ranking visible as a whole, in the transaction of the verdict. False when fenced off."""

    def published(self, context: RunContext[D, I], candidate: Candidate[F] | None, ranked: Ranked) -> None:
        """After the transaction, whether or not a newer ranking was out already."""
        return

    @abstractmethod
    def rank_again(self, now: Run, epoch: int, version: ModelVersion) -> bool:
        """Ranks with a version outside a run, for an unsaved run of this moment. False when fenced off."""

    @abstractmethod
    def made_again(self, run: Run, matrix: FeatureMatrix) -> tuple[str, bytes]:
        """Hash of an old run's data and bytes of its model file made anew; none where there is nothing to learn."""

    def without_people(self, run: Run, encoder: EncoderVersion, out: LeftOut) -> WithoutPeople:
        """A run as it was and without these people's answers, where the family ``trains_without``. Stores nothing."""
        raise NotImplementedError(f"{self.name} does not say what people's answers did")

    def distil(self, lesson: Lesson) -> TaughtModel[F]:
        """Teaches a small model what the teacher says of the pool, and measures it on what people say of the eval
        split. Raises files.Corrupt, NothingToTeach."""
        raise NotImplementedError(f"{self.name} teaches no small models")

    def outputs(self, model: Any, features: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """What a model makes of features, (n, k), where the family's models answer outside; None where they do not."""
        return None

    def not_served(self, project: Project) -> str:
        """Why its models answer nothing from outside, and what there is instead; empty where they do."""
        return f"The models of the family {self.name} answer nothing from outside."

    def speaker(self, version: ModelVersion, model: Any) -> Speaker:
        """Speaks for a version, where the family is served. Queries the labels of the project."""
        raise NotImplementedError(self.not_served(version.project))

    def held_out(self, version: ModelVersion) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
        """How sure a version was of each eval item, and whether it was right; None where that is not kept. Raises
        files.Corrupt."""
        return None

    def cost_now(self, version: ModelVersion) -> dict[str, Any] | None:
        """What a case costs on the eval items by what the project states now: value, low, high, n; None where nothing
        measures it. Raises files.Corrupt, EncoderVersion.DoesNotExist."""
        return None


AnyFamily = Family[Any, Any, Any]
