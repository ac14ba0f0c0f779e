"""A new version meets traffic, and is promoted or sent back."""

from collections.abc import Iterator
from typing import Any, cast

from querent_client.models import ReleaseDetailOut, ReleaseOut
from querent_client.transport import Transport


class ProjectReleases:
    """At most one runs; broken, slow or proven worse it ends by itself."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def __iter__(self) -> Iterator[ReleaseOut]:
        """Newest first."""
        return self._transport.pages("releases_list", slug=self._slug)

    def start(self, candidate: int, reason: str, **how: Any) -> ReleaseDetailOut:
        """Lets a model meet traffic. ``how``: ``mode`` (*shadow*, *canary*, *ab*), ``share`` of callers, ``promotes``
        without a person once it is proven better, ``latency_limit_ms``."""
        body = {"candidate": candidate, "reason": reason, **how}
        return cast(ReleaseDetailOut, self._transport.json("releases_start", slug=self._slug, body=body))

    def read(self, number: int) -> ReleaseDetailOut:
        return cast(ReleaseDetailOut, self._transport.json("releases_read", slug=self._slug, number=number))

    def promote(self, number: int, reason: str) -> ReleaseDetailOut:
        """Its candidate is the champion."""
        answer = self._transport.json("releases_promote", slug=self._slug, number=number, body={"reason": reason})
        return cast(ReleaseDetailOut, answer)

    def roll_back(self, number: int, reason: str) -> ReleaseDetailOut:
        """Every caller gets the champion's answer again."""
        answer = self._transport.json("releases_roll_back", slug=self._slug, number=number, body={"reason": reason})
        return cast(ReleaseDetailOut, answer)
