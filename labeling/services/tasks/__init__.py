"""Tasks: which question is put to whom, for how long, and why."""

from labeling.services.tasks.leases import expire_overdue
from labeling.services.tasks.serve import MAX_COUNT, next_tasks

__all__ = ["MAX_COUNT", "expire_overdue", "next_tasks"]
