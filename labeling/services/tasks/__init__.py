"""Tasks: which question is put to whom, for how long, and why."""

from labeling.services.serving.leases import end_leases, expire_overdue, move_leases
from labeling.services.tasks.serve import MAX_COUNT, next_tasks

__all__ = ["MAX_COUNT", "end_leases", "expire_overdue", "move_leases", "next_tasks"]
