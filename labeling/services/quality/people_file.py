"""The cards of people as a csv file."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from labeling.selectors.people import CountedShare, PersonCard
from labeling.selectors.people.cards import Confused
from labeling.services.exports.delimited import neutral

SHARES = ("fast", "skips", "repeats", "agreement", "gold")
#: Of each share: what it is, how well it is known, and on how much it rests.
PARTS = ("", "_low", "_high", "_n")
COLUMNS = (
    "name", "imported", "role", "quarantined", "answers", "items", "first_at", "last_at", "median_ms",
    "lately_ms", "change", "change_low", "change_high",
    *(f"{share}{part}" for share in SHARES for part in PARTS), "most_confused", "verdict",
)  # fmt: skip


def people_csv(cards: Iterable[PersonCard]) -> str:
    """One line a person; empty where nothing is known."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for card in cards:
        writer.writerow(
            {name: neutral(value) if isinstance(value, str) else value for name, value in _row(card).items()}
        )
    return file.getvalue()


def _row(card: PersonCard) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": card.name,
        "imported": int(card.is_imported),
        "role": card.role,
        "quarantined": int(card.is_quarantined),
        "answers": card.answers,
        "items": card.items,
        "first_at": card.first_at and card.first_at.isoformat(),
        "last_at": card.last_at and card.last_at.isoformat(),
        "median_ms": card.median_ms,
        "lately_ms": card.lately_ms,
        "most_confused": "; ".join(map(_words, card.confused[:3])),
        "verdict": card.verdict.sentence if card.verdict else "",
    }
    if card.change:
        row |= {"change": card.change.value, "change_low": card.change.low, "change_high": card.change.high}
    for name in SHARES:
        share: CountedShare | None = getattr(card, name)
        if share:
            row |= {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high, f"{name}_n": share.n}
    return row


def _words(one: Confused) -> str:
    return f"{one.others or 'nothing'} > {one.said or 'nothing'} {one.n}"
