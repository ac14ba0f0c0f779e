"""What throws a candidate out at once: it fails, it is slow, or it always says the same while the champion does not.

All of it is told by a few numbers that are carried from prediction to prediction, so a candidate that breaks late is
out as soon as one that never worked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil, log

#: Failed predictions less a fiftieth of those that did not fail since.
MOST_FAILED, FORGIVEN = 3.0, 1 / 50
#: Slow requests less half of those that were not.
MOST_SLOW, SLOW_FORGIVEN = 6.0, 0.5
#: A request is slow at so many times the champion's time and so much more, or above the release's limit.
SLOWER_TIMES, SLOWER_MS = 3.0, 10.0
#: The very same output for so many contents in a row, for which the champion had so many different ones. More of them
#: where a model is known to have few outputs: so many that one as it was would have them once in so many times.
MOST_ALIKE, OTHERS_DIFFER = 30, 10
ALIKE_ONCE_IN = 1e5
#: The same answer without a break, while the champion gave so many others: on skewed traffic the same answer for hours
#: is what a good model gives, and the champion gives it too.
MOST_CONTRADICTED = 12


class Fault(Enum):
    """Why a candidate is out at once."""

    FAILS = "fails"
    SLOW = "slow"
    CONSTANT = "constant"


@dataclass(frozen=True)
class Said:
    """What both arms made of one content.

    Parameters
    ----------
    candidate, champion : str
        Digests of their whole outputs, probabilities included; ``candidate`` is empty where it failed: an error, or
        something that is no number.
    candidate_answer, champion_answer : str
        Their answers.
    """

    candidate: str
    champion: str
    candidate_answer: str = ""
    champion_answer: str = ""


@dataclass
class Watch:
    """What is remembered of the predictions so far; all fields are plain values, to be kept as JSON.

    ``most_alike`` comes of :func:`alike_allowed`.
    """

    most_alike: int = MOST_ALIKE
    failed: float = 0.0
    slow: float = 0.0
    output: str = ""
    alike: int = 0
    others: list[str] = field(default_factory=list)
    answer: str = ""
    contradicted: int = 0

    def request(self, said: Sequence[Said], *, is_slow: bool) -> Fault | None:
        """Take note of one request; what is to be said of the candidate after it, None where nothing is.

        Examples
        --------
        >>> watch = Watch()
        >>> [watch.request([Said("", "x")], is_slow=False) for _ in range(3)]
        [None, None, <Fault.FAILS: 'fails'>]
        """
        self.slow = self.slow + 1 if is_slow else max(0.0, self.slow - SLOW_FORGIVEN)
        fault = Fault.SLOW if self.slow >= MOST_SLOW else None
        for each in said:
            fault = self._see(each) or fault
        return fault

    def _see(self, said: Said) -> Fault | None:
        if not said.candidate:
            self.failed += 1
            return Fault.FAILS if self.failed >= MOST_FAILED else None
        self.failed = max(0.0, self.failed - FORGIVEN)
        if said.candidate == self.output:
            self.alike += 1
        else:
            self.output, self.alike, self.others = said.candidate, 1, []
        if len(self.others) < OTHERS_DIFFER and said.champion not in self.others:
            self.others.append(said.champion)
        if said.candidate_answer != self.answer:
            self.answer, self.contradicted = said.candidate_answer, 0
        self.contradicted += said.champion_answer != said.candidate_answer
        is_constant = self.alike >= self.most_alike and len(self.others) >= OTHERS_DIFFER
        return Fault.CONSTANT if is_constant or self.contradicted >= MOST_CONTRADICTED else None


def alike_allowed(most_common: float) -> int:
    """Return how many outputs in a row may be the same.

    Parameters
    ----------
    most_common : float
        The share of the candidate's most common output among contents it is known to answer well, as its golden rows.
        1 is no excuse: it is constant already.

    Examples
    --------
    >>> alike_allowed(0.01), alike_allowed(0.95), alike_allowed(1.0)
    (30, 455, 30)
    """
    if not 0.0 < most_common < 1.0:
        return MOST_ALIKE
    rest = (1.0 - most_common) / 2  # of a hundred rows a share is not known better than that
    return max(MOST_ALIKE, ceil(log(ALIKE_ONCE_IN) / -log(1.0 - rest)))


def is_slow(candidate_ms: float, champion_ms: float, n: int, limit_ms: float | None = None) -> bool:
    """Whether a request of ``n`` contents took the candidate too long; ``limit_ms`` is for one content.

    Examples
    --------
    >>> is_slow(40.0, 2.0, 1), is_slow(15.0, 2.0, 1), is_slow(20.0, 15.0, 1, limit_ms=10.0)
    (True, False, True)
    """
    beyond_limit = limit_ms is not None and candidate_ms > limit_ms * n
    return beyond_limit or candidate_ms > SLOWER_TIMES * champion_ms + SLOWER_MS
