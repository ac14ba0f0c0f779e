"""What the tests of one run come to."""

from __future__ import annotations

from collections.abc import Sequence

from learning.core.data_tests.findings import Finding

#: Rows of features that the tests of a run look at.
FEATURES_LOOKED_AT = 4_000


class HardTestFailed(Exception):
    """The data is not fit to learn from; the text names the tests and what to do."""


def check(findings: Sequence[Finding]) -> str:
    """Return one line for the log.

    Raises
    ------
    HardTestFailed
        Where a hard test failed.

    Examples
    --------
    >>> check([])
    '0 of 0 tests could tell, 0 passed'
    """
    failed = [row for row in findings if row.outcome == "fail"]
    if failed:
        raise HardTestFailed(" ".join(f"{row.name}: {row.words}. {row.advice}" for row in failed).rstrip("."))
    warned = [row for row in findings if row.outcome == "warn"]
    told = sum(row.outcome != "skipped" for row in findings)
    words = f"{told} of {len(findings)} tests could tell, {told - len(warned)} passed"
    return words + ("; " + "; ".join(f"{row.name}: {row.words}" for row in warned) if warned else "")
