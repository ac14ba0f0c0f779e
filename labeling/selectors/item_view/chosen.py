"""The items that fit a view, as bits."""

import uuid
from collections.abc import Mapping
from functools import cached_property

from labeling.db.bitmaps import BLOCK, flags_of, summary_of, with_sample
from labeling.models import Context, ImportBatch, Item, Project, User
from labeling.selectors.item_view.places import Outline, outlined
from labeling.selectors.item_view.search import Search
from labeling.selectors.item_view.stored import StoredFacets, Wanted
from labeling.selectors.item_view.view import ItemView
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.names import NameOf
from labeling.selectors.quarantine import IMPORTED

#: The one value that is stored of a facet with two, and the other one.
STORED_SIDE: Mapping[str, tuple[str, str]] = {
    "split": ("eval", "pool"),
    "status": ("set_aside", "active"),
    "answered": ("yes", "no"),
    "reviewed": ("yes", "no"),
    "gold": ("yes", "no"),
}
#: What only items have of which a sort can tell.
_SORT_IMPLIES: Mapping[str, Wanted] = {
    "unsure": ("predicted", "yes"),
    "sure": ("predicted", "yes"),
    "mistake": ("agrees", "no"),
    "disputed": ("people", "differ"),
}
#: Items of one context that are looked at.
MOST_OF_A_CONTEXT = 20_000
_NOBODY = ("", "")


class PeopleOfIndex:
    """Who has answered, by the values of the facet *annotator*: ``u`` and a user's id, ``i`` and an imported name."""

    def __init__(self, stored: StoredFacets, name_of: NameOf) -> None:
        values = [value for _, value in stored.totals(["annotator"])]
        users = User.objects.filter(pk__in=[int(value[1:]) for value in values if value[0] == "u"])
        names = {f"u{pk}": name for pk, name in users.values_list("pk", "username")}
        taken = set(names.values())
        for value in values:
            if value[0] == "i":
                names[value] = value[1:] + (IMPORTED if value[1:] in taken else "")
        self.names = {value: name_of(name) for value, name in names.items()}

    def value_of(self, shown: str) -> str:
        """The value of a person as the reader is told of them; "" for nobody."""
        return next((value for value, name in self.names.items() if name == shown), "")


class ChosenItems:
    """Which items fit a view, and which would without one of its filters. What only the texts themselves can tell
    (``search.checks``) is not known here."""

    def __init__(self, project: Project, view: ItemView, name_of: NameOf) -> None:
        self.project, self.view = project, view
        self.stored = StoredFacets(project)
        self._name_of = name_of
        self.wanted = self._wanted()
        self._flags: dict[int, bytes] = {}
        self.search = Search(project, view.q) if view.q else None
        self._narrowed: list[dict[int, int]] = [self.search.blocks] if self.search else []
        if view.context:
            self._narrowed.append(self._context(view.context))
        if view.map:
            self._narrowed.append(self._inside(view.map))

    @cached_property
    def people(self) -> PeopleOfIndex:
        return PeopleOfIndex(self.stored, self._name_of)

    @cached_property
    def labels(self) -> LabelIdentities:
        return label_names(self.project)

    def _wanted(self) -> list[tuple[Wanted, bool]]:
        """What is asked for as it is stored, and whether it is the others that are wanted."""
        found: list[tuple[Wanted, bool]] = []
        for name, value in self.view.filters.items():
            if name in ("q", "context", "map"):
                continue
            here, there = STORED_SIDE.get(name, _NOBODY)
            if value == there:
                found.append(((name, here), True))
            else:
                found.append(((name, self._value(name, value)), False))
        if implied := _SORT_IMPLIES.get(self.view.sort):
            found.append((implied, False))
        return found

    def _value(self, name: str, value: str) -> str:
        if name in ("label", "model"):
            return self.labels.identity(value)
        if name == "annotator":
            return self.people.value_of(value)
        if name == "batch":
            return str(_pk_of_import(self.project, value) or "")
        return value

    def _context(self, pk: str) -> dict[int, int]:
        blocks: dict[int, int] = {}
        if not (pk.isdecimal() and len(pk) <= 18):
            return blocks
        context = Context.objects.filter(project=self.project, pk=int(pk))
        members = Item.objects.filter(in_context__in=context).order_by("place")
        for ordinal in members.values_list("ordinal", flat=True)[:MOST_OF_A_CONTEXT]:
            blocks[ordinal // BLOCK] = blocks.get(ordinal // BLOCK, 0) | 1 << ordinal % BLOCK
        return blocks

    def _inside(self, written: str) -> dict[int, int]:
        """Nothing on a map that is not shown any more: the same line would hold other items."""
        outline = Outline.read(written)
        if outline is None or outline.map_number != self.stored.index.map_number:
            return {}
        return outlined(self.project, outline, self.stored.index.mapped)

    @property
    def is_of_a_former_map(self) -> bool:
        """Whether the outline or the group that is asked for belongs to a map that is not shown any more."""
        outline = Outline.read(self.view.map)
        asked = [str(outline.map_number)] if outline else []
        asked += [self.view.group.partition("-")[0]] if self.view.group else []
        return any(number != str(self.stored.index.map_number) for number in asked)

    @cached_property
    def _read(self) -> dict[Wanted, dict[int, int]]:
        return self.stored.blocks([one for one, _ in self.wanted])

    @cached_property
    def _blocks(self) -> dict[int, int]:
        return {}

    def block(self, number: int) -> int:
        """Those of one block."""
        if number not in self._blocks:
            self._blocks[number] = self.without("", number)
        return self._blocks[number]

    def flags(self, number: int) -> bytes:
        """Those of one block, a byte an item: thousands of places are asked by it, each in 30 ns."""
        if number not in self._flags:
            self._flags[number] = flags_of(self.block(number))
        return self._flags[number]

    def without(self, facet: str, number: int) -> int:
        """Those of one block that fit whatever is asked of one facet."""
        bits = self.stored.all_of(number)
        for blocks in self._narrowed:
            bits &= blocks.get(number, 0)
        for one, is_other in self.wanted:
            if one[0] != facet:
                stored = self._read[one].get(number, 0)
                bits &= ~stored if is_other else stored
        return bits

    @cached_property
    def total(self) -> int:
        """How many there are."""
        if self.is_everything:
            return self.stored.items
        return sum(self.block(number).bit_count() for number in range(self.stored.n_blocks))

    @property
    def is_everything(self) -> bool:
        return not self.wanted and not self._narrowed

    @property
    def is_every_predicted(self) -> bool:
        """Whether they are all of which the model says something."""
        return not self._narrowed and all(one == ("predicted", "yes") and not other for one, other in self.wanted)

    @cached_property
    def sampled(self) -> dict[int, int]:
        """By summary the sampled ones among those that words, context and an outline leave."""
        if not self._narrowed:
            return dict(self.stored.whole_sample)
        found: dict[int, int] = {}
        for number in range(self.stored.n_blocks):
            bits = self.stored.all_of(number)
            for blocks in self._narrowed:
                bits &= blocks.get(number, 0)
            found[summary_of(number)] = with_sample(found.get(summary_of(number), 0), number, bits)
        return found


def _pk_of_import(project: Project, public_id: str) -> int | None:
    try:
        wanted = uuid.UUID(public_id)
    except ValueError:
        return None
    return ImportBatch.objects.filter(project=project, public_id=wanted).values_list("pk", flat=True).first()
