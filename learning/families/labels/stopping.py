"""Measures what stopping advice is made of: do successive versions still answer differently, and what did it gain?"""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Item, Project, Split
from learning.core.evaluation.paired import paired_errors
from learning.core.evaluation.stopping import TIMES, cohen_kappa
from learning.families.labels.context import Context
from learning.families.labels.older_labels import in_labels_of_now
from learning.models import EncoderVersion, ModelVersion
from learning.services import files
from learning.services.pipeline.family import Candidate
from learning.services.registry import model_files

SAMPLE = 1_000


def measure(context: Context, candidate: Candidate[Any]) -> None:
    """Keeps ``stability`` {kappa, n, against} and ``gain`` {value, low, high, n, against} in the version's report.

    Both are against older versions, labels matched by name; one whose file is damaged is left out.
    """
    version = candidate.version
    before = ModelVersion.objects.of_runs().filter(project=version.project_id, number__lt=version.number)
    older = list(before.newest_first()[:TIMES])
    if not older:
        return
    found: dict[str, Any] = {}
    objective = context.inputs.settings.objective
    sample = sample_of(context.run.project, context.run.items_seen)

    def said(each: ModelVersion, ordinals: NDArray[np.int64]) -> NDArray[np.float32]:
        given, present = model_files.predict_at(each, ordinals), context.data.present
        return in_labels_of_now(given, each.labels, version.labels, present, one_answer=objective.one_answer)

    try:
        if len(sample):
            pair = [objective.decide(said(each, sample)) for each in (version, older[0])]
            kappa = cohen_kappa(*pair)
            found["stability"] = {"kappa": round(kappa, 4), "n": len(sample), "against": older[0].number}
        held = context.data.evaluation
        if len(held) and len(older) == TIMES:
            now, then = (objective.errors(said(each, held.ordinals), held.hard) for each in (version, older[-1]))
            test = paired_errors(then, ours=now)
            interval = {"value": test.difference, "low": test.low, "high": test.high, "n": test.n}
            found["gain"] = {**interval, "against": older[-1].number}
    except (files.Corrupt, EncoderVersion.DoesNotExist):
        return
    report = replace(ModelVersion.objects.only("report").get(pk=version.pk).reported, **found)
    ModelVersion.objects.filter(pk=version.pk).update(report=report.as_json())


def sample_of(project: Project, n_items: int) -> NDArray[np.int64]:
    """Ordinals of a random sample of the pool, by rising number: the same one for the same items."""
    seed = int.from_bytes(hashlib.sha256(f"stopping:{project.split_seed}".encode()).digest()[:8])
    shuffled = np.random.default_rng(seed).permutation(n_items)[: 2 * SAMPLE]
    pool = Item.objects.filter(project=project, split=Split.POOL, ordinal__in=shuffled.tolist())
    of_pool = np.isin(shuffled, list(pool.values_list("ordinal", flat=True)))
    return np.sort(shuffled[of_pool][:SAMPLE])
