"""In the predictor: the contents of doubtful predictions are kept until a worker has made items of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from django.db.models import Count, Sum

from labeling.db.insert import known
from labeling.models import Item, Modality, Project
from labeling.services.files import storage
from learning.models import DoubtfulPrediction

#: Of each sort so many wait at most, or twice what a day takes; all of a project together have so many bytes.
MOST_WAITING = 1_000
MOST_BYTES = 256 * 1024**2
#: The caller's own name of a row: two callers may use one for different contents.
_OWN_NAME = "id"


class Doubt(NamedTuple):
    """A prediction in doubt: its key, its content's hash, unsure or outlier, and the row or the bytes of a picture."""

    key: int
    content_hash: str
    status: str
    sent: Any


class Keeper:
    """Of one request. What there is no room for is not kept, and what is an item or waits already is not either."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._is_picture = project.modality == Modality.IMAGE
        self._most = max(MOST_WAITING, 2 * project.production_a_day)
        self._waiting: dict[str, int] | None = None
        self._bytes = 0
        self._rows: list[DoubtfulPrediction] = []

    def take(self, doubts: Sequence[Doubt]) -> None:
        """Files of pictures are stored at once, rows by ``store``."""
        if self._waiting is None:
            self._look()
        assert self._waiting is not None
        new = {doubt.content_hash: doubt for doubt in reversed(doubts)}
        for model in (Item, DoubtfulPrediction):
            for there in known(model, self._project.pk, "content_hash", list(new)) if new else ():
                del new[there]
        for doubt in reversed(new.values()):
            content = doubt.sent if self._is_picture else orjson.dumps(_nameless(doubt.sent))
            n = self._waiting.get(doubt.status, 0)
            if n >= self._most or self._bytes + len(content) > MOST_BYTES:
                continue
            self._waiting[doubt.status], self._bytes = n + 1, self._bytes + len(content)
            path = ""
            if self._is_picture:
                path = f"learning/{self._project.pk}/doubts/{doubt.content_hash}"
                storage.put(path, content)
            self._rows.append(
                DoubtfulPrediction(
                    id=doubt.key, project=self._project, content_hash=doubt.content_hash, status=doubt.status,
                    record="" if self._is_picture else content.decode(), path=path, size_bytes=len(content),
                )
            )  # fmt: skip

    def store(self) -> None:
        """In the transaction that keeps the predictions. Another process may have the same content: one of them is."""
        DoubtfulPrediction.objects.bulk_create(self._rows, ignore_conflicts=True)

    def _look(self) -> None:
        waiting = DoubtfulPrediction.objects.filter(project=self._project, taken_at=None).order_by()
        counts = waiting.values("status").annotate(n=Count("pk"), size=Sum("size_bytes"))
        found = list(counts.values_list("status", "n", "size"))
        self._waiting = {status: n for status, n, _ in found}
        self._bytes = sum(size for _, _, size in found)


def _nameless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != _OWN_NAME}
