"""A small model of labels taught by a large one, on the pool; measured on what people say of the eval split."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labeling.models import Item, ItemStatus, KnownAnswer, Modality, Split
from learning.core.cycle import step_rng, with_outlier_detector
from learning.core.distillation import Taught, teach
from learning.core.distillation.students import LEAST_ROWS, MOST_ROWS
from learning.core.evaluation.prediction_cost import Timing
from learning.core.learners import FittedLearner
from learning.core.outliers.model_file import ModelFile
from learning.families.labels import evaluation, ranking, training_data
from learning.models import ModelVersion, Run
from learning.models.version_report import VersionReport
from learning.selectors.teaching import READ_BY, cannot_teach
from learning.services.features import contents, encoder_versions
from learning.services.features.encoded import EncodedItems
from learning.services.pipeline.family import Lesson, NothingToTeach, TaughtModel
from learning.services.registry import gate, model_files
from learning.services.registry.verdict import GateVerdict
from learning.services.runs import decide

#: Of what there is to teach on, labeled items that are kept for the outlier detector.
MOST_HELD_BACK, HELD_BACK_SHARE = 1_000, 1 / 3
#: Rows the teacher is asked about between two beats.
_ROWS_PER_BEAT = 2_048


def distil(lesson: Lesson) -> TaughtModel[FittedLearner]:
    """Raises NothingToTeach, files.Corrupt."""
    teacher = lesson.teacher
    project = teacher.project
    if why := cannot_teach(teacher):
        raise NothingToTeach(why)
    now = Run(project=project, seed=lesson.seed, **decide.data_watermark(project))
    data = training_data.freeze(now)
    data = replace(data, evaluation=data.evaluation.only(~data.evaluation.imported))  # people alone say who passes
    settings = ranking.judged_by(project, data.labels, data.present)
    ordinals = _to_teach_on(now)
    held_back = _held_back(ordinals, data, now)
    ordinals = np.setdiff1d(ordinals, held_back, assume_unique=True)
    if len(ordinals) < LEAST_ROWS:
        raise NothingToTeach(f"{len(ordinals):,} items of the pool to teach on; at least {LEAST_ROWS} are needed.")
    said = _said(teacher, ordinals, lesson)
    found, items = contents.contents_at(project, ordinals.tolist())
    there = np.isin(ordinals, found)
    taught = Taught(items, said[there], settings.objective.form)
    try:
        student = teach(
            project.modality, taught, step_rng(now.seed, "distil"),
            lambda done, of: lesson.told("teaching the small model", done, of),
        )  # fmt: skip
    except ValueError as error:
        raise NothingToTeach(f"{str(error).capitalize()}.") from error
    assert student.encoder.name == READ_BY[Modality(project.modality)]
    seen = EncodedItems(encoder_versions.keep(project, student.encoder, now.items_seen), now.items_seen)
    lesson.told("measuring it", 0, 0)
    # what it was taught on looks more familiar than anything it will see: 19 % of the eval items were outliers by that
    known = replace(data, pool=data.pool.only(np.isin(data.pool.ordinals, held_back)))
    known_answers = training_data.learned_from(known, seen)
    rng = step_rng(now.seed, "outliers")
    model = with_outlier_detector(student.model, known_answers, settings, rng) if len(known_answers) else student.model
    answers = training_data.learned_from(data, seen)
    measured = evaluation.measure(now, data, seen, answers, model, settings)
    told = measured.fields if measured else {"report": VersionReport(learner=dict(model.facts)).as_json()}
    fields = {"strategy": teacher.strategy, "labels": list(data.labels), "trained_on": len(found), **told}

    def verdict(version: ModelVersion, of_student: Timing, of_teacher: Timing) -> GateVerdict:
        if measured is None:
            return gate.unmeasured_student()
        rival = evaluation.contender_of(teacher, now, data, settings)
        rng = step_rng(now.seed, "gate")
        return gate.student_verdict(measured, measured.contender(version), rival, (of_student, of_teacher), rng)

    return TaughtModel(ModelFile(model), model, seen, fields, verdict)


def _to_teach_on(now: Run) -> NDArray[np.int64]:
    """Items of the pool alone, without gold, which is there to test people by: up to a number, drawn."""
    project = now.project
    rows = Item.objects.filter(
        project=project, split=Split.POOL, status=ItemStatus.ACTIVE, ordinal__lt=now.items_seen
    ).exclude(pk__in=KnownAnswer.objects.filter(item__project=project).values("item"))
    every = np.fromiter(rows.order_by("ordinal").values_list("ordinal", flat=True).iterator(10_000), dtype=np.int64)
    most = MOST_ROWS[str(Modality(project.modality))]
    if len(every) <= most:
        return every
    return np.sort(step_rng(now.seed, "pool").choice(every, most, replace=False))


def _held_back(ordinals: NDArray[np.int64], data: training_data.LabelData, now: Run) -> NDArray[np.int64]:
    """Labeled items that are not taught on, by which the student learns what is unlike all it knows."""
    labeled = np.intersect1d(ordinals, data.pool.ordinals, assume_unique=True)
    most = min(MOST_HELD_BACK, int(len(ordinals) * HELD_BACK_SHARE))
    if len(labeled) <= most:
        return labeled
    return np.sort(step_rng(now.seed, "held back").choice(labeled, most, replace=False))


def _said(teacher: ModelVersion, ordinals: NDArray[np.int64], lesson: Lesson) -> NDArray[np.float32]:
    blocks = []
    for first in range(0, len(ordinals), _ROWS_PER_BEAT):
        lesson.told("asking its teacher", first, len(ordinals))
        blocks.append(model_files.predict_at(teacher, ordinals[first : first + _ROWS_PER_BEAT]))
    return np.concatenate(blocks)
