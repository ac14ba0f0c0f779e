"""Who asks a project's model, and how much of what each asks is unlike anything that was learned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from labeling.models import Project
from learning.models import PredictionCaller, ServedPrediction, ServedStatus
from learning.models.prediction_caller import DAY_S, MINUTE_S, caller_key
from learning.models.served_prediction import ids_before

#: What is looked at.
WINDOW = timedelta(minutes=10)


@dataclass
class CallerCounts:
    """What one caller asked in the window, by status."""

    token_id: int | None
    user_id: int | None
    by_status: dict[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return sum(self.by_status.values())

    @property
    def outliers(self) -> int:
        return self.by_status.get(ServedStatus.OUTLIER.value, 0)

    @property
    def key(self) -> str:
        return caller_key(self.user_id, self.token_id)


def recent_callers(project_id: int) -> dict[str, CallerCounts]:
    """By caller, of the last ten minutes."""
    rows = ServedPrediction.objects.filter(project=project_id, pk__gte=ids_before(timezone.now() - WINDOW)).order_by()
    found: dict[str, CallerCounts] = {}
    counted = rows.values_list("token", "asked_by", "status").annotate(n=Count("pk"))
    for token, user, status, n in counted:
        one = CallerCounts(token, user)
        if not one.key:  # a person who has been deleted meanwhile
            continue
        one = found.setdefault(one.key, one)
        one.by_status[status] = one.by_status.get(status, 0) + n
    return found


def caller_name(caller: PredictionCaller) -> str:
    if caller.token is not None:
        return f"the token {caller.token.prefix}… ({caller.token.name})"
    return caller.user.username if caller.user is not None else caller.caller


def caller_facts(project: Project) -> list[Mapping[str, Any]]:
    """Every caller that is known, the stopped ones first, with what it asked in the last ten minutes."""
    recent = recent_callers(project.pk)
    rows = PredictionCaller.objects.filter(project=project).select_related("token", "user", "stopped_by")
    now = int(timezone.now().timestamp())
    minute, day = now // MINUTE_S, now // DAY_S
    facts = []
    for row in rows:
        one = recent.get(row.caller, CallerCounts(row.token_id, row.user_id))
        facts.append(
            {
                "row": row, "name": caller_name(row), "n": one.n, "outliers": one.outliers,
                "in_minute": row.in_minute if row.minute == minute else 0,
                "in_day": row.in_day if row.day == day else 0,
            }
        )  # fmt: skip
    return sorted(facts, key=lambda each: (each["row"].stopped_at is None, -each["n"], each["row"].pk))
