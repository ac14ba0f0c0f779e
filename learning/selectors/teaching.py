"""Whether a version can teach a small one. Asks the kind and the row: a web process loads no family and no network."""

from labeling.kinds import kind_of
from labeling.models import Modality
from learning.models import ModelVersion

#: Names of the encoders that students read by.
READ_BY = {Modality.TEXT: "token-sums", Modality.TABULAR: "token-sums", Modality.IMAGE: "hog-hsv"}


def cannot_teach(teacher: ModelVersion) -> str:
    """Why no small model can be taught by this one; empty where one can."""
    project = teacher.project
    if kind_of(project).learned_as is None:
        return "Nothing smaller is taught by models of this kind of question."
    if teacher.teacher_id is not None:
        return f"{teacher} is a student itself: let the model it was taught by teach another one.".capitalize()
    if teacher.encoder.partition(":")[0] == READ_BY[Modality(project.modality)]:
        return f"{teacher} reads as a small model does already: there is none to teach.".capitalize()
    if list(teacher.labels) != list(project.labels.in_use().all_keys()):
        return f"The labels have changed since {teacher} was made: a run makes one that knows them."
    return ""
