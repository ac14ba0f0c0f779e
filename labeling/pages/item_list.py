"""The items of a project, as a view of them: pictures as a gallery, texts and tables as rows, facets beside them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Because, Item, Modality, Permission, Project, Split
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.item_bulk import bulk_context
from labeling.pages.navigation import name_of, permissions
from labeling.selectors.item_view import (
    ITEM_SORTS,
    ChosenItems,
    ItemsFound,
    ItemView,
    look_at_chosen,
    shown_facets,
)
from labeling.selectors.item_view.groups import group_name
from labeling.selectors.items import answers_of, asked_as_gold
from labeling.selectors.label_names import LabelIdentities
from labeling.services.item_index import up_to_date

FIRST_COLUMNS = 6
ITEMS_PER_PAGE = 50
#: Values of a facet that are shown before one asks for more.
VALUES_SHOWN = 8
#: Sorts that need a model in use, and those that need answers about items.
_BY_MODEL = frozenset(("unsure", "sure", "mistake"))
_BY_ANSWERS = frozenset(("disputed", "mistake"))


@dataclass(frozen=True)
class Page:
    """A page's items, and the queries of the pages beside it, "" where there is none."""

    items: list[Item]
    newer: str = ""
    older: str = ""


def view_asked(request: PageRequest) -> ItemView:
    """The view in the address, without what the reader may not ask by."""
    view = ItemView.from_address(request.GET)
    return view if Permission.REVIEW in permissions(request) else view.but(gold="", cursor=view.cursor)


@require_safe
@project_page(Action.ITEMS_READ)
def items(request: PageRequest, project: Project) -> HttpResponse:
    so_far = up_to_date(project)
    view = view_asked(request)
    chosen = ChosenItems(project, view, name_of(request))
    found = look_at_chosen(chosen, limit=ITEMS_PER_PAGE)
    facets = shown_facets(chosen, reviews=Permission.REVIEW in permissions(request))
    context = {
        "project": project,
        "view": view,
        "page": Page(found.items, _beside(view, found.newer), _beside(view, found.older)),
        "found": found,
        "rows": rows_of(project, found, chosen.labels, view.address),
        "facets": [(facet, facet.values[:VALUES_SHOWN], facet.values[VALUES_SHOWN:]) for facet in facets],
        "chosen": [(facet, facet.chosen) for facet in facets if facet.chosen],
        "is_of_a_former_map": chosen.is_of_a_former_map,
        "group_name": group_name(view.group),
        "without_group": view.but(group=""),
        "kept": view.but(q="", sort="").filters,
        "sorts": _sorts(project, chosen),
        "is_filtered": bool(view.filters),
        "so_far": so_far,
        "n_behind": so_far.of_items - so_far.items,
        "n_unworded": so_far.items - so_far.worded,
        "has_model": chosen.stored.index.model is not None,
        "may_name": view.because == Because.UNKNOWN and Permission.MANAGE in permissions(request),
        **bulk_context(request, project, view, found.total),
        "as_gallery": project.modality == Modality.IMAGE,
    }
    return render(request, "pages/items/index.html", context)


def _beside(view: ItemView, cursor: str) -> str:
    return view.but(cursor=cursor).address if cursor else ""


def _sorts(project: Project, chosen: ChosenItems) -> list[tuple[str, str]]:
    left_out: frozenset[str] = frozenset()
    if chosen.stored.index.model is None:
        left_out |= _BY_MODEL
    if not kind_of(project).answers_are_of_items:
        left_out |= _BY_ANSWERS
    return [(name, words) for name, words in ITEM_SORTS.items() if name not in left_out or name == chosen.view.sort]


def rows_of(project: Project, found: ItemsFound, names: LabelIdentities, address: str) -> list[dict[str, Any]]:
    kind = kind_of(project)
    answers, gold = answers_of(found.items), asked_as_gold(found.items)
    rows: list[dict[str, Any]] = []
    splits = {str(split.value): str(split.label).lower() for split in Split}
    behind = f"?{address}" if address else ""
    around = reverse("pages:item", args=[project.slug, 0]).rsplit("0", 1)  # asked once: it costs as much as a row
    for item in found.items:
        said = found.says.get(item.pk)
        rows.append(
            {
                "item": item,
                "url": f"{around[0]}{item.pk}{around[1]}{behind}",
                "pk": str(item.pk),
                "name": escape(item),  # once: it stands there three times
                "text": _short(item.text, 160),
                "split": splits[item.split],
                "asked_as_gold": item.pk in gold,
                "fields": [
                    (name, _short(str(value), 30)) for name, value in project.in_column_order(item.data)[:FIRST_COLUMNS]
                ],
                "answers": [
                    _short(kind.flat(names.named(row.answer)) or "none", 40)
                    for row in answers[item.pk]
                    if row.answer is not None
                ],
                "says": _short(", ".join(names.name(label) for label in said.labels) or "none", 40) if said else "",
                "sure": str(round(100 * said.sure)) if said else "",  # as text: a template asks how to write a number
            }
        )
    return rows


def _short(text: str, most: int) -> str:
    """The template's filter looks at every character first: on a page of texts that is a twentieth of its cost."""
    return text if len(text) <= most else Truncator(text).chars(most)
