"""The items' own columns: how they are called beside ours, and which one type holds all values of each."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

OBJECTS_AT_ONCE = 500
#: Whole numbers that a 64-bit float holds.
EXACT_AS_FLOAT = 2**53

_TYPES = {type(None): "", bool: "boolean", int: "integer", float: "number", str: "text"}
#: Of these the value decides: whole numbers may be beyond what a float or 64 bits hold, and lists hold something.
_BY_VALUE = (int, list)
_LONG = "long integer"
_LIST_OF = "list of "


def own_name(name: str, taken: set[str] | frozenset[str]) -> str:
    """The name of an item's own column, prefixed when a column of ours has it."""
    return f"item.{name}" if name in taken or name.startswith("item.") else name


def names_in(texts: list[str]) -> set[str]:
    """Names alone, in stored objects: a quarter of the time of their types."""
    return set().union(*(set().union(*objects) for objects in _parsed(texts)))


def types_in(texts: list[str]) -> set[tuple[str, str]]:
    """Names with the types of their values, in stored objects; one Python statement an object, not one a value."""
    found: set[tuple[str, str]] = set()
    for objects in _parsed(texts):
        seen: set[tuple[str, type]] = set()
        for own in objects:
            seen.update(zip(own, map(type, own.values()), strict=True))
        found.update((name, _TYPES.get(type_, "json")) for name, type_ in seen if type_ not in _BY_VALUE)
        for name in {name for name, type_ in seen if type_ in _BY_VALUE}:
            found |= {(name, type_) for type_ in _types_of([own.get(name) for own in objects])}
    return found


def _types_of(values: list[Any]) -> set[str]:
    """Those by which ``_common`` decides: of whole numbers the least and the greatest one say it."""
    kinds = set(map(type, values))
    if list in kinds:
        return set(map(_type_of, values))
    whole = [value for value in values if type(value) is int]
    return {_type_of(end(whole)) for end in (min, max) if whole} | {_TYPES.get(kind, "json") for kind in kinds - {int}}


def _parsed(texts: list[str]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(texts), OBJECTS_AT_ONCE):
        yield orjson.loads(f"[{','.join(texts[start : start + OBJECTS_AT_ONCE])}]")


def _type_of(value: Any) -> str:
    if type(value) is int and abs(value) > EXACT_AS_FLOAT:
        return _LONG if -(2**63) <= value < 2**63 else "json"
    if type(value) is list:
        return _LIST_OF + _common({_type_of(one) for one in value})
    return _TYPES.get(type(value), "json")


def common(types: Iterable[str]) -> tuple[str, str]:
    """The one type that holds all values, and of lists of one type what they hold. "json" where texts and numbers are
    mixed, or fractions and whole numbers that no float holds."""
    known = set(types) - {""}
    inner = {type_.removeprefix(_LIST_OF) for type_ in known if type_.startswith(_LIST_OF)}
    if not inner:
        return _named(_common(known)), ""
    of = _named(_common(inner))
    is_plain = all(type_.startswith(_LIST_OF) for type_ in known) and not of.startswith(_LIST_OF) and of != "json"
    return "json", of if is_plain else ""


def _named(type_: str) -> str:
    """As columns call it; one without a value is a text."""
    return {"": "text", _LONG: "integer"}.get(type_, type_)


def _common(types: set[str]) -> str:
    types = types - {""}
    if types <= {"integer", "number"} and "number" in types:
        return "number"
    if types <= {"integer", _LONG} and _LONG in types:
        return _LONG
    return types.pop() if len(types) == 1 else "json" if types else ""
