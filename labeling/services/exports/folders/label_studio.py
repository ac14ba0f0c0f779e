"""Tasks with annotations as Label Studio exports and imports them, and the labeling configuration that fits.

Written by the documentation of Label Studio 1.23: "Label Studio JSON format of annotated tasks", and the tags Choices,
Rating and Pairwise. ``completed_by`` is left out: an import is refused for people whom the server does not know.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import orjson

from labeling.kinds import PerSubject, kind_of
from labeling.models import Project
from labeling.models.modality import PerModality
from labeling.selectors.columns import ANSWER, SUGGESTED
from labeling.selectors.contents import PICTURE
from labeling.selectors.label_scheme import told_names
from labeling.selectors.row_shapes import shape_named
from labeling.services.exports.base import Row
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import PAIR_SIDES, SHOWN, DataSet, ShownContent
from labeling.services.exports.folders.features import name_beside_pictures
from labeling.services.exports.folders.lines import json_array
from labeling.services.exports.folders.pictures import PIECE_BYTES, PictureFolder, PictureList, places_of, with_pictures
from labeling.services.exports.losses import in_columns

IMAGES = "images"
#: As Label Studio serves files of its own machine, below LOCAL_FILES_DOCUMENT_ROOT.
SERVED_AS = f"/data/local-files/?d={IMAGES}/"
BETWEEN_STEPS = "A median between two steps has no annotation."
EVEN = ("tie", "neither")

_KEPT = {"external_id", "split", "context"}
_OF_AN_ANSWER = frozenset(column.name for column in (*ANSWER, *SUGGESTED) if column.name not in _KEPT)
_TAKES = PerSubject(item=("annotations", "items"), pair=("annotations",))
#: What of an answer is said in its annotation, not in the data.
_SAID = {"item_id", "answer", "annotator", "created_at", "elapsed_ms", "left_id", "right_id"}
_DROPPED = _OF_AN_ANSWER - _SAID
Result = dict[str, Any]


class _Control(NamedTuple):
    """What the configuration holds, and what an answer, as one value, is to it."""

    xml: str
    results: Callable[[Any], list[Result]]


class LabelStudio(FolderFormat):
    """``tasks.json``, ``label_config.xml`` and, of pictures, ``images/``."""

    name = "label-studio"
    label = "Label Studio"
    hint = "tasks with annotations, and the labeling configuration"
    losses = (
        in_columns(
            "How an answer came to be asked for is not in it.", lambda column, own: column.name in _DROPPED and not own
        ),
    )
    cannot_hold = (
        "People stand in `created_username`; an import gives every annotation to who imports it.",
        "It knows no split: `data.split` says it.",
        "Judgments of one pair are tasks of their own, as the two stood; ties are choices beside the pair.",
    )

    def refuse(self, project: Project, rows: str) -> str:
        kind = kind_of(project)
        if shape_named(rows) or rows not in _TAKES.of(kind.subject):
            return "Label Studio takes answers."
        has_steps = kind.has_labels or kind.value_names([])
        return "" if has_steps else "Label Studio takes choices, ratings and pairs."

    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        control, shown = _control_of(data), SHOWN.of(data.project.modality)
        yield from archive.add("label_config.xml", [_config(data, control, shown).encode()])
        with PictureList() as named:
            tasks = json_array(_tasks(data, control, shown, named))
            yield from archive.add("tasks.json", tasks, squeeze=True, is_large=True)
            folder = PictureFolder(data, archive, IMAGES)
            for picture in named:
                if folder.has(picture) and archive.pending_bytes >= PIECE_BYTES:
                    yield archive.take()


def _tasks(data: DataSet, control: _Control, shown: ShownContent, named: PictureList) -> Iterator[dict[str, Any]]:
    by_item = data.has_answers and data.rows == "annotations" and not data.names_two
    rows = data.answers_by_item(data.filters) if by_item else data.records(data.filters)
    if data.pictures:
        rows = named.over(with_pictures(data, rows), places_of(data))
    told, value_of, annotation = _data(data, shown), data.kind.value_of, _annotations(control)
    if by_item:
        for item_id, group in groupby(rows, key=itemgetter("item_id")):
            answers = list(group)
            annotations = [annotation(row, value_of(row["answer"])) for row in answers]
            yield {"id": item_id, "data": told(answers[0]), "annotations": annotations}
        return
    for number, row in enumerate(rows, 1):
        if data.names_two:
            task_id, value = number, value_of(row["answer"])
        else:
            task_id, value = row["item_id"], _of_consensus(data, row["label"])
        said = [annotation(row, value)] if value is not None else []
        yield {"id": task_id, "data": told(row), "annotations": said}


def _of_consensus(data: DataSet, label: Any) -> Any:
    """The label; a median that is a step as that step."""
    if not isinstance(label, float):
        return label
    if label.is_integer() and not data.value_names:
        return int(label)
    data.lost[BETWEEN_STEPS] += 1
    return None


def _annotations(control: _Control) -> Callable[[Row, Any], dict[str, Any]]:
    """What an answer and its one value are there. The results of a value that is a text are written once."""

    @lru_cache(maxsize=4096)
    def of_text(value: str) -> orjson.Fragment:
        return orjson.Fragment(orjson.dumps(control.results(value)))

    def annotation(row: Row, value: Any) -> dict[str, Any]:
        elapsed_ms = row.get("elapsed_ms")
        return {
            "result": of_text(value) if type(value) is str else control.results(value),
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": row.get("created_at"),
            "lead_time": None if elapsed_ms is None else elapsed_ms / 1000,
            "created_username": row.get("annotator"),
        }

    return annotation


def _data(data: DataSet, shown: ShownContent) -> Callable[[Row], dict[str, Any]]:
    """Says what is shown under the names of the configuration, and the item's columns."""
    own = data.own_names
    pictures = {f"{prefix}image": f"{PICTURE}{prefix}" for prefix in data.pictures}
    # one in a row of items may be called as a column of answers
    left_out = _OF_AN_ANSWER.difference(own).union(pictures.values())
    named = name_beside_pictures if data.pictures else str
    has_table = shown.name == "data" and not data.names_two

    @lru_cache(maxsize=256)
    def kept(names: tuple[str, ...]) -> tuple[Callable[[Row], Iterable[Any]], list[str]]:
        """Takes what is kept of rows of one shape, and how it is called here: most rows are of few shapes."""
        columns = [name for name in names if name not in left_out]
        taken = itemgetter(*columns) if len(columns) > 1 else lambda row: [row[column] for column in columns]
        return taken, list(map(named, columns))

    def told(row: Row) -> dict[str, Any]:
        taken, names = kept(tuple(row))
        found = dict(zip(names, taken(row), strict=True))
        for name, place in pictures.items():
            found[name] = f"{SERVED_AS}{picture.file_name}" if (picture := row[place]) else ""
        if has_table:
            found["row"] = {name: row[name] for name in own if row.get(name) is not None}
        return found

    return told


def _config(data: DataSet, control: _Control, shown: ShownContent) -> str:
    tag, name = (_OF_PAIRS if data.names_two else _OF_ITEMS).of(data.project.modality)
    prefixes = [f"{side}_" for side in PAIR_SIDES] if data.names_two else [""]
    objects = [f'  <{tag} name="{prefix}item" value="${prefix}{name}"/>' for prefix in prefixes]
    return "\n".join(["<View>", *objects, control.xml, "</View>", ""])


#: The tag that shows an item, and the key of its data; of an item alone and of each of two.
_OF_ITEMS = PerModality(text=("Text", "text"), image=("Image", "image"), tabular=("Table", "row"))
_OF_PAIRS = replace(_OF_ITEMS, tabular=("Table", "data"))


def _control_of(data: DataSet) -> _Control:
    if data.names_two:
        return _pairwise()
    steps = told_names(data.project, data.filters.scheme)
    if data.value_names:
        return _choices(data.value_names, several=data.kind.value_type == "list")
    if steps and all(step.isdecimal() and int(step) > 0 for step in steps):
        most = max(map(int, steps))
        xml = f'  <Rating name="answer" toName="item" maxRating="{most}"/>'
        return _Control(xml, lambda step: [_result("rating", "item", {"rating": step})])
    return _choices(steps, several=False)


def _choices(names: Iterable[str], *, several: bool) -> _Control:
    choice = "multiple" if several else "single"
    lines = [f'  <Choices name="answer" toName="item" choice="{choice}">']
    lines += [f"    <Choice value={quoteattr(name)}/>" for name in names]

    def results(value: Any) -> list[Result]:
        chosen = value if isinstance(value, list) else [str(value)]
        return [_result("choices", "item", {"choices": chosen})] if chosen else []

    return _Control("\n".join([*lines, "  </Choices>"]), results)


def _pairwise() -> _Control:
    one, other = (f"{side}_item" for side in PAIR_SIDES)
    lines = [f'  <Pairwise name="answer" toName="{one},{other}"/>']
    lines += [f'  <Choices name="even" toName="{one}" choice="single">']
    lines += [f"    <Choice value={quoteattr(name)}/>" for name in EVEN]

    def results(winner: str) -> list[Result]:
        if winner in EVEN:
            return [_result("choices", one, {"choices": [winner]}, control="even")]
        return [_result("pairwise", one, {"selected": winner})]  # of the two that are compared a result names one

    return _Control("\n".join([*lines, "  </Choices>"]), results)


def _result(type_: str, shown: str, value: dict[str, Any], control: str = "answer") -> Result:
    return {"id": control, "from_name": control, "to_name": shown, "type": type_, "value": value}
