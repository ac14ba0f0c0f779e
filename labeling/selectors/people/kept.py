"""What all answers of a project came to, kept in the process: reading a million takes seconds, and a page is looked at
again and again.

Kept is only what took long. It is told again as long as no answer was given, taken back or left out; while answers come
in it is told a little longer, so that all readings together take no more than ``MOST_OF_THE_TIME`` of a processor.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Found = TypeVar("Found")

#: Processor time from which on a reading is kept.
SLOW_S = 0.5
MOST_OF_THE_TIME = 0.05
MOST_PROJECTS = 8


@dataclass(frozen=True)
class _Kept(Generic[Found]):
    bound: Hashable
    newest: int
    found: Found
    cost_s: float
    at: float


@dataclass
class Readings(Generic[Found]):
    """``of(project, bound, newest, read)``: what ``read()`` gives or gave. ``bound`` must be equal for that; where only
    ``newest`` moved on, it may be as old as it was dear."""

    clock: Callable[[], float] = time.monotonic
    cpu: Callable[[], float] = time.thread_time
    _kept: OrderedDict[int, _Kept[Found]] = field(default_factory=OrderedDict)

    def of(self, project_id: int, bound: Hashable, newest: int, read: Callable[[], Found]) -> Found:
        held, now = self._kept.get(project_id), self.clock()
        if held and held.bound == bound and (held.newest == newest or now - held.at < held.cost_s / MOST_OF_THE_TIME):
            return held.found
        started = self.cpu()
        found, cost_s = read(), self.cpu() - started
        if cost_s >= SLOW_S:
            self._kept[project_id] = _Kept(bound, newest, found, cost_s, now)
            while len(self._kept) > MOST_PROJECTS:
                self._kept.popitem(last=False)
        return found
