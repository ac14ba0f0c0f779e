"""Ranks again outside a run: after a promotion, a rollback, or when a message was lost."""

import hashlib

from labeling.models import Project
from labeling.services.queue import publish as queue
from learning.models import ModelVersion, Run
from learning.services.pipeline.registered import family_of
from learning.services.registry import model_files
from learning.services.runs import decide


def rank_again(project_id: int) -> int | None:
    """Ranks with the version in use (of a damaged one, with the one before it).

    Returns the epoch; None if fenced off, or if there is no version to rank with.
    """
    project = Project.objects.get(pk=project_id)
    if ModelVersion.objects.filter(project=project).in_use() is None:
        return None
    epoch = queue.reserve_epoch(project_id)
    now = Run(project=project, **decide.data_watermark(project))
    now.seed = int.from_bytes(hashlib.sha256(f"rank:{project.split_seed}:{epoch}".encode()).digest()[:7])
    version = model_files.serving(project)
    if version is None:
        return None
    return epoch if family_of(project).rank_again(now, epoch, version) else None
