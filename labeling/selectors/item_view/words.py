"""Facets as people read them: what they are called, what their values are, and the view each value leads to."""

from collections.abc import Mapping
from dataclasses import dataclass

from labeling.kinds import kind_of
from labeling.models import Because, ImportBatch, ItemStatus, Split
from labeling.selectors.item_view.chosen import ChosenItems
from labeling.selectors.item_view.counts import facet_counts
from labeling.selectors.item_view.view import SURE_BANDS, ItemView

#: What values are called, by facet; of those that are not here names are asked for.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "sure": {band: words for band, _, words in SURE_BANDS},
    "agrees": {"yes": "the same", "no": "not the same"},
    "people": {"same": "say the same", "differ": "differ"},
    "reviewed": {"yes": "decided", "no": "not decided"},
    "remark": {"doubted": "not sure", "commented": "with a comment"},
    "answered": {"yes": "answered", "no": "not yet"},
    "gold": {"yes": "its answer is known", "no": "not known"},
    "status": {status.value: str(status.label).lower() for status in ItemStatus},
    "because": {because.value: str(because.label) for because in Because},
    "split": {split.value: str(split.label).lower() for split in Split},
}
#: In the order of the page.
_NAMES: Mapping[str, str] = {
    "label": "Label",
    "model": "The model says",
    "sure": "How sure it is",
    "agrees": "Model and people",
    "people": "People",
    "annotator": "Answered by",
    "remark": "Said with an answer",
    "reviewed": "Review",
    "answered": "Answers by people",
    "gold": "Gold",
    "status": "State",
    "because": "Set aside because",
    "split": "Split",
    "batch": "Import",
    "origin": "Origin",
}
OF_ANSWERS = frozenset(("label", "agrees", "people", "annotator", "remark", "reviewed", "answered"))
OF_MODELS = frozenset(("model", "sure", "agrees"))
OF_REVIEWERS = frozenset(("gold",))


@dataclass(frozen=True)
class FacetValue:
    """``value`` is what the parameter of the facet is to be, ``view`` the view with it, or without it where it is
    chosen."""

    value: str
    words: str
    n: int
    view: ItemView
    is_chosen: bool = False

    @property
    def n_words(self) -> str:
        return f"{self.n:,}"


@dataclass(frozen=True)
class ShownFacet:
    """The most frequent values first, or those with an order in theirs."""

    name: str
    words: str
    values: list[FacetValue]
    is_estimate: bool = False

    @property
    def chosen(self) -> FacetValue | None:
        return next((value for value in self.values if value.is_chosen), None)


def shown_facets(chosen: ChosenItems, *, reviews: bool) -> list[ShownFacet]:
    """Facets with more than one value, and those something is chosen of. Gold is for those who review."""
    names = [name for name in _NAMES if _belongs(chosen, name, reviews)]
    found = facet_counts(chosen, names)
    shown = []
    for name in names:
        counts = dict(found.counts.get(name, {}))
        is_asked = bool(getattr(chosen.view, name))
        told = _values(chosen, name, counts)
        if len(told) > 1 or is_asked or (told and name not in _WORDS):
            shown.append(ShownFacet(name, _NAMES[name], told, found.is_estimate))
    return shown


def facet_names(chosen: ChosenItems, *, reviews: bool) -> dict[str, str]:
    """The facets there may be of a project, and what they are called."""
    return {name: words for name, words in _NAMES.items() if _belongs(chosen, name, reviews)}


def in_words(chosen: ChosenItems, name: str, values: list[str]) -> tuple[list[tuple[str, str, str]], bool]:
    """Stored values of a facet, each with its parameter and what it is called, and whether they have an order."""
    called, shown_as = _named(chosen, name, dict.fromkeys(values, 0))
    in_order = list(_WORDS.get(name, {}))
    if in_order:
        values = sorted(values, key=lambda value: in_order.index(value) if value in in_order else 99)
    return [(value, shown_as.get(value, value), called.get(value, value)) for value in values], name == "sure"


def _belongs(chosen: ChosenItems, name: str, reviews: bool) -> bool:
    if name in OF_REVIEWERS and not reviews:
        return False
    if name in OF_MODELS and chosen.stored.index.model is None:
        return False
    return name not in OF_ANSWERS or kind_of(chosen.project).answers_are_of_items


def _values(chosen: ChosenItems, name: str, counts: dict[str, int]) -> list[FacetValue]:
    asked = getattr(chosen.view, name)
    called, shown_as = _named(chosen, name, counts)
    found = []
    for value, n in counts.items():
        told = shown_as.get(value, value)
        is_chosen = bool(asked) and told == asked
        view = chosen.view.but(**{name: "" if is_chosen else told})
        found.append(FacetValue(told, called.get(value, value), n, view, is_chosen))
    if asked and not any(value.is_chosen for value in found):  # nothing fits, and it can be taken back
        found.append(FacetValue(asked, _WORDS.get(name, {}).get(asked, asked), 0, chosen.view.but(**{name: ""}), True))
    in_order = list(_WORDS.get(name, {}))
    if in_order:
        return sorted(found, key=lambda value: in_order.index(value.value) if value.value in in_order else 99)
    return sorted(found, key=lambda value: (-value.n, value.words))


def _named(chosen: ChosenItems, name: str, counts: dict[str, int]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What stored values are called, and what they are as a parameter."""
    if name in ("label", "model"):
        names = {value: chosen.labels.name(value) for value in counts}
        return names, names
    if name == "annotator":
        people = chosen.people.names
        return people, people
    if name == "batch":
        rows = ImportBatch.objects.filter(project=chosen.project, pk__in=[int(value) for value in counts])
        told = {str(row.pk): row for row in rows}
        words = {pk: f"{row}, {row.created_at:%-d %b %Y}" for pk, row in told.items()}
        return words, {pk: str(row.public_id) for pk, row in told.items()}
    return _WORDS.get(name, {}), {}
