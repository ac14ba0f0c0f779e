"""What a person says with an answer: that he is not sure, and a short comment (decision 0113)."""

from dataclasses import dataclass
from typing import Any

#: Characters of a comment that goes with an answer.
MAX_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Remark:
    """``comment`` is "" for none."""

    doubt: bool = False
    comment: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """As REST and pages are told."""
        return {"doubt": self.doubt, "comment": self.comment}

    @property
    def columns(self) -> dict[str, Any]:
        """As an annotation stores it: null for nothing said."""
        return {"doubt": self.doubt or None, "comment": self.comment or None}


NO_REMARK = Remark()
