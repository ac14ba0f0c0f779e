"""What a view of the items is."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Self
from urllib.parse import urlencode

from labeling.models import Because, ItemStatus, Split
from labeling.selectors.item_view.places import LONGEST, Outline

MAX_WORDS = 200

#: In words, by name. What is not the order of import begins with the items the sort is about.
ITEM_SORTS: Mapping[str, str] = {
    "imported": "in the order of import",
    "newest": "newest first",
    "unsure": "least sure first",
    "sure": "surest first",
    "disputed": "most disputed first",
    "mistake": "surest mistake first",
}
YES_OR_NO = ("yes", "no")
#: How sure the model is: from this probability on, and in words.
SURE_BANDS: tuple[tuple[str, float, str], ...] = (
    ("0", 0.0, "below 50 %"),
    ("50", 0.5, "50 to 70 %"),
    ("70", 0.7, "70 to 85 %"),
    ("85", 0.85, "85 to 95 %"),
    ("95", 0.95, "95 % and more"),
)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "split": tuple(Split.values),
    "status": tuple(ItemStatus.values),
    "because": tuple(Because.values),
    "answered": YES_OR_NO,
    "people": ("same", "differ"),
    "remark": ("doubted", "commented"),
    "reviewed": YES_OR_NO,
    "gold": YES_OR_NO,
    "agrees": YES_OR_NO,
    "sure": tuple(band for band, _, _ in SURE_BANDS),
    "sort": tuple(ITEM_SORTS),
}


@dataclass(frozen=True)
class ItemView:
    """Every field is "" for any. ``label`` and ``model`` are names of labels, ``annotator`` is a person as the reader
    is told of them, ``batch`` an import by its public id, ``context`` a context by its id,
    ``map`` an outline on the map (``places.py``), ``group`` a cluster or near-duplicates of it (``groups.py``).

    ``agrees``: whether the model says what people say. ``people``: whether several people said the same. ``remark``:
    what somebody said with an answer, that he is not sure or a comment. ``cursor``: where the page begins, made by
    :func:`labeling.selectors.item_view.look`.
    """

    split: str = ""
    status: str = ""
    because: str = ""
    answered: str = ""
    label: str = ""
    people: str = ""
    annotator: str = ""
    remark: str = ""
    reviewed: str = ""
    gold: str = ""
    batch: str = ""
    origin: str = ""
    model: str = ""
    sure: str = ""
    agrees: str = ""
    context: str = ""
    map: str = ""
    group: str = ""
    q: str = ""
    sort: str = ""
    cursor: str = ""

    @classmethod
    def from_address(cls, given: Mapping[str, Any]) -> Self:
        """What an address says; what no view can say is left out."""
        said = {}
        for name in cls.names():
            value = str(given.get(name, ""))[: LONGEST if name == "map" else MAX_WORDS].strip()
            if name == "map" and Outline.read(value) is None:
                continue
            if ("\0" not in value or name == "q") and value in _CHOICES.get(name, (value,)):
                said[name] = value
        return cls(**said)

    @classmethod
    def from_parameters(cls, given: Mapping[str, Any]) -> Self:
        """What checked parameters say: yes, no and neither may be True, False and None."""
        said = {True: "yes", False: "no", None: ""}
        return cls(
            **{
                name: said[value] if value is None or isinstance(value, bool) else str(value)
                for name, value in given.items()
            }
        )

    @classmethod
    @cache
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))

    @staticmethod
    def choices(name: str) -> tuple[str, ...]:
        """What a filter may be; () for anything."""
        return _CHOICES.get(name, ())

    @property
    def filters(self) -> dict[str, str]:
        """What items have to fit."""
        given = {name: getattr(self, name) for name in self.names() if name not in ("sort", "cursor")}
        return {name: value for name, value in given.items() if value}

    @property
    def address(self) -> str:
        """The query of an address, without a question mark."""
        return urlencode({name: value for name in self.names() if (value := getattr(self, name))})

    def but(self, **changes: str) -> Self:
        """The view with other filters, from its beginning."""
        return replace(self, **{"cursor": "", **changes})
