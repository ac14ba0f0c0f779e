"""What the feature ranker looks at: items by the project's encoder, how they meet their context, how long they are."""

import numpy as np
from django.db.models.functions import Length
from numpy.typing import NDArray

from labeling.models import Context, Item, Modality, Project
from learning.core.pairwise.features import with_context
from learning.families.pairwise.freeze import PairData
from learning.models import EncoderVersion
from learning.services.features import encoder_versions
from learning.services.features.matrix import FeatureMatrix


def groups_of(project: Project, data: PairData, matrix: FeatureMatrix) -> list[NDArray[np.float32]]:
    """Groups of columns with one row an item. Contexts are texts, so only texts can meet them in one space."""
    own = matrix.take(data.items.ordinals)
    if project.modality != Modality.TEXT or not len(data.items):
        return [own]
    lengths = np.log1p(lengths_of(project, data)).astype(np.float32)[:, None]
    return [*with_context(own, _of_contexts(project, matrix.version), data.items.context), lengths]


def _of_contexts(project: Project, version: EncoderVersion) -> NDArray[np.float32]:
    texts = list(Context.objects.filter(project=project).order_by("ordinal").values_list("text", flat=True))
    return np.asarray(encoder_versions.fitted(version).transform(texts), dtype=np.float32)


def lengths_of(project: Project, data: PairData) -> NDArray[np.float64]:
    """Characters of every item's text."""
    rows = Item.objects.filter(project=project, in_context__isnull=False).order_by("ordinal")
    found = dict(rows.values_list("ordinal", Length("text")).iterator(chunk_size=10_000))
    return np.array([found[ordinal] for ordinal in data.items.ordinals.tolist()], dtype=np.float64)
