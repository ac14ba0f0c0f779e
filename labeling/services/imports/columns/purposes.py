"""What a column of a file can be for, by what a project asks about and how."""

from labeling.kinds import QuestionKind
from labeling.models import Modality

#: What each means, as a person who chooses reads it.
WORDS = {
    "text": "the text asked about",
    "image": "path of the picture in the zip",
    "label": "a label known already",
    "id": "your own identifier",
    "group": "group that stays on one side of the split",
    "context": "shown with the item",
    "context_id": "identifier of the context",
    "context_purpose": "purpose of the context",
    "origin": "where it came from",
    "split": "pool or eval",
    "left": "identifier of the left item",
    "right": "identifier of the right item",
    "winner": "which of the two won",
    "annotator": "who gave the answer",
    "gold": "the answer known to be true",
    "gold_explanation": "why it is true, told to who has answered",
    "elapsed_ms": "milliseconds the judgment took",
}
#: A column that is called so is kept as data until somebody says that it is meant.
_CHOSEN = ("annotator",)
_OF_GOLD = ("gold", "gold_explanation")
_OF_PAIRS = ("left", "right", "winner", "annotator", "gold", "elapsed_ms")


def purposes_of(modality: str, kind: QuestionKind) -> dict[str, str]:
    """The purposes there are, with their meaning, those that matter most first."""
    names: list[str] = []
    if modality == Modality.TEXT:
        names.append("text")
    if modality == Modality.IMAGE:
        names.append("image")
    if not kind.rows_name_items:
        names += ["label", *_CHOSEN, *_OF_GOLD]
    names += ["id", "group", "context"]
    if kind.has_contexts:
        names += ["context_id", "context_purpose"]
    names += ["origin", "split"]
    if kind.rows_name_items:
        names += _OF_PAIRS
    return {name: WORDS[name] for name in names}


def is_by_name(purpose: str, kind: QuestionKind) -> bool:
    """Whether a column that is called as the purpose is for it without being chosen."""
    return kind.rows_name_items or purpose not in _CHOSEN
