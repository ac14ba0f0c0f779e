"""Data in."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

from querent_client.jobs import finished
from querent_client.models import ImportCertificateOut, ImportOut, PreviewOut, RejectionOut
from querent_client.progress import Progress, reporting
from querent_client.transport import Transport

#: What each column is for, by its name in the file.
Columns = Mapping[str, str | None]


class ProjectImports:
    """The imports of a project. Each call waits until the worker is done, or with ``wait=False`` for nothing."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def file(
        self, path: str | Path, *, format: str | None = None,  # noqa: A002 - the contract's name
        folder_is_label: bool | None = None, columns: Columns | None = None, labels: Literal["add"] | None = None,
        progress: bool | Progress = False, wait: bool = True, timeout_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> ImportOut:  # fmt: skip
        """Sends a csv, jsonl, parquet, zip or picture file.

        ``columns`` says what columns are for (``{"sentence": "text", "row": None}``; None leaves out), ``labels="add"``
        adds labels that the project lacks.
        ``progress`` is True for bars (extra ``progress``) or a function. A file that is sent twice with one
        ``idempotency_key`` (a UUID) is one import; without it that holds for the attempts of one call.
        """
        fields = form_fields(format=format, folder_is_label=folder_is_label, columns=columns, labels=labels)
        path = Path(path)
        with reporting(progress) as tell, CountedFile(path, tell) as file:
            started = self._transport.upload(
                "imports_start", (path.name, file), fields, slug=self._slug, key=idempotency_key
            )
            return self._done(started, tell, wait, timeout_s)

    def preview(
        self, path: str | Path, *, format: str | None = None,  # noqa: A002 - the contract's name
        folder_is_label: bool | None = None, columns: Columns | None = None, labels: Literal["add"] | None = None,
    ) -> PreviewOut:  # fmt: skip
        """What the file would come to: its columns and what they are taken for, what would be rejected and why."""
        fields = form_fields(format=format, folder_is_label=folder_is_label, columns=columns, labels=labels)
        path = Path(path)
        with path.open("rb") as file:
            found = self._transport.upload("imports_preview", (path.name, file), fields, slug=self._slug)
        return cast(PreviewOut, found)

    def rows(
        self, rows: Sequence[Mapping[str, Any]], *, columns: Columns | None = None,
        labels: Literal["add"] | None = None, progress: bool | Progress = False, wait: bool = True,
        timeout_s: float | None = None, idempotency_key: str | None = None,
    ) -> ImportOut:  # fmt: skip
        """Sends rows as JSON: exact numbers, lists and nulls. ``columns`` and ``labels`` as for a file."""
        body: dict[str, Any] = {"rows": list(rows)}
        if columns is not None:
            body["columns"] = dict(columns)
        if labels:
            body["labels"] = labels
        with reporting(progress) as tell:
            started = self._transport.json("imports_start", body=body, slug=self._slug, key=idempotency_key)
            return self._done(started, tell, wait, timeout_s)

    def wait(self, import_id: str, *, progress: bool | Progress = False, timeout_s: float | None = None) -> ImportOut:
        """The import once it is done. Raises JobFailed and WaitedTooLong."""
        with reporting(progress) as tell:
            return self._done(self.read(import_id), tell, True, timeout_s)

    def read(self, import_id: str) -> ImportOut:
        return cast(ImportOut, self._transport.json("imports_read", slug=self._slug, public_id=import_id))

    def list(self) -> Iterator[ImportOut]:
        """Newest first."""
        return self._transport.pages("imports_list", slug=self._slug)

    def rejections(self, import_id: str) -> Iterator[RejectionOut]:
        """The rows that did not go in, with number and reason."""
        return self._transport.pages("imports_rejections", slug=self._slug, public_id=import_id)

    def certificate(self, import_id: str) -> ImportCertificateOut:
        """What an import that has ended carried and lost, with the sha256 of what was sent."""
        found = self._transport.json("imports_certificate", slug=self._slug, public_id=import_id)
        return cast(ImportCertificateOut, found)

    def _done(self, started: ImportOut, tell: Progress, wait: bool, timeout_s: float | None) -> ImportOut:
        if not wait:
            return started

        def rows_done(job: ImportOut) -> None:
            done = job.get("accepted", 0) + job.get("duplicates", 0) + job.get("rejected", 0)
            tell("rows", done, job.get("total"))

        read = partial(self.read, started["id"])
        sleep = self._transport.retries.sleep
        return cast(ImportOut, finished("Import", started, read, timeout_s=timeout_s, sleep=sleep, tell=rows_done))


def form_fields(**given: Any) -> dict[str, str]:
    """The fields of a form, which knows texts only."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
        if value is not None
    }


class CountedFile(io.FileIO):
    """A file that tells how much of it was read; httpx reads it from the beginning in every attempt."""

    def __init__(self, path: Path, tell: Progress) -> None:
        super().__init__(path)
        self._tell, self._size_bytes = tell, path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(-1 if size is None else size)
        self._tell("bytes sent", self.tell(), self._size_bytes)
        return found
