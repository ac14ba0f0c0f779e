"""Groups of items on a map: clusters and near-duplicates, each with what people said of it and what may be done.

A group is a value of the facet *group*: the number of its map, a dash and its name. ``c5`` is a cluster, ``d1234`` the
near-duplicates of the item with that ordinal, it among them; ``d1234-others`` are they without it, ``d-others`` all
items that repeat an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from labeling.kinds import kind_of
from labeling.models import FacetBlock, Item, Project
from labeling.selectors.item_view.chosen import ChosenItems
from labeling.selectors.item_view.view import ItemView

GROUP = "group"
OTHERS = "-others"
#: Labels that are told of a group.
_MOST_LABELS = 3
#: From so many labeled items on, and where so many of them have one label, the others may be given it.
_ENOUGH = 10
_NEARLY_ALL = 0.95
_TEXT = 200


def facet_of_groups(number: int | str) -> str:
    """What is said of groups is stored as."""
    return f"~groups@{number}"


@dataclass(frozen=True)
class SuggestedAction:
    """``do``: *label*, *settle*, *label_one*, *set_aside* or *nothing*. ``view`` holds the items it is about."""

    do: str
    words: str
    view: ItemView


@dataclass(frozen=True)
class ItemGroup:
    """``n`` items that are not set aside, ``labeled`` of them; ``labels``: the most frequent, by name. ``words``: what
    many items of a cluster hold and others do not, or the text of the first near-duplicate; "" where nothing tells."""

    value: str
    name: str
    words: str
    n: int
    labeled: int
    labels: list[tuple[str, int]]
    view: ItemView
    action: SuggestedAction

    @property
    def share_labeled(self) -> int:
        """In percent."""
        return round(100 * self.labeled / self.n) if self.n else 0


@dataclass(frozen=True)
class ItemGroups:
    """``clusters`` and ``duplicates``, the largest first, of ``n_duplicates`` groups; ``repeats``: all items that
    repeat an earlier one, ``n_repeats`` of them. Not ``is_known``: nobody has looked for groups of this map."""

    is_known: bool
    clusters: list[ItemGroup]
    duplicates: list[ItemGroup]
    n_duplicates: int
    n_repeats: int
    repeats: ItemView


def group_name(value: str) -> str:
    """What a group is called where nothing more is known of it."""
    name = value.partition("-")[2]
    if name == f"d{OTHERS}":
        return "all that repeat an earlier item"
    if name.startswith("c"):
        return f"cluster {name[1:]}"
    return "near-duplicates, without the first" if name.endswith(OTHERS) else "near-duplicates"


def item_groups(chosen: ChosenItems) -> ItemGroups:
    """The groups of the map that is shown. Counts each of them against every label, block by block."""
    number = chosen.stored.index.map_number
    told = _told(chosen.project, number)
    has_labels = kind_of(chosen.project).answers_are_of_items
    facets = [GROUP, "status", *(("label", "known") if has_labels else ())]
    stored = chosen.stored.every_block(facets)
    aside = stored.get(("status", "set_aside"), {})
    groups = {
        value: {block: bits & ~aside.get(block, 0) for block, bits in blocks.items()}
        for (facet, value), blocks in stored.items()
        if facet == GROUP
    }
    labels = {chosen.labels.name(value): blocks for (facet, value), blocks in stored.items() if facet == "label"}
    known = stored.get(("known", "yes"), {})
    texts = _texts(chosen.project, groups)
    found = [
        _group(chosen.view.but(group=value), here, labels, known, texts.get(value) or told["words"].get(value, ""))
        for value, here in groups.items()
        if not value.endswith(OTHERS)
    ]
    found = sorted((one for one in found if one.n), key=lambda one: (-one.n, len(one.value), one.value))
    repeats = f"{number}-d{OTHERS}"
    return ItemGroups(
        is_known=bool(told["is_known"]),
        clusters=[one for one in found if not _repeats(one.view)],
        duplicates=[one for one in found if _repeats(one.view) and one.n > 1],
        n_duplicates=told["duplicates"],
        n_repeats=sum(bits.bit_count() for bits in groups.get(repeats, {}).values()),
        repeats=chosen.view.but(group=repeats, status="active"),
    )


def _told(project: Project, number: int | None) -> dict[str, Any]:
    rows = FacetBlock.objects.filter(project=project, facet=facet_of_groups(number or 0))
    found = rows.values_list("bits", flat=True).first()
    if found is None:
        return {"words": {}, "duplicates": 0, "is_known": False}
    return {**orjson.loads(bytes(found)), "is_known": True}


def _repeats(view: ItemView) -> bool:
    return view.group.partition("-")[2].startswith("d")


def _texts(project: Project, values: Iterable[str]) -> dict[str, str]:
    """What the first item of each group of near-duplicates says, or is called."""
    firsts = {int(value.partition("-d")[2]): value for value in values if value.partition("-d")[2].isdecimal()}
    rows = Item.objects.filter(project=project, ordinal__in=firsts).only("ordinal", "text", "external_id", "data")
    return {
        firsts[item.ordinal]: item.text[:_TEXT] or str(item.external_id or item.data.get("image", "")) for item in rows
    }


def _group(
    view: ItemView,
    here: Mapping[int, int],
    labels: Mapping[str, Mapping[int, int]],
    known: Mapping[int, int],
    words: str,
) -> ItemGroup:
    n, labeled = _both(here, here), _both(here, known)
    counts = [(name, n_both) for name, of in labels.items() if (n_both := _both(here, of))]
    counts.sort(key=lambda one: (-one[1], one[0]))
    action = _suggested(view, n, labeled, counts)
    return ItemGroup(view.group, group_name(view.group), words, n, labeled, counts[:_MOST_LABELS], view, action)


def _both(here: Mapping[int, int], there: Mapping[int, int]) -> int:
    return sum((bits & there.get(block, 0)).bit_count() for block, bits in here.items())


def _suggested(view: ItemView, n: int, labeled: int, labels: list[tuple[str, int]]) -> SuggestedAction:
    is_nearly_same = _repeats(view)
    differ = any(n_label < max(labeled, 1) for _, n_label in labels) or (bool(labels) and not labeled)
    left = view.but(status="active", answered="no", split="pool")
    if is_nearly_same and differ:
        return SuggestedAction("settle", "settle: people say different things", view.but(status="active"))
    if is_nearly_same and not labeled and n > 1:
        others = view.but(group=view.group + OTHERS, status="active")
        return SuggestedAction("set_aside", "set aside all but one", others)
    if labeled >= n:
        return SuggestedAction("nothing", "nothing: all are labeled", view)
    top, n_top = labels[0] if labels else ("none", labeled)
    if is_nearly_same or (labeled >= _ENOUGH and n_top >= _NEARLY_ALL * labeled):
        return SuggestedAction("label", f"label the others as {top}", left)
    if labeled < _ENOUGH:
        return SuggestedAction("label_one", "label one of these", left)
    return SuggestedAction("label_one", "label those the model is least sure of", left.but(sort="unsure"))
