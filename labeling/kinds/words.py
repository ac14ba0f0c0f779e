"""What pages say of a kind of question, as far as it is not the same for all."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KindWords:
    """``title`` is its name, with what it asks in brackets; ``hint`` stands under it where a project is made."""

    title: str
    hint: str = ""
    #: what the bar of answers is called to those who do not see it
    bar: str = "Labels"
    #: what a model version learned from, and what it was measured on
    learned_from: str = "items"
    measured_on: str = "eval items"
    #: the eval split, in a sentence
    held_out: str = "items drawn at random"

    @property
    def name(self) -> str:
        return self.title.partition(" (")[0]
