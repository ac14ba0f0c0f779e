"""What goes into a data set: its columns, its sides and its rows with what they show."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import islice
from typing import Any, NamedTuple

import orjson

from labeling.kinds import PerSubject, QuestionKind, kind_of
from labeling.models import Project, Split
from labeling.models.modality import PerModality
from labeling.selectors.agreement import agreement
from labeling.selectors.batches import Batch, in_batches, rows_of
from labeling.selectors.columns import Column
from labeling.selectors.contents import Content, contents_of
from labeling.selectors.export import (
    ROWS,
    Beside,
    Filters,
    answers_by_item,
    bring_pictures,
    export_batches,
    export_columns,
    fixed_columns,
    weights_of,
)
from labeling.selectors.given_names import names_given
from labeling.selectors.label_scheme import told_names
from labeling.selectors.names import PERSON_COLUMNS, under_pseudonyms
from labeling.selectors.row_shapes import shape_named
from labeling.selectors.set_facts import SetFacts, set_facts
from labeling.services.exports.base import Row
from labeling.services.exports.counting import RowCount
from labeling.services.exports.losses import Losses

#: What readers call the two sides: nothing of the second was ever learned from here.
SIDES = {Split.POOL: "train", Split.EVAL: "test"}
WHOLE = "train"
PAIR_SIDES = ("left", "right")
ROWS_AT_ONCE = 500
IMAGE_SHA256 = "image_sha256"

#: Whether an answer is about two items, which its row names by their ids.
_NAMES_TWO = PerSubject(item=False, pair=True)


@dataclass
class DataSet:
    """Rows of a project at one moment."""

    project: Project
    rows: str
    filters: Filters
    count: RowCount = field(default_factory=RowCount)

    @property
    def lost(self) -> Losses:
        """What the format could not hold of the rows that went by."""
        return self.count.lost

    @property
    def kind(self) -> QuestionKind:
        return kind_of(self.project)

    @property
    def has_answers(self) -> bool:
        """Whether rows are answers or items with what they come to, none of the further shapes."""
        return self.rows in ROWS

    @property
    def names_two(self) -> bool:
        return self.rows == "annotations" and _NAMES_TWO.of(self.kind.subject)

    @cached_property
    def columns(self) -> Sequence[Column]:
        """All columns, those of the two items of a pair last."""
        if shape := shape_named(self.rows):
            return shape.columns(self.project)
        shown = _shown_columns(self.project) if self.names_two else []
        return [*export_columns(self.project, self.rows, self.filters), *shown]

    @cached_property
    def pictures(self) -> Mapping[str, str]:
        """The columns that hold a picture's hash, by what stands in front of the picture's name: "", left_, right_."""
        known = {column.name for column in self.columns}
        prefixes = [f"{side}_" for side in PAIR_SIDES] if self.names_two else [""]
        return {prefix: name for prefix in prefixes if (name := f"{prefix}{IMAGE_SHA256}") in known}

    @cached_property
    def brings_pictures(self) -> bool:
        """Whether rows come with the pictures they name; else these are looked up."""
        return bool(self.pictures) and bring_pictures(self.project, self.rows)

    @cached_property
    def _beside(self) -> Beside:
        return Beside(self.brings_pictures, weights_of(self.project, self.filters))

    @cached_property
    def value_names(self) -> tuple[str, ...]:
        """The names that answers are of, in the order of the label set; none where they are numbers. Names that were
        given and are in no label set any more come last."""
        scheme = self.filters.scheme
        labels, given = told_names(self.project, scheme), cache(partial(names_given, self.project, scheme))
        names = self.kind.value_names(labels or sorted(given()))
        return (*names, *sorted(given() - set(names))) if names else ()

    @cached_property
    def facts(self) -> SetFacts:
        """How the answers came to be; counted once, when it is first asked."""
        return set_facts(self.project, self.filters)

    @cached_property
    def agreement(self) -> dict[str, Any]:
        return agreement(self.project)

    @cached_property
    def own_names(self) -> list[str]:
        """The items' own columns."""
        ours = {column.name for column in fixed_columns(self.project, self.rows)} if self.has_answers else set()
        return [column.name for column in self.columns if column.name not in ours] if ours else []

    @property
    def holds_people(self) -> bool:
        return any(column.name in PERSON_COLUMNS for column in self.columns)

    @property
    def chosen_by(self) -> list[str]:
        """The filters in words."""
        sources = " and ".join(self.filters.of_sources)
        return [value for value in (self.filters.split, sources, self.filters.only) if value]

    def sides(self) -> list[tuple[str, Filters]]:
        """Folder names with the filters that choose their rows. Rows that know no split are one side."""
        if self.filters.split:
            return [(SIDES[Split(self.filters.split)], self.filters)]
        shape = shape_named(self.rows)
        if shape and "split" not in shape.filters:
            return [(WHOLE, self.filters)]
        return [(name, replace(self.filters, split=side)) for side, name in SIDES.items()]

    def records(self, filters: Filters) -> Iterator[Row]:
        """The rows of one side with what they show, people under pseudonyms where that is asked."""
        batches: Iterable[Batch]
        if shape := shape_named(self.rows):
            batches = in_batches(shape.rows(self.project, filters))
        else:
            batches = export_batches(self.project, self.rows, filters, self._beside)
        return self._finished(batches, filters)

    def answers_by_item(self, filters: Filters) -> Iterator[Row]:
        """The rows of answers about items, those about one item after one another."""
        return self._finished(answers_by_item(self.project, filters, self._beside), filters)

    def _finished(self, batches: Iterable[Batch], filters: Filters) -> Iterator[Row]:
        if filters.pseudonyms and self.holds_people:
            batches = under_pseudonyms(batches, self.project)
        rows = rows_of(batches)
        if self.names_two:
            rows = _with_contents(rows, self.project.modality)
        self.count.begin(self.columns, set(self.own_names), self.rows)
        return self.count.over(rows)


class ShownContent(NamedTuple):
    """The column that says what one of two items shows, and where its value is taken from."""

    name: str
    type: str
    value: Callable[[Content], Any]


SHOWN = PerModality(
    text=ShownContent("text", "text", lambda content: content.text),
    image=ShownContent(IMAGE_SHA256, "text", lambda content: content.sha256),
    tabular=ShownContent("data", "json", lambda content: orjson.loads(content.data)),
)


def shows_texts(project: Project) -> bool:
    return SHOWN.of(project.modality) is SHOWN.text


def shows_pictures(project: Project) -> bool:
    return SHOWN.of(project.modality) is SHOWN.image


def _shown_columns(project: Project) -> list[Column]:
    shown = SHOWN.of(project.modality)
    return [Column(f"{side}_{shown.name}", shown.type) for side in PAIR_SIDES]


def _with_contents(rows: Iterable[Row], modality: str) -> Iterator[Row]:
    shown = SHOWN.of(modality)
    rows = iter(rows)
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        found = contents_of(row[f"{side}_id"] for row in chunk for side in PAIR_SIDES)
        for row in chunk:
            for side in PAIR_SIDES:
                row[f"{side}_{shown.name}"] = shown.value(found[row[f"{side}_id"]])
            yield row
