"""Whether questions are drawn at random because choosing teaches nothing, in a sentence with its figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labeling.models import FallBack, Project
from learning.core.evaluation.fall_back import By, errors_words, explained_words

_BY_ARMS = {
    "no": "At equal numbers of labels it was no better than random questions.",
    "yes": "At equal numbers of labels it was better than random questions.",
}


@dataclass(frozen=True)
class Asking:
    """``by``: who picks the questions of the pool; ``figures`` are those of the fall-back, empty without one."""

    by: By
    text: str
    what_to_do: str
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"by": self.by, "text": self.text, "what_to_do": self.what_to_do, "figures": self.figures}


def asking(project: Project) -> Asking:
    """What pages and REST say of it; no text where the model chooses as it was set."""
    found: dict[str, Any] = project.fell_back or {}
    if found:
        head = (
            "Choosing does not pay here" if found["pays"] == "no" else "Chosen questions have taught little here so far"
        )
        text = f"{head}: since {found['answers']:,} answers every question is drawn at random."
        what_to_do = (
            "It chooses again by itself once the figures speak for it. To have it choose all the same, set"
            " “Ask at random by itself” (fall_back) to “never”."
        )
        return Asking("random", f"{text} {_why(found)}", what_to_do, found)
    is_kept = project.fall_back == FallBack.NEVER and project.strategy == "auto"
    text = "The model chooses the questions whatever the figures say: a manager set it so." if is_kept else ""
    return Asking("random" if project.strategy == "random" else "model", text, "", {})


def decided_words(figures: Mapping[str, Any], by: By, *, kept: bool) -> str:
    """What the log of a run says: who asks, on which figures; ``kept`` against them, because a manager set it so."""
    said = "every question is drawn at random" if by == "random" else "the model chooses"
    return f"{said}{', as a manager set it' if kept else ''}. {_why(figures)}"


def _why(figures: Mapping[str, Any]) -> str:
    said = [explained_words(figures["explained"]), errors_words(figures)] if figures["explained"] else []
    told = " ".join(f"{sentence}." for sentence in said if sentence)
    return f"{told} {_BY_ARMS.get(figures['pays'], '')}".strip()
