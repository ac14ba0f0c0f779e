"""Makes the model of an old run again, to prove that it is a function of data, seed and code."""

from dataclasses import dataclass
from functools import partial

from threadpoolctl import threadpool_limits

from learning.core.artifacts import sha256
from learning.models import EncoderVersion, ModelVersion, Run
from learning.services import files
from learning.services.features import encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.registered import family_of
from learning.services.registry import golden, model_files
from learning.services.runs import environment


@dataclass(frozen=True)
class Repeated:
    """``data_changed``: items were set aside or labels archived since, so the frozen data is not to be had any more."""

    data_changed: bool
    code_changed: bool
    sha256: str
    was: str

    @property
    def is_same(self) -> bool:
        return self.sha256 == self.was


def repeat(run: Run, store: bool = False) -> Repeated:
    """Freezes and fits again, stores nothing but missing features. Raises ModelVersion.DoesNotExist without a model.

    ``store``: when the bytes are the same, a file that housekeeping let go is there again, and pinned.
    """
    version = ModelVersion.objects.get(run=run)
    encoder = EncoderVersion.objects.select_related("project").get(project=run.project, version=version.encoder)
    encoder = encoder_versions.fitted_again(encoder)
    shards.compute_missing(encoder, run.items_seen, lambda done, of: None)
    with threadpool_limits(limits=1):
        family, matrix = family_of(run.project), FeatureMatrix(encoder)
        data_sha256, made = family.made_again(run, matrix)
    code = run.environment.get("code", {}).get("source_sha256")
    if store and made and sha256(made) == version.sha256:
        path, _ = files.store(f"learning/{run.project_id}/models", ".zip", made)
        proof = golden.keep(matrix, partial(family.outputs, model_files.parsed(version.learner, made)))
        ModelVersion.objects.filter(pk=version.pk).update(path=path, dropped_at=None, pinned=True, **proof)
    return Repeated(
        data_changed=data_sha256 != run.data_sha256,
        code_changed=code != environment.source_sha256(),
        sha256=sha256(made) if made else "",
        was=version.sha256,
    )
