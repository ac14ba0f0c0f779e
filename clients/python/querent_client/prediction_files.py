"""Whole files of rows that the model answers in the background."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal, cast

from querent_client.downloads import stream
from querent_client.imports import CountedFile, form_fields
from querent_client.jobs import finished
from querent_client.models import PredictionFileOut
from querent_client.progress import Progress, reporting
from querent_client.transport import Transport


class ProjectPredictionFiles:
    """Each row is answered once, whatever breaks off meanwhile."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def answer(
        self, path: str | Path, to: str | Path, *, format: Literal["csv", "jsonl", "parquet"] = "csv",  # noqa: A002
        version: int | None = None, force: bool = False, progress: bool | Progress = False,
        timeout_s: float | None = None,
    ) -> PredictionFileOut:  # fmt: skip
        """Sends a file, waits, and writes the answers to ``to``: a row for each row, with the ``id`` it came with."""
        started = self.start(path, version=version, force=force, progress=progress)
        done = self.wait(started["id"], progress=progress, timeout_s=timeout_s)
        self.fetch(done["id"], to, format=format, progress=progress)
        return done

    def start(
        self, path: str | Path, *, format: str | None = None,  # noqa: A002 - the contract's name
        version: int | None = None, force: bool = False, progress: bool | Progress = False,
        idempotency_key: str | None = None,
    ) -> PredictionFileOut:  # fmt: skip
        """Sends a csv, jsonl, json or parquet file, or a zip of pictures, as an import would have it."""
        fields, path = form_fields(format=format, version=version, force=force or None), Path(path)
        with reporting(progress) as tell, CountedFile(path, tell) as file:
            sent = (path.name, file)
            told = self._transport.upload("prediction_files_start", sent, fields, slug=self._slug, key=idempotency_key)
            return cast(PredictionFileOut, told)

    def wait(
        self, file_id: str, *, progress: bool | Progress = False, timeout_s: float | None = None
    ) -> PredictionFileOut:
        """The file once it is answered. Raises JobFailed and WaitedTooLong."""
        with reporting(progress) as tell:

            def rows_done(job: PredictionFileOut) -> None:
                tell("rows", job["answered"], job["total"])

            read, sleep = partial(self.read, file_id), self._transport.retries.sleep
            job = finished("Prediction file", read(), read, timeout_s=timeout_s, sleep=sleep, tell=rows_done)
            return cast(PredictionFileOut, job)

    def fetch(
        self, file_id: str, to: str | Path, *, format: Literal["csv", "jsonl", "parquet"] = "csv",  # noqa: A002
        progress: bool | Progress = False,
    ) -> Path:  # fmt: skip
        """Writes what was answered."""
        with reporting(progress) as tell:
            return stream(
                lambda: self._transport.stream(
                    "prediction_files_result", slug=self._slug, public_id=file_id, query={"format": format}
                ),
                self._transport.retries, Path(to), tell,
            )  # fmt: skip

    def read(self, file_id: str) -> PredictionFileOut:
        found = self._transport.json("prediction_files_read", slug=self._slug, public_id=file_id)
        return cast(PredictionFileOut, found)

    def cancel(self, file_id: str) -> PredictionFileOut:
        """Nothing more of it is answered."""
        found = self._transport.json("prediction_files_cancel", slug=self._slug, public_id=file_id)
        return cast(PredictionFileOut, found)

    def list(self) -> Iterator[PredictionFileOut]:
        """Newest first."""
        return self._transport.pages("prediction_files_list", slug=self._slug)
