"""What a machine predicts, with the machine's own token."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from querent_client.models import PredictionImportOut, ToPredictOut
from querent_client.transport import Transport


class ProjectPredictions:
    """Harmless to repeat: what is known already changes nothing."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def to_predict(self, *, version: str | None = None, missing: bool = True) -> Iterator[ToPredictOut]:
        """Item after item (pair after pair) as a person is shown it; with ``missing`` those alone that this version, or
        the machine's newest, has not predicted."""
        query = {"version": version, "missing": missing}
        pages = self._transport.pages("predictions_items", slug=self._slug, query=query)
        return cast(Iterator[ToPredictOut], pages)

    def post(
        self, rows: Sequence[Mapping[str, Any]], *, version: str | None = None, idempotency_key: str | None = None
    ) -> PredictionImportOut:
        """``{"item": 17, "label": "ham"}``, or ``"probabilities"`` by label: up to 100,000 rows and 16 MB.

        Rows that do not fit, or say otherwise than this version did before, are in ``rejections`` by number.
        """
        body, query = {"rows": [dict(row) for row in rows]}, {"version": version}
        made = self._transport.json(
            "predictions_import", slug=self._slug, query=query, body=body, key=idempotency_key
        )  # fmt: skip
        return cast(PredictionImportOut, made)
