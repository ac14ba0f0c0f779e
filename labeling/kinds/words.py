"""What pages say of a kind of question, as far as it is not the same for all."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KindWords:
    """``title`` is its name, with what it asks in brackets; ``hint`` stands under it where a project is made."""

    title: str
    hint: str = ""
    #: what the bar of answers is called to those who do not see it
    bar: str = "Labels"
    #: what its answers are called where they are counted
    answers: str = "answers"

    @property
    def name(self) -> str:
        return self.title.partition(" (")[0]
