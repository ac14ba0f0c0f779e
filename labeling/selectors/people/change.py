"""Whether people agree with the others as they did: their newest answers against those before."""

from collections.abc import Mapping

from labeling.extensions import Agreed, AgreementChange, installed
from labeling.selectors.people.key import PersonKey

#: Answers to compare from which on a change is told, and the share of them that are the newest ones.
LEAST, NEWEST_SHARE = 100, 0.25


def changes_of(told: Mapping[PersonKey, tuple[Agreed | None, Agreed | None]]) -> dict[PersonKey, AgreementChange]:
    """Of everybody with enough answers, as ``parted``. What changed for everybody, as when questions become harder, is
    held against nobody: the others' answers are parted likewise."""
    parts = {person: (newest, before) for person, (newest, before) in told.items() if newest and before}
    newest = [one for one, _ in parts.values()]
    before = [one for _, one in parts.values()]
    every_newest, every_before = _summed(newest), _summed(before)
    found = {}
    for person, (own_newest, own_before) in parts.items():
        others = _less(every_newest, own_newest), _less(every_before, own_before)
        change = installed().agreement_change(own_newest, own_before, *others)
        if change is not None:
            found[person] = change
    return found


def parted(agreed: list[bool]) -> tuple[Agreed, Agreed] | None:
    """How many of the newest agreed, and of those before; None where they are too few to tell a change."""
    if len(agreed) < LEAST:
        return None
    cut = len(agreed) - int(len(agreed) * NEWEST_SHARE)
    return (sum(agreed[cut:]), len(agreed) - cut), (sum(agreed[:cut]), cut)


def _summed(parts: list[Agreed]) -> Agreed:
    return sum(count for count, _ in parts), sum(n for _, n in parts)


def _less(every: Agreed, own: Agreed) -> Agreed:
    return every[0] - own[0], every[1] - own[1]
