"""The map of a project's items: points by what is alike, coloured by a facet, with outlines that are filters."""

import gzip
import json
import struct
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.models import Action, Modality, Permission, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.item_list import rows_of, view_asked
from labeling.pages.navigation import name_of, permissions
from labeling.selectors.item_view import ChosenItems, ItemView, told
from labeling.selectors.item_view.groups import item_groups
from labeling.selectors.item_view.paint import Painted, paint
from labeling.selectors.item_view.places import places_by_block
from labeling.selectors.item_view.regions import regions
from labeling.selectors.item_view.words import facet_names
from labeling.services.item_index import up_to_date
from labeling.services.validation.errors import Invalid
from learning.models import EncoderVersion, ItemMap
from learning.services.maps import ask

#: What is coloured by where nobody says: the first there is.
_FIRST = ("label", "model", "split")
MOST_CARDS = 13
#: What goes over the line once and is kept by the browser: a map changes its number, or how many are on it.
_KEPT = "private, max-age=31536000, immutable"


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.ITEMS_READ, Action.MAP_CHANGE)
def item_map(request: PageRequest, project: Project) -> HttpResponse:
    """The page; POST asks for a map, with ``anew`` for another one."""
    if request.method == "POST":
        try:
            ask.ask(request.user, project, anew="anew" in request.POST)
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:map", project.slug)
    drawn = ItemMap.objects.filter(project=project).first()
    is_live = drawn is not None and not drawn.is_finished
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "pages/map/_progress.html", {"project": project, "drawn": drawn})
        if not is_live:
            response["HX-Refresh"] = "true"
        return response
    so_far = up_to_date(project)
    chosen = _chosen(request, project)
    facets = facet_names(chosen, reviews=Permission.REVIEW in permissions(request))
    index = chosen.stored.index
    context = {
        "project": project,
        "view": chosen.view,
        "drawn": drawn,
        "is_live": is_live,
        "index": index,
        "n_items": so_far.of_items,
        "n_behind": so_far.of_items - index.mapped,
        "facets": facets,
        "colour": _colour(request, facets, chosen),
        "kept": chosen.view.filters,
        "n_chosen": None if chosen.is_everything else chosen.total,
        "is_of_a_former_map": chosen.is_of_a_former_map,
        "has_features": EncoderVersion.objects.filter(project=project, is_current=True).exists(),
    }
    return render(request, "pages/map/index.html", context)


def _chosen(request: PageRequest, project: Project, **but: str) -> ChosenItems:
    """Words are looked for page by page, and so are not among what the map shows."""
    return ChosenItems(project, view_asked(request).but(q="", sort="", **but), name_of(request))


def _colour(request: PageRequest, facets: dict[str, str], chosen: ChosenItems) -> str:
    asked = request.GET.get("colour", "")
    if asked in facets:
        return asked
    there = {facet for facet, _ in chosen.stored.totals(_FIRST)}
    return next((name for name in _FIRST if name in facets and name in there), "split")


def _painted(request: PageRequest, project: Project, **but: str) -> tuple[ChosenItems, Painted]:
    chosen = _chosen(request, project, **but)
    facets = facet_names(chosen, reviews=Permission.REVIEW in permissions(request))
    return chosen, paint(chosen, _colour(request, facets, chosen), chosen.stored.index.mapped)


@require_safe
@project_page(Action.ITEMS_READ)
def map_points(request: PageRequest, project: Project) -> HttpResponse:
    """Where the items are: x and y of 16 bits each, by ordinal; nothing of a map that is gone. The address names the
    map and how many are on it."""
    number = request.GET.get("number", "")
    places = places_by_block(project, int(number)) if number.isascii() and number.isdecimal() else {}
    response = HttpResponse(b"".join(of.tobytes() for of in places.values()), content_type="application/octet-stream")
    response["Cache-Control"] = _KEPT if places else "private, no-store"
    return response


@require_safe
@project_page(Action.ITEMS_READ)
def map_colours(request: PageRequest, project: Project) -> HttpResponse:
    """A legend and the colour of every item: four bytes say how long the legend is, then JSON, then a byte an item."""
    _, painted = _painted(request, project)
    legend = json.dumps({"values": [vars(value) for value in painted.values], "has_order": painted.has_order}).encode()
    body = struct.pack("<I", len(legend)) + legend + painted.of_items.tobytes()
    response = HttpResponse(content_type="application/octet-stream")
    response["Cache-Control"], response["Vary"] = "private, no-store", "Accept-Encoding"
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body, response["Content-Encoding"] = gzip.compress(body, 1), "gzip"
    response.content = body
    return response


@require_safe
@project_page(Action.ITEMS_READ)
def map_items(request: PageRequest, project: Project) -> HttpResponse:
    """Cards of some items, named by their ordinals (``at=5,9``): the first one, and those near it."""
    given = request.GET.get("at", "").split(",")[:MOST_CARDS]
    ordinals = [int(one) for one in given if one.isascii() and one.isdecimal() and len(one) <= 9]
    chosen = _chosen(request, project)
    rows = rows_of(project, told(chosen, ordinals, related=("asset",)), chosen.labels, "")
    return render(request, "pages/map/_cards.html", {"project": project, **_in_cards(project), "rows": rows})


def _in_cards(project: Project) -> dict[str, Any]:
    return {"as_gallery": project.modality == Modality.IMAGE}


@require_safe
@project_page(Action.ITEMS_READ)
def map_regions(request: PageRequest, project: Project) -> HttpResponse:
    """The map as a table, for who does not see it: squares, what is in them, and the way to their items."""
    chosen, painted = _painted(request, project, map="")
    found = regions(chosen, painted, chosen.stored.index.map_number or 0)
    return render(request, "pages/map/_regions.html", {"project": project, "regions": found})


@require_safe
@project_page(Action.ITEMS_READ)
def map_groups(request: PageRequest, project: Project) -> HttpResponse:
    """Clusters and near-duplicates of all items on the map, whatever view is asked for."""
    up_to_date(project)
    found = item_groups(ChosenItems(project, ItemView(), name_of(request)))
    context = {"project": project, "groups": found}
    return render(request, "pages/map/_groups.html", context)
