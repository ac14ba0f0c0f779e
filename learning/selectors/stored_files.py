"""The files of learning that a row names (``labeling/selectors/stored_files.py``).

Features, encoders, models, what each version answered on the eval split, what answers came to by evidence, and maps.
"""

from collections.abc import Iterator

from labeling.selectors.stored_files import NamedFile
from learning.models import DoubtfulPrediction, EncoderVersion, FeatureShard, ItemMap, ModelVersion, PredictionFile, Run


def _features(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = FeatureShard.objects.using(using).order_by("pk")
    found = found if projects is None else found.filter(encoder__project__in=projects)
    for project_id, name, sha256 in found.values_list("encoder__project_id", "path", "sha256").iterator():
        yield NamedFile("features", project_id, name, sha256)


def _encoders(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = EncoderVersion.objects.using(using).filter(dropped_at=None).exclude(path="").order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.values_list("project_id", "path", "sha256").iterator():
        yield NamedFile("encoders", project_id, name, sha256)


def _models(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = ModelVersion.objects.using(using).with_file().order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.values_list("project_id", "path", "sha256").iterator():
        yield NamedFile("models", project_id, name, sha256)
    for project_id, name, sha256 in (
        found.exclude(golden_path="").values_list("project_id", "golden_path", "golden_sha256").iterator()
    ):
        yield NamedFile("models", project_id, name, sha256)


def _evaluations(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    """They stay with the record of a version whose model file went."""
    found = ModelVersion.objects.using(using).filter(report__has_key="eval_answers").order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    columns = ("project_id", "report__eval_answers__path", "report__eval_answers__sha256")
    for project_id, name, sha256 in found.values_list(*columns).iterator():
        yield NamedFile("evaluations", project_id, name, sha256)


def _consensus(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    """Of each project that of its newest run which has one: the only one that is read."""
    found = Run.objects.using(using).filter(consensus__has_key="path")
    found = found if projects is None else found.filter(project__in=projects)
    newest = found.order_by("project", "-pk").values_list("project_id", "consensus__path", "consensus__sha256")
    seen: set[int] = set()
    for project_id, name, sha256 in newest.iterator():
        if project_id not in seen:
            seen.add(project_id)
            yield NamedFile("consensus", project_id, name, sha256)


def _maps(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = ItemMap.objects.using(using).exclude(path="").order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.values_list("project_id", "path", "sha256").iterator():
        yield NamedFile("maps", project_id, name, sha256)


def _doubts(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = DoubtfulPrediction.objects.using(using).exclude(path="").order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.values_list("project_id", "path", "content_hash").iterator():
        yield NamedFile("doubts", project_id, name, sha256)


def _predicted(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    """Uploads that wait to be answered, and what was answered of them."""
    found = PredictionFile.objects.using(using).order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.exclude(path="").values_list("project_id", "path", "sha256").iterator():
        yield NamedFile("uploads", project_id, name, sha256)
    for project_id, parts in found.exclude(parts=[]).values_list("project_id", "parts").iterator():
        for name, sha256, _ in parts:
            yield NamedFile("predicted", project_id, name, sha256)


NAMED_FILES = {
    "features": _features,
    "encoders": _encoders,
    "models": _models,
    "evaluations": _evaluations,
    "consensus": _consensus,
    "maps": _maps,
    "doubts": _doubts,
    "predicted": _predicted,
}
