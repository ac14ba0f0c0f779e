"""The accounts behind the limits, in the database: shared by all processes and machines, by the database's clock."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Greatest, Now

from labeling.models import AttemptLimit


@dataclass(frozen=True)
class Limit:
    """``burst`` attempts at once, after that one every ``interval_s``."""

    scope: str
    burst: int
    interval_s: float

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.interval_s)

    @property
    def slack(self) -> timedelta:
        """How far ahead ``free_at`` may be for one more."""
        return self.interval * (self.burst - 1)


@dataclass(frozen=True)
class Account:
    limit: Limit
    name_hash: str = ""
    address: str = ""

    @property
    def rows(self) -> Any:
        return AttemptLimit.objects.filter(scope=self.limit.scope, name_hash=self.name_hash, address=self.address)


def _later(start: Any, by: timedelta) -> Any:
    return ExpressionWrapper(start + by, output_field=DateTimeField())


def spend(account: Account) -> bool:
    """Pays for one attempt; False when nothing is left."""
    limit = account.limit
    affordable = account.rows.filter(free_at__lte=_later(Now(), limit.slack))
    payment = {"free_at": _later(Greatest(F("free_at"), Now()), limit.interval)}
    if affordable.update(**payment):
        return True
    AttemptLimit.objects.filter(free_at__lt=Now()).delete()  # bounds the table: whoever adds a row clears the old ones
    _, made = AttemptLimit.objects.get_or_create(
        scope=limit.scope,
        name_hash=account.name_hash,
        address=account.address,
        defaults={"free_at": _later(Now(), limit.interval)},
    )
    return made or bool(affordable.update(**payment))  # another process may have added it in between


def give_back(account: Account) -> None:
    account.rows.update(free_at=_later(F("free_at"), -account.limit.interval))


def wait_of(account: Account) -> int:
    """Whole seconds until the next attempt; 0 when it can be made now."""
    row: tuple[datetime, datetime] | None = account.rows.values_list("free_at", Now()).first()
    if row is None:
        return 0
    free_at, now = row
    return max(0, math.ceil((free_at - account.limit.slack - now).total_seconds()))
