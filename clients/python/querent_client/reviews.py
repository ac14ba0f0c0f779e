"""What reviewers decide."""

import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from querent_client.models import ReviewEntryOut, ReviewOut, ReviewSortEnum, StandingOut, VerdictEnum
from querent_client.transport import Transport


class ProjectReviews:
    """The queue of reviewers, and every decision. A decision is not sent again when its answer is lost: it may be one
    by then, and ``list`` says so."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def list(self) -> Iterator[ReviewOut]:
        """Every decision, newest first, those that were undone or superseded too."""
        return self._transport.pages("reviews_list", slug=self._slug)

    def next(self, count: int = 1, *, sorts: Sequence[ReviewSortEnum] = ()) -> builtins.list[ReviewEntryOut]:
        """Claims up to so many items for ten minutes; those that are claimed already come first."""
        body = {"count": count, **({"sorts": builtins.list(sorts)} if sorts else {})}
        return cast(builtins.list[ReviewEntryOut], self._transport.json("reviews_next", slug=self._slug, body=body))

    def release(self) -> int:
        """Gives back what is claimed and not decided; of how many items."""
        return int(self._transport.json("reviews_release", slug=self._slug)["released"])

    def decide(
        self, item: ReviewEntryOut | int, verdict: VerdictEnum, *, answer: Mapping[str, Any] | None = None,
        comment: str = "", author: str = "",
    ) -> ReviewOut:  # fmt: skip
        """``answer`` is for *change*; *send_back* needs a ``comment`` and, where several answered, the ``author``."""
        body: dict[str, Any] = {"item": item if isinstance(item, int) else item["item"], "verdict": verdict}
        body |= {} if answer is None else {"answer": dict(answer)}
        body |= {name: value for name, value in (("comment", comment), ("author", author)) if value}
        return cast(ReviewOut, self._transport.json("reviews_decide", slug=self._slug, body=body))

    def undo(self, review: ReviewOut | int) -> ReviewOut:
        """Takes the newest decision about an item back: what stood before it stands again."""
        key = review if isinstance(review, int) else review["id"]
        return cast(ReviewOut, self._transport.json("reviews_undo", slug=self._slug, id=key))

    def believed(self, item: ReviewEntryOut | int) -> str:
        """What models say of an item instead of its answer; "" where they do not doubt it."""
        key = item if isinstance(item, int) else item["item"]
        return str(self._transport.json("reviews_believed", slug=self._slug, id=key)["words"])

    def standing(self) -> StandingOut:
        """How much waits, by which settings, and how many answers that nobody suspects are wrong."""
        return cast(StandingOut, self._transport.json("reviews_standing", slug=self._slug))

    def change(self, **settings: Any) -> StandingOut:
        """Changes ``sorts``, ``random_share`` or ``own_allowed``."""
        return cast(StandingOut, self._transport.json("reviews_change", slug=self._slug, body=settings))
