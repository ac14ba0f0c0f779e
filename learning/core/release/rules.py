"""When a release ends by what was proven: one budget of wrong ends for all it is watched by."""

from __future__ import annotations

from enum import Enum

from learning.core.release.counts import Counts
from learning.core.release.difference import interval, is_worse

#: An equal candidate is rolled back or promoted in at most the sum of these, over a whole release. A loss is what must
#: be found soon, so it has most of it; a gain may take longer.
ALPHA_WORSE, ALPHA_BETTER, ALPHA_OUTLIERS = 0.025, 0.005, 0.0025
#: So many more of all predictions may be outliers before it counts: a detector's own share strays by a few points.
OUTLIER_MARGIN = 0.05


class Proven(Enum):
    """What is proven of a candidate, the reason for the end of its release."""

    WORSE = "worse"
    MORE_OUTLIERS = "more outliers"
    BETTER = "better"


def proven(errors: Counts, outliers: Counts) -> Proven | None:
    """What the outcomes so far prove, None while they prove nothing.

    Parameters
    ----------
    errors : Counts
        Wrong by what people or the outside world said, each content once.
    outliers : Counts
        Taken for an outlier; all zero where one of the versions knows no outliers.

    Examples
    --------
    >>> proven(Counts(worse=40, same=400, better=10), Counts())
    <Proven.WORSE: 'worse'>
    >>> proven(Counts(worse=10, same=400, better=12), Counts(worse=3, same=400, better=1)) is None
    True
    """
    if is_worse(errors, ALPHA_WORSE):
        return Proven.WORSE
    if is_worse(outliers, ALPHA_OUTLIERS, OUTLIER_MARGIN):
        return Proven.MORE_OUTLIERS
    return Proven.BETTER if is_worse(errors.turned(), ALPHA_BETTER) else None


def error_interval(errors: Counts) -> tuple[float, float]:
    """The confidence sequence that :func:`proven` decides by: candidate's error rate minus champion's."""
    return interval(errors, ALPHA_WORSE, ALPHA_BETTER)
