"""Rows side by side: a column is told at once, and what repeats in it is worked out once (decision 0133)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import Any

import orjson

from labeling.selectors.own_columns import own_name

ROWS_AT_ONCE = 500
Row = dict[str, Any]
Values = Sequence[Any]


class Batch:
    """Some rows, in the order of the set. ``ours``: columns by name, a value a row; ``own``: an object a row, of the
    columns that only some rows may have, by the names they have beside ours; none at all where no row has any."""

    def __init__(self, n: int, ours: Mapping[str, Values], own: Sequence[Row] = ()) -> None:
        self.ours, self._n, self._own = ours, n, own

    def __len__(self) -> int:
        return self._n

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Batch":
        return cls(len(rows), {}, rows)

    def values(self, name: str) -> Values:
        """One column, a value a row; None where a row lacks it."""
        if (found := self.ours.get(name)) is not None:
            return found
        return values_of(name, self._own) if self._own else [None] * self._n

    def rows(self) -> Iterator[Row]:
        """The rows as objects: all of ours, then what each has of its own."""
        if not self.ours:
            yield from self._own
            return
        names = tuple(self.ours)
        ours = (dict(zip(names, values, strict=True)) for values in zip(*self.ours.values(), strict=True))
        if not self._own:
            yield from ours
            return
        for row, own in zip(ours, self._own, strict=True):
            row.update(own)
            yield row

    def only(self, names: Iterable[str]) -> "Batch":
        """The rows with these columns, in this order."""
        return Batch(self._n, {name: self.values(name) for name in names})

    def put(self, columns: Mapping[str, Values]) -> "Batch":
        """The rows with other values in these columns; a row that lacks one goes on lacking it."""
        ours = {name: values for name, values in columns.items() if name in self.ours}
        rest = [name for name in columns if name not in ours]
        own = self._own
        if rest:
            told = zip(*(columns[name] for name in rest), strict=True)
            own = [
                row | {name: value for name, value in zip(rest, values, strict=True) if name in row}
                for row, values in zip(own, told, strict=True)
            ]
        return Batch(self._n, {**self.ours, **ours}, own)


def rows_of(batches: Iterable[Batch]) -> Iterator[Row]:
    return chain.from_iterable(batch.rows() for batch in batches)


def values_of(name: str, rows: Sequence[Row]) -> list[Any]:
    """The values of one column; None where a row lacks it. A column at a time costs half of a row at a time."""
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name) for row in rows]


def in_batches(rows: Iterable[Row]) -> Iterator[Batch]:
    """Of rows that come one by one. Few at once: they are work for the garbage collector while they wait."""
    rows = iter(rows)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield Batch.of(some)


def own_objects(texts: Sequence[str], ours: frozenset[str]) -> Sequence[Row]:
    """What items of some rows brought with them, of their stored JSON, under the names they have beside ``ours``."""
    if texts.count("{}") == len(texts):
        return ()
    objects: list[Row] = orjson.loads(f"[{','.join(texts)}]")
    names: set[str] = set().union(*objects)
    called = {name: own_name(name, ours) for name in names}
    if all(name == other for name, other in called.items()):
        return objects
    return [{called[name]: value for name, value in own.items()} for own in objects]


def told(tell: Callable[[Any], Any], values: Values) -> Values:
    """``tell`` of each text, number or None that can be told by its value: each different one once."""
    different = set(values)
    if len(different) * 2 > len(values):
        return list(map(tell, values))
    return list(map({value: tell(value) for value in different}.__getitem__, values))


def told_same(tell: Callable[[Any], Any], values: Values) -> Values:
    """``tell`` of objects, each that stands in several rows once: an answer that is decoded once is one object."""
    ids = list(map(id, values))
    different = dict(zip(ids, values, strict=True))
    return list(map({key: tell(value) for key, value in different.items()}.__getitem__, ids))
