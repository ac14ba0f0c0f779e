"""The published head of the ranking, for managers."""

from typing import Any

from labeling.models import Epoch, Project, QueueEntry, Reason


def published_queue(project: Project) -> dict[str, Any]:
    """``{epoch, model, strategy, pool_size, entries}``; epoch 0 and no entries before the first ranking."""
    epoch = Epoch.objects.filter(project=project, number=project.epoch).first()
    if epoch is None:
        return {"epoch": 0, "model": None, "strategy": "", "pool_size": 0, "entries": []}
    entries = (
        QueueEntry.objects.filter(epoch=epoch).order_by("rank").values_list("item", "utility", "propensity", "reason")
    )
    return {
        "epoch": epoch.number,
        "model": epoch.model_version,
        "strategy": epoch.strategy,
        "pool_size": epoch.pool_size,
        "entries": [
            {"item": item, "utility": utility, "reason": reason or Reason.STRATEGY.value, "propensity": propensity}
            for item, utility, propensity, reason in entries
        ],
    }
