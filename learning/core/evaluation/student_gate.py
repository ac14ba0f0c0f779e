"""May a student answer for its teacher?

Both answered the same held-out items, whose truth people gave. The student is not asked to be better: it must be ten
times as fast and lose at most a point, or it is refused with the numbers.
"""

from __future__ import annotations

from learning.core.evaluation.checks import FASTER, NEAR_TEACHER, Check
from learning.core.evaluation.gate import in_words
from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.paired import PairedTest
from learning.core.evaluation.prediction_cost import Timing

LEAST_RATIO = 10.0
MOST_LOST = 0.01
"""Of the share of items right."""


def student_checks(student: Timing, teacher: Timing, paired: PairedTest) -> list[Check]:
    """Check what only students are asked for.

    Parameters
    ----------
    student, teacher : Timing
        Timed in turns, on the same rows of one machine.
    paired : PairedTest
        The student against its teacher: who was right.

    Returns
    -------
    list of Check
        ``faster``: how many times, by a row alone or by the CPU of a thousand, whichever says less. ``near_teacher``:
        the difference in the share of items right, to be at least -.01.

    Examples
    --------
    >>> from learning.core.evaluation.paired import paired_test
    >>> fast, slow = Timing(0.1, 0.2, 9, 20.0, 9), Timing(2.0, 2.2, 9, 150.0, 9)
    >>> [check.passed for check in student_checks(fast, slow, paired_test([True] * 99 + [False], [True] * 100))]
    [False, True]
    """
    alone = teacher.alone_ms / student.alone_ms
    together = teacher.cpu_ms_per_1000 / student.cpu_ms_per_1000
    words = f"a row alone {alone:.1f} times ({student.alone_ms:.3g} ms beside {teacher.alone_ms:.3g})"
    words += f", 1,000 rows {together:.1f} times ({student.cpu_ms_per_1000:.3g} ms of CPU beside"
    words += f" {teacher.cpu_ms_per_1000:.3g})"
    ratio = min(alone, together)
    known = interval_words(100 * paired.low, 100 * paired.high, paired.n, 1, signed=True, unit="points")
    lost = f"{in_words(paired)}, {known}"
    return [
        Check(FASTER, ratio >= LEAST_RATIO, ratio, LEAST_RATIO, words),
        Check(NEAR_TEACHER, paired.difference >= -MOST_LOST - 1e-12, paired.difference, -MOST_LOST, lost),
    ]
