"""Which fitted encoder turns a project's items into numbers, and when it is fitted anew."""

import hashlib
from functools import lru_cache

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from labeling.models import Item, Project, Split
from learning.core.encoders import FittedEncoder, load_encoder, make_encoder
from learning.models import EncoderVersion, ModelVersion, Status
from learning.services import files
from learning.services.features import contents

FIT_ITEMS = 20_000
REFIT_GROWTH = 2


def fitted(version: EncoderVersion) -> FittedEncoder:
    """The encoder behind a row; kept in this process. Raises files.Corrupt."""
    return _load(version.project.modality, version.version.partition(":")[0], version.path, version.sha256)


@lru_cache(maxsize=8)
def _load(modality: str, name: str, path: str, sha256: str) -> FittedEncoder:
    return parsed(modality, name, files.load(path, sha256))


def parsed(modality: str, name: str, data: bytes) -> FittedEncoder:
    """The encoder in the bytes of a registered file. Raises files.Corrupt."""
    try:
        return load_encoder(name, modality, data)
    except ValueError as error:  # an encoder, format or weights this release no longer knows
        raise files.Corrupt(str(error)) from error


def current(project: Project) -> EncoderVersion | None:
    return EncoderVersion.objects.filter(project=project, is_current=True).select_related("project").first()


def encoder_for(project: Project, n_items: int) -> tuple[EncoderVersion, str]:
    """The encoder this project's next features come from, and why. Fits one when there is none, when the setting names
    another, or when the items have doubled since the last fit; it becomes current only once its features are whole."""
    present = current(project)
    name = make_encoder(project.encoder, project.modality).name
    if present is None:
        return _fit(project, n_items), "first fit"
    if present.version.partition(":")[0] != name:
        return _fit(project, n_items), f"the setting now says {name}"
    try:
        fitted(present)
    except files.Corrupt:  # fitted again on what it was fitted on it is the same one, and its features stay
        return _fit(project, present.fitted_on), "its file was damaged: fitted again"
    if n_items >= REFIT_GROWTH * present.fitted_on:
        return _fit(project, n_items), f"{n_items:,} items, fitted on {present.fitted_on:,}"
    return present, ""


def fitted_again(version: EncoderVersion) -> EncoderVersion:
    """A version whose file housekeeping let go, with its file: the same one, for a fit is a function of items and seed.

    Raises files.Corrupt when it is not: items were removed since.
    """
    if version.dropped_at is None:
        return version
    again = _fit(version.project, version.fitted_on, version.version.partition(":")[0])
    if again.pk != version.pk:
        raise files.Corrupt(f"fitted again, encoder {version.version} is {again.version}")
    return again


def _fit(project: Project, n_items: int, name: str = "") -> EncoderVersion:
    seed = int.from_bytes(hashlib.sha256(f"encoder:{project.split_seed}".encode()).digest()[:8])
    rng = np.random.default_rng([seed, n_items])
    ordinals = pool_ordinals(project, n_items)
    if len(ordinals) > FIT_ITEMS:
        ordinals = rng.choice(ordinals, FIT_ITEMS, replace=False)
    encoder = make_encoder(name or project.encoder, project.modality)
    return keep(project, encoder.fit(contents.contents_at(project, ordinals.tolist())[1], rng), n_items)


def keep(project: Project, made: FittedEncoder, n_items: int) -> EncoderVersion:
    """Stores a fitted encoder, and its row where there is none; it is not the project's current one by that."""
    path, sha256 = files.store(f"learning/{project.pk}/encoders", ".zip", made.dump())
    version, _ = EncoderVersion.objects.update_or_create(
        project=project,
        version=made.version,
        defaults={
            "dimension": made.dimension,
            "fitted_on": n_items,
            "path": path,
            "sha256": sha256,
            "dropped_at": None,
        },
    )
    return version


def pool_ordinals(project: Project, n_items: int) -> NDArray[np.int64]:
    """What an encoder may look at: the eval split stays unseen; everything where there is no pool."""
    rows = Item.objects.filter(project=project, split=Split.POOL, ordinal__lt=n_items).order_by("ordinal")
    found = np.fromiter(rows.values_list("ordinal", flat=True).iterator(chunk_size=10_000), dtype=np.int64)
    return found if len(found) else np.arange(n_items)


def make_current(version: EncoderVersion) -> None:
    """Switches the project to these features and drops the shards nobody ranks with any more."""
    if version.is_current:
        return
    versions = EncoderVersion.objects.filter(project=version.project)
    with transaction.atomic():
        versions.filter(is_current=True).update(is_current=False)
        versions.filter(pk=version.pk).update(is_current=True)
    version.is_current = True
    in_use = ModelVersion.objects.filter(
        project=version.project, status__in=[Status.CHAMPION, Status.PROVISIONAL]
    ).values("encoder")
    for old in versions.exclude(pk=version.pk).exclude(version__in=in_use).prefetch_related("shards"):
        for shard in old.shards.all():
            shard.delete()
            files.remove(shard.path)
