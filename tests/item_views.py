"""Looks at items as page and REST do."""

from typing import Any

from labeling.models import Item, Project
from labeling.selectors.item_view import ChosenItems, ItemsFound, ItemView, look
from labeling.selectors.item_view.counts import facet_counts
from labeling.services.item_index import up_to_date

_SAID = {True: "yes", False: "no", None: ""}


def page_of_view(project: Project, limit: int = 1_000, **asked: Any) -> ItemsFound:
    up_to_date(project)
    view = ItemView(**{name: _SAID[value] if value in (True, False, None) else value for name, value in asked.items()})
    return look(project, view, str, limit=limit)


def items_of_view(project: Project, **asked: Any) -> list[Item]:
    return page_of_view(project, **asked).items


def counts_of_view(project: Project, *facets: str, **asked: Any) -> dict[str, dict[str, int]]:
    """By facet how many items have each value, as it is stored."""
    up_to_date(project)
    return {
        name: dict(of) for name, of in facet_counts(ChosenItems(project, ItemView(**asked), str), facets).counts.items()
    }
