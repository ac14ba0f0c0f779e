"""What the columns of a file seem to be for: by their names, by the labels of the project, by what they hold."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Names that files of the field use, in lower case without marks, the likeliest first.
_NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "sentence", "message", "body", "content", "comment", "review", "tweet", "utterance", "document",
        "question", "prompt", "post", "abstract", "passage", "description", "title", "sms", "email", "v2",
    ),
    "label": (
        "label", "labels", "intent", "category", "class", "target", "sentiment", "topic", "tag", "tags", "labelname",
        "labeltext", "annotation", "rating", "score", "stars", "y", "v1",
    ),
    "id": ("id", "uid", "uuid", "guid", "key", "docid", "documentid", "rowid", "itemid", "textid", "externalid"),
    "group": ("group", "groupid", "user", "userid", "author", "authorid", "speaker", "patient", "thread", "site"),
    "context": ("context", "query"),
    "origin": ("origin", "source", "url", "dataset"),
    "split": ("split", "fold", "subset"),
    "image": ("image", "imagepath", "imagefile", "imagename", "filename", "file", "path", "picture", "photo", "img"),
}  # fmt: skip
_MARKS = re.compile(r"[\W_]+")
_SIDES = {"pool", "eval"}
#: Share of a column's values that are labels of the project before it is taken for the labels.
_OF_LABELS = 0.5
#: Of a column that is taken for the text: words a value.
_WORDS = 3.0


@dataclass(frozen=True)
class SuggestedPurpose:
    """``why`` is a phrase for the page."""

    purpose: str
    why: str


def suggested(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], purposes: Collection[str], labels: Collection[str] = ()
) -> dict[str, SuggestedPurpose]:
    """By column what it seems to be for; columns that seem to be for nothing are absent.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of mapping
        The first rows of the file.
    purposes : collection of str
        Those the project has.
    labels : collection of str
        Label names of the project.
    """
    found: dict[str, SuggestedPurpose] = {}
    values = {name: [row[name] for row in rows if row.get(name) not in (None, "")] for name in columns}

    def free(purpose: str) -> bool:
        return purpose in purposes and all(each.purpose != purpose for each in found.values())

    def take(name: str | None, purpose: str, why: str) -> None:
        if name is not None:
            found[name] = SuggestedPurpose(purpose, why)

    for name in columns:
        if name in purposes:
            take(name, name, "by its name")
    if free("label") and labels:
        take(_of_labels(columns, found, values, labels), "label", "it holds the project’s labels")
    for purpose in purposes:
        if free(purpose):
            take(_by_name(columns, found, values, purpose), purpose, "by its name")
    if free("text"):
        take(_wordiest(columns, found, values), "text", "it holds the longest texts")
    return found


def _by_name(
    columns: Sequence[str], found: Collection[str], values: Mapping[str, list[Any]], purpose: str
) -> str | None:
    bare = {_MARKS.sub("", name.casefold()): name for name in reversed(columns) if name not in found}
    for known in _NAMES.get(purpose, (purpose,)):
        name = bare.get(_MARKS.sub("", known))
        if name is not None and _can_be(purpose, values[name]):
            return name
    return None


def _can_be(purpose: str, values: list[Any]) -> bool:
    """Whether what the column holds allows the purpose."""
    if purpose == "split":
        return bool(values) and {str(value).strip().lower() for value in values} <= _SIDES
    if purpose == "id":
        texts = [str(value) for value in values]
        return len(set(texts)) == len(texts)
    if purpose == "text":
        return any(isinstance(value, str) for value in values)
    return True


def _of_labels(
    columns: Sequence[str], found: Collection[str], values: Mapping[str, list[Any]], labels: Collection[str]
) -> str | None:
    known = set(labels)

    def share(name: str) -> float:
        held = values[name]
        return sum(str(value).strip() in known for value in held) / len(held) if held else 0.0

    best = max((name for name in columns if name not in found), key=share, default=None)
    return best if best is not None and share(best) >= _OF_LABELS else None


def _wordiest(columns: Sequence[str], found: Collection[str], values: Mapping[str, list[Any]]) -> str | None:
    def words(name: str) -> float:
        texts = [value for value in values[name] if isinstance(value, str)]
        return sum(len(text.split()) for text in texts) / len(texts) if texts else 0.0

    best = max((name for name in columns if name not in found), key=words, default=None)
    return best if best is not None and words(best) >= _WORDS else None
