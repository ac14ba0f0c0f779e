"""Cards filtered and in an order: pages, REST and csv ask for the same."""

from collections.abc import Callable, Iterable
from typing import Any

from labeling.selectors.people.cards import PersonCard
from labeling.selectors.people.rates import CountedShare


def _change(card: PersonCard) -> float | None:
    return card.change.value if card.change else None


def _value(name: str) -> Callable[[PersonCard], Any]:
    def of(card: PersonCard) -> Any:
        found = getattr(card, name)
        return found.value if isinstance(found, CountedShare) else found

    return of


#: What can be sorted by; with a minus in front the largest come first.
SORTS: dict[str, Callable[[PersonCard], Any]] = {
    "name": lambda card: card.name.casefold(),
    "change": _change,
    **{
        name: _value(name)
        for name in (
            "answers", "items", "last_at", "median_ms", "lately_ms", "fast", "skips", "doubted", "repeats", "agreement",
            "gold",
        )
    },
}  # fmt: skip

NO_MEMBER = "none"


def chosen_people(cards: Iterable[PersonCard], *, sort: str = "name", q: str = "", role: str = "") -> list[PersonCard]:
    """Those whose name holds ``q`` and who have the role (*none*: who is no member); who has no such number comes last
    whichever way they are sorted."""
    wanted = q.strip().casefold()
    rows = [card for card in cards if wanted in card.name.casefold() and role in ("", card.role or NO_MEMBER)]
    of, is_downwards = SORTS[sort.removeprefix("-")], sort.startswith("-")
    known = sorted((card for card in rows if of(card) is not None), key=of, reverse=is_downwards)
    return known + [card for card in rows if of(card) is None]
