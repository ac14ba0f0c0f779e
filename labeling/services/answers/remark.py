"""What a request says of the doubt and the comment that go with an answer. One revision holds all of it."""

from dataclasses import dataclass
from typing import Any

from labeling.models.remark import MAX_COMMENT, Remark
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid


@dataclass(frozen=True, slots=True)
class RemarkChange:
    """None leaves as it is what stands with the answer, so that a client that knows nothing of comments deletes none;
    ``False`` and "" take away."""

    doubt: bool | None = None
    comment: str | None = None

    def of(self, before: Remark) -> Remark:
        return Remark(
            before.doubt if self.doubt is None else self.doubt,
            before.comment if self.comment is None else self.comment,
        )


def checked_remark(doubt: Any, comment: Any) -> RemarkChange:
    """Raises Invalid (doubt, comment)."""
    if doubt is not None and not isinstance(doubt, bool):
        raise Invalid("doubt", "Expected true or false.")
    return RemarkChange(doubt, None if comment is None else text("comment", comment, max_length=MAX_COMMENT))
