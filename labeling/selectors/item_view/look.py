"""One page of a view."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import QuerySet

from labeling.db.folded_words import texts_of
from labeling.db.prepared import Prepared
from labeling.models import Item, Project
from labeling.selectors.item_view.chosen import ChosenItems
from labeling.selectors.item_view.order import WHOLLY_SURE, ItemPlace, place_of, places, said_of
from labeling.selectors.item_view.view import ItemView
from labeling.selectors.names import NameOf

#: Items whose texts are read for one page where the index alone cannot tell, and how many characters of them, each
#: as often as something is looked for in it: a second or three.
LOOKED_THROUGH = 5_000
CHARACTERS_LOOKED_THROUGH = 10_000_000
#: In one question to the database, first and at most: a text may have a million characters.
_AT_FIRST = 20
_AT_ONCE = 500


#: Items of a page that are read by a statement compiled once.
_PREPARED_UP_TO = 100


def _items_queried(project: int, *ordinals: int, related: tuple[str, ...]) -> QuerySet[Item]:
    rows = Item.objects.filter(project=project, ordinal__in=ordinals)
    return rows.select_related(*related) if related else rows


_items_of = Prepared(_items_queried)


@dataclass(frozen=True)
class ModelSays:
    """What the model says of an item: labels by their identities, and how sure it is, from 0 to 1."""

    labels: tuple[str, ...]
    sure: float


@dataclass(frozen=True)
class ItemsFound:
    """A page. ``newer`` and ``older`` are cursors of the pages beside it, "" where there is none.

    ``total``: how many fit; where texts have to be read to know, None unless this page has all of them. ``stopped``:
    so many texts were read, and the page may be short.
    """

    items: list[Item]
    total: int | None
    newer: str = ""
    older: str = ""
    stopped: int = 0
    says: dict[int, ModelSays] = field(default_factory=dict)


class InvalidCursor(ValueError):
    """A place that no page names."""


def look(project: Project, view: ItemView, name_of: NameOf, *, limit: int, strict: bool = False) -> ItemsFound:
    """The items of a page, with what is known of their pictures. Raises InvalidCursor with ``strict``; without, a wrong
    place is the beginning."""
    return look_at_chosen(ChosenItems(project, view, name_of), limit=limit, strict=strict, related=("asset",))


def look_at_chosen(
    chosen: ChosenItems, *, limit: int, strict: bool = False, related: tuple[str, ...] = ()
) -> ItemsFound:
    """The same of items that are chosen already, with what is ``related`` to them."""
    backwards, start = _read(chosen.view.cursor, strict)
    walk = places(chosen, start, backwards=backwards)
    is_read = bool(chosen.search and chosen.search.checks)
    if is_read:
        found, stopped, n_looked = _read_through(chosen, walk, limit + 1)
    else:
        found, stopped, n_looked = list(islice(walk, limit + 1)), None, 0
    more = len(found) > limit or stopped is not None
    end = stopped if len(found) <= limit and stopped is not None else None
    found = found[:limit]
    last = end or (found[-1] if found else None)
    first = found[0] if found else end
    if backwards:
        found.reverse()
        first, last = last, first
    items = _items(chosen, found, related)
    has_next, has_previous = (True, more) if backwards else (more, start is not None)
    whole = is_read and start is None and not more
    return ItemsFound(
        items=items,
        total=(len(items) if whole else None) if is_read else chosen.total,
        newer=_cursor("b", first) if first and has_previous else "",
        older=_cursor("a", last) if last and has_next else "",
        stopped=n_looked if end else 0,
        says=_says(chosen, items),
    )


def told(chosen: ChosenItems, ordinals: list[int], *, related: tuple[str, ...] = ()) -> ItemsFound:
    """The items with these ordinals, in this order; those there are none of are left out."""
    items = _items(chosen, [ItemPlace(0, ordinal) for ordinal in ordinals], related)
    return ItemsFound(items=items, total=len(items), says=_says(chosen, items))


def neighbours(project: Project, view: ItemView, name_of: NameOf, item: Item) -> tuple[Item | None, Item | None]:
    """The items before and behind one in the order of a view."""
    chosen = ChosenItems(project, view, name_of)
    here = place_of(chosen, item.ordinal)
    found: list[Item | None] = []
    for backwards in (True, False):
        walk = places(chosen, here, backwards=backwards)
        if chosen.search and chosen.search.checks:
            beside, _, _ = _read_through(chosen, walk, 1)
        else:
            beside = list(islice(walk, 1))
        found += _items(chosen, beside) or [None]
    return found[0], found[1]


def _read_through(
    chosen: ChosenItems, walk: Iterator[ItemPlace], limit: int
) -> tuple[list[ItemPlace], ItemPlace | None, int]:
    """The first places whose texts hold what is asked; where it stopped before the end, and how many were read."""
    found: list[ItemPlace] = []
    read = characters = 0
    at_once = _AT_FIRST
    while read < LOOKED_THROUGH and characters < CHARACTERS_LOOKED_THROUGH:
        some = list(islice(walk, at_once))
        read += len(some)
        fits, n = _holding(chosen, some)
        characters += n
        found += [place for place in some if place.ordinal in fits]
        if len(found) >= limit or len(some) < at_once:
            return found[:limit], None, read
        at_once = min(2 * at_once, _AT_ONCE)
    return found, some[-1], read


def _holding(chosen: ChosenItems, some: list[ItemPlace]) -> tuple[set[int], int]:
    """Those that hold what is asked, and how many characters were looked through."""
    checks = chosen.search.checks if chosen.search else []
    rows = Item.objects.filter(project=chosen.project, ordinal__in=[place.ordinal for place in some]).order_by()
    found, characters = set(), 0
    for ordinal, *texts in rows.values_list("ordinal", "text", "external_id", "context", "data").iterator():
        characters += len(checks) * sum(map(len, texts_of(*texts)))
        if all(check.holds(texts) for check in checks):
            found.add(ordinal)
    return found, characters


def _items(chosen: ChosenItems, found: list[ItemPlace], related: tuple[str, ...] = ()) -> list[Item]:
    if not found:
        return []
    ordinals = [place.ordinal for place in found]
    if len(ordinals) <= _PREPARED_UP_TO:
        rows = _items_of(chosen.project.pk, *ordinals, related=related)
    else:
        rows = list(_items_queried(chosen.project.pk, *ordinals, related=related))
    by_ordinal = {item.ordinal: item for item in rows}
    return [by_ordinal[place.ordinal] for place in found if place.ordinal in by_ordinal]


def _says(chosen: ChosenItems, items: list[Item]) -> dict[int, ModelSays]:
    index = chosen.stored.index
    if index.model is None:
        return {}
    by_ordinal = {item.ordinal: item.pk for item in items}
    return {
        by_ordinal[ordinal]: ModelSays(tuple(index.says[says]), sure / WHOLLY_SURE)
        for ordinal, (sure, says) in said_of(chosen, by_ordinal).items()
        if says < len(index.says)
    }


def _cursor(direction: str, place: ItemPlace) -> str:
    return f"{direction}{place.key}.{place.ordinal}"


def _read(cursor: str, strict: bool) -> tuple[bool, ItemPlace | None]:
    key, _, ordinal = cursor[1:].partition(".")
    if cursor[:1] in ("a", "b") and key.isdecimal() and ordinal.isdecimal() and len(cursor) <= 40:
        place = ItemPlace(int(key), int(ordinal))
        if place.key <= WHOLLY_SURE and place.ordinal < 2**62:
            return cursor[0] == "b", place
    if cursor and strict:
        raise InvalidCursor("Invalid cursor")
    return False, None
