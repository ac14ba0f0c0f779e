"""What the gate says of a candidate, as the registry keeps it."""

from dataclasses import dataclass
from typing import Any

from learning.models import Status

COULD_PROMOTE = "could_promote"


@dataclass(frozen=True)
class GateVerdict:
    """``numbers["verified"]`` says that a champion passed on at least 200 eval answers, ``numbers[COULD_PROMOTE]``
    whether the eval items could have made it champion: what cannot promote is no use of them."""

    status: Status
    reason: str
    numbers: dict[str, Any]
