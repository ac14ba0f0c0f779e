"""A version out of the registry put to work again: compared with, ranked with, shown again after a rollback."""

from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from learning.core.pairwise.model import PairwiseModel
from learning.families.pairwise import choose, fit, freeze, publish
from learning.families.pairwise.freeze import PairData
from learning.models import ModelVersion, PairwiseFinding, Run
from learning.services import files
from learning.services.features import shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.registry import model_files


def model_of(version: ModelVersion) -> PairwiseModel:
    """Raises files.Corrupt."""
    model: Any = model_files.load_model(version)
    if not isinstance(model, PairwiseModel):
        raise files.Corrupt(f"{version} is not a model of pairs")
    return model


def known_to(version: ModelVersion, run: Run, data: PairData, matrix: FeatureMatrix | None) -> fit.Known:
    """A version's strengths for the items of ``data``. Raises files.Corrupt, EncoderVersion.DoesNotExist."""
    model = model_of(version)
    if matrix is None or version.encoder != matrix.version.version:
        encoder = model_files.encoder_of(version)
        shards.compute_missing(encoder, run.items_seen, lambda done, of: None)
        matrix = FeatureMatrix(encoder)
    return fit.known(model, run.project, data, matrix)


def rank_again(now: Run, epoch: int, version: ModelVersion) -> bool:
    """Publishes pairs chosen by a version outside a run, and its scores if they were removed. False if fenced off."""
    with threadpool_limits(limits=1):
        data = freeze.freeze(now)
        posterior = known_to(version, now, data, None).posterior(data)
        chosen = choose.next_pairs(now.project, data, posterior, now.seed)
        published = choose.publish(now.project_id, epoch, data, chosen, version)
    show_again(version)
    return published


def show_again(version: ModelVersion) -> None:
    """Writes a version's scores and findings from its file and the judgments it learned from, where they are gone."""
    if version.run is None or PairwiseFinding.objects.filter(model_version=version).exists():
        return
    data, model = freeze.freeze(version.run), model_of(version)
    if np.isin(data.items.ordinals, model.ordinals).all():  # else an item was restored since: the next run shows
        publish.store(version, data, _without_set_aside(model, data), None)


def _without_set_aside(model: PairwiseModel, data: PairData) -> PairwiseModel:
    """The model of the items that are still there."""
    at = np.searchsorted(model.ordinals, data.items.ordinals)
    names = ("ordinals", "scores", "errors", "prior_mean", "prior_precision")
    return replace(model, **{name: getattr(model, name)[at] for name in names})


def made_again(run: Run, matrix: FeatureMatrix) -> tuple[str, bytes]:
    """The model of an old run anew: hash of its frozen data, bytes of its file (none without a judgment)."""
    data = freeze.freeze(run)
    if not len(data.learned):
        return data.sha256, b""
    return data.sha256, fit.as_model(data, fit.fit(run.project, data, matrix)).dump()
