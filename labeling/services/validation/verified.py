"""Checks of a certificate: what was expected and what was found."""

from collections.abc import Sequence
from typing import Any

Check = dict[str, Any]


def check(what: str, expected: Any, found: Any) -> Check:
    return {"what": what, "expected": str(expected), "found": str(found), "ok": expected == found}


def sentence_of(checks: Sequence[Check]) -> str:
    """The checks for people."""
    if wrong := [one for one in checks if not one["ok"]]:
        return " ".join(f"A check fails: {one['what']}, {one['expected']} against {one['found']}." for one in wrong)
    return "1 check made, and it holds." if len(checks) == 1 else f"{counted(len(checks), 'check')} made, and all hold."


def counted(n: int, what: str) -> str:
    """``1 row``, ``1,000 rows``."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
