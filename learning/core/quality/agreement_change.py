"""Whether somebody agrees less with the others than before: by more than luck, and than the others do."""

from __future__ import annotations

from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.intervals_difference import share_change

#: Half an interval in standard errors that leaves out nought for at most one honest person in a thousand, whatever the
#: share, from 100 answers on of which a quarter are the newest (``tests/core/test_agreement_change.py`` counts it).
FLAG_ERRORS = 3.4

Agreed = tuple[int, int]


def agreement_change(
    newest: Agreed, before: Agreed, others_newest: Agreed, others_before: Agreed
) -> tuple[Estimate, bool]:
    """Return the change with its 95 % interval, and whether the person should be looked at.

    Flagged is a fall that is surely none of luck, and surely more than that of the others: questions become harder for
    all when a model chooses them.

    Parameters
    ----------
    newest, before, others_newest, others_before : tuple of int
        Answers that agreed, and how many there were. Of nobody else ``(0, 0)``.

    Returns
    -------
    Estimate
    bool

    Examples
    --------
    >>> agreement_change((15, 50), (135, 150), (450, 500), (1350, 1500))[1]
    True
    >>> agreement_change((15, 50), (135, 150), (150, 500), (1350, 1500))[1]
    False
    """
    surely = share_change(newest, before, FLAG_ERRORS)
    is_flagged = surely.high < 0.0
    if is_flagged and min(others_newest[1], others_before[1]) > 0:
        theirs = share_change(others_newest, others_before, FLAG_ERRORS)
        # independent: half widths add as squares do
        half = ((surely.high - surely.low) ** 2 + (theirs.high - theirs.low) ** 2) ** 0.5 / 2.0
        beyond = (surely.high + surely.low - theirs.high - theirs.low) / 2.0
        is_flagged = beyond + half < 0.0
    return share_change(newest, before), is_flagged
