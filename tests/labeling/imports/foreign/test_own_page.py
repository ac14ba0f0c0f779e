"""What comes back of our own exports, format by format: the last part of ``docs/guide/formats.md`` is made here.

    UPDATE_FORMATS=1 python -m pytest tests/labeling/imports/foreign/test_own_page.py

writes it anew. The parts before it are those of ``tests/labeling/exports/test_readers.py``.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from labeling.models import Annotation, Item
from labeling.selectors.row_shapes import row_names_of
from labeling.services.exports import check_fits, check_folder, check_format, checked_shape, format_names
from labeling.services.imports import ImportRefused
from labeling.services.imports.readers import READ_AS
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_project
from tests.labeling.exports.test_readers import OWN_PART, PAGE
from tests.labeling.imports.conftest import picture, zip_of
from tests.labeling.imports.foreign.test_own import file_of, gold, in_contexts, judged, judgments, said_by
from tests.labeling.test_export import NO_FILTER

pytestmark = pytest.mark.django_db

Facet = Callable[[Any], Any]


class Sort(NamedTuple):
    """A project that is full, an empty one like it, and what is compared of the two afterwards, in words."""

    title: str
    first: Any
    empty: Callable[[], Any]
    facets: dict[str, Facet]


class Outcome(NamedTuple):
    read_as: str
    lost: str


def of_items(*columns: str) -> Facet:
    return lambda project: set(Item.objects.filter(project=project).values_list("external_id", *columns))


def own_columns(project: Any) -> dict[str, Any]:
    return {item.external_id: item.data for item in Item.objects.filter(project=project)}


def as_texts(project: Any) -> dict[str, dict[str, str]]:
    return {key: {name: str(value) for name, value in data.items()} for key, data in own_columns(project).items()}


def labels(project: Any) -> dict[str, str]:
    """What most said of each item."""
    said = {key: [answer for _, answer in given] for key, given in said_by(project).items()}
    return {key: max(sorted(given), key=given.count) for key, given in said.items()}


ITEMS: dict[str, Facet] = {
    "ids": of_items(), "texts": of_items("text"), "groups, origins, contexts": of_items("group", "origin", "context"),
    "sides": of_items("split"), "columns": as_texts,
    "types of columns": own_columns, "labels": labels, "who gave which answer": said_by,
}  # fmt: skip


def held(*places: int) -> Facet:
    return lambda project: {key: [row[place] for place in places] for key, row in in_contexts(project).items()}


def stood(project: Any) -> list[tuple[str, str, str, str]]:
    """What stood left and right, and what was said of the two."""
    rows = Annotation.objects.filter(project=project).select_related("left__in_context", "pair__first", "pair__second")
    return sorted(
        (row.left.in_context.text, row.left.text, row.pair.other(row.left_id).text, row.answer["winner"])
        for row in rows
    )


def won(project: Any) -> set[tuple[str, str, str]]:
    """The context, the better and the worse one, of judgments that name one."""
    order = {"left": (1, 2), "right": (2, 1)}
    return {(row[0], *(row[place] for place in order[row[3]])) for row in stood(project) if row[3] in order}


PAIRS: dict[str, Facet] = {
    "texts": lambda project: sorted(row[0] for row in in_contexts(project).values()),
    "contexts": lambda project: {row[5] for row in in_contexts(project).values()},
    "ids": lambda project: set(in_contexts(project)), "ids and facts of contexts": held(4, 6),
    "groups, origins": held(1, 2), "sides of items": held(3), "which one won": won,
    "ties": lambda project: [row[0] for row in stood(project) if row[3] == "tie"], "which one stood left": stood,
    "who judged": lambda project: sorted(row[3] for row in judgments(project)),
    "how long a judgment took": lambda project: sorted(str(row[4]) for row in judgments(project)), "gold": gold,
}  # fmt: skip


def texts(people: Any, bring_in: Any) -> Sort:
    def empty() -> Any:
        return make_project(labels=("=a", "C#", "1"), eval_share=0.5, overlap=3)

    first = empty()
    rows = [
        {"id": f"=r{n}", "text": f"text {n}", "group": f"g{n % 4}", "origin": "web", "context": "c",
         "label": ("=a", "C#", "1")[n % 3], "votes": f"v{n}", "n": n}
        for n in range(9)
    ]  # fmt: skip
    bring_in(first, rows)
    for item in Item.objects.filter(project=first, ordinal__lt=3):
        for person in (people.annotator, people.reviewer):
            make_answer(item, person, {"label": "1"})
    return Sort("texts", first, empty, ITEMS)


def photos(people: Any, bring_in: Any) -> Sort:
    def empty() -> Any:
        return make_project(modality="image", labels=("cat", "dog"), overlap=3)

    first = empty()
    table = "image,id,label,shot\n" + "".join(f"{n}.png,p{n},{('cat', 'dog')[n % 2]},s{n}\n" for n in range(4))
    bring_in(first, zip_of({"items.csv": table.encode(), **{f"{n}.png": picture(n) for n in range(4)}}), "p.zip")
    make_answer(Item.objects.get(project=first, ordinal=1), people.annotator, {"label": "cat"})
    return Sort("pictures", first, empty, ITEMS | {"pictures": of_items("asset__sha256")})


def pairs(people: Any, bring_in: Any) -> Sort:
    first, second = judged(bring_in)
    bring_in(first, [{"left": "i13", "right": "i10", "winner": "right"}])  # that every item was judged

    def empty() -> Any:
        return make_project(kind="pairwise", labels=(), purpose=second.purpose, eval_share=second.eval_share)

    return Sort("pairs of texts", first, empty, PAIRS)


SORTS = (texts, photos, pairs)
#: Rows that name items and do not hold them are read after the items.
ITEMS_FIRST = {("annotations", name) for name in ("jsonl", "csv", "parquet")}


def written_as(project: Any) -> Iterator[tuple[str, str]]:
    """The rows and formats that a project can be exported as."""
    for rows in row_names_of(project):
        for name in format_names():
            try:
                if checked_shape(name, rows)[1] != rows:
                    continue
                check_format(project, name)
                check_fits(project, rows, NO_FILTER)
                check_folder(project, name, rows)
            except Invalid:
                continue
            yield rows, name


def come_back(sort: Sort, was: dict[str, Any], rows: str, name: str, bring_in: Any) -> Outcome:
    """What an import makes of an export, and which facets of the project are others then."""
    again = sort.empty()
    try:
        if sort.facets is PAIRS and (rows, name) in ITEMS_FIRST:
            bring_in(again, *file_of(sort.first, name, "items"))
        batch = bring_in(again, *file_of(sort.first, name, rows))
    except ImportRefused as refused:
        return Outcome("–", f"refused: {refused}")
    read_as = batch.options.get(READ_AS) or "items"
    if batch.state != "done":
        return Outcome(read_as, f"refused: {batch.error}")
    if reasons := set(batch.rejections.values_list("reason", flat=True)):
        every = "every row" if not batch.accepted else f"{batch.rejected} of {batch.total} rows"
        return Outcome(read_as, f"{every} is rejected: {min(reasons).partition(' (')[0]}")
    if sort.facets is PAIRS and rows == "items":  # which are not what was said of them
        assert not Annotation.objects.filter(project=again).exists()
    lost = [what for what, of in sort.facets.items() if of(again) != was[what]]
    return Outcome(read_as, ", ".join(lost) or "nothing")


def own_part(people: Any, bring_in: Any) -> str:
    lines = [OWN_PART, "", HEAD]
    for make in SORTS:
        sort = make(people, bring_in)
        was = {what: of(sort.first) for what, of in sort.facets.items()}
        found: dict[tuple[str, Outcome], list[str]] = {}
        for rows, name in written_as(sort.first):
            found.setdefault((rows, come_back(sort, was, rows, name, bring_in)), []).append(name)
        lines += [f"### {sort.title.capitalize()}", "", "| rows | format | read as | what does not come back |"]
        lines += ["|---|---|---|---|"]
        lines += [
            f"| {rows} | {', '.join(names)} | {outcome.read_as} | {outcome.lost} |"
            for (rows, outcome), names in found.items()
        ]
        lines.append("")
    return "\n".join(lines)


HEAD = """Made by `tests/labeling/imports/foreign/test_own_page.py`: a project is exported in each format with each of
its rows, the file is imported into an empty project like it, and the two are compared. An export is told by its
columns, whatever its name. Tables of judgments name items and do not hold them: their line is that of the items' table,
then theirs.
"""


def test_the_guide_says_what_comes_back_of_our_own_exports(people, bring_in):
    part = own_part(people, bring_in)
    before, _, _ = PAGE.read_text().partition(OWN_PART)
    if os.environ.get("UPDATE_FORMATS"):
        PAGE.write_text(before + part)
    assert PAGE.read_text() == before + part, "UPDATE_FORMATS=1 pytest tests/labeling/imports/foreign/test_own_page.py"
