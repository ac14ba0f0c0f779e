"""Where a change comes from. The middleware says it once a request; the trail and the log lines read it."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """``via`` is page, rest or console; ``program`` is a job or a command, which has no address."""

    via: str = "program"
    address: str = ""
    request_id: str = ""


ORIGIN: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  # frozen, so nobody can change it
