"""The job: reads on from the cursor, answers a chunk at a time as a request would be answered, and ends."""

import gzip
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import F
from threadpoolctl import threadpool_limits

from labeling.kinds import kind_of
from labeling.models import JobState, Modality, Project
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers import reader_of
from labeling.services.imports.readers.base import Numbered
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import PICTURE, Rejection
from labeling.services.jobs.attempts import Attempt, attempt_at
from learning.models import PredictionFile
from learning.services import files
from learning.services.prediction_files.start import let_go_of_upload
from learning.services.serving.answering import Answer, Caller, answer
from learning.services.serving.guard import Guard, Stopped, TooMany
from learning.services.serving.loading import Predictor, Predictors
from learning.services.serving.promises import NothingToServe, refuse_chosen
from learning.services.serving.rows import Asked, add_picture, add_record

log = logging.getLogger(__name__)

CHUNK_ROWS = 2_000
CHUNK_BYTES = 16 * 1024**2
#: A limit that is reached is looked at again so often.
WAIT_S = 300
FOLDER = "predicted"
_TOLD = ("status", "probabilities", "sure", "band", "model", "field", "reason")
_BESIDE_ANSWER = frozenset((*_TOLD, "row", "id"))
_COUNTED = {"ok": "ok", "unsure": "unsure", "outlier": "outliers", "unknown": "outliers", "refused": "refused"}


def run_file(pk: int) -> dict[str, Any]:
    """Answers a file to its end, or until this attempt is fenced off. Safe to call any number of times: what was
    answered is neither answered nor kept again."""
    with attempt_at(PredictionFile.objects.all(), pk) as attempt:
        if attempt is not None:
            asked = PredictionFile.objects.select_related("project", "model_version").get(pk=pk)
            try:
                with threadpool_limits(limits=1):
                    total = _FileUnderWay(asked, attempt).to_the_end()
            except TooMany as full:
                words = f"Waits: {full} It goes on by itself when the next day begins, in UTC."
                attempt.rows.put_back_for(pk, attempt.number, words, min(WAIT_S, full.retry_after_s))
            except NothingToServe as refused:
                if refused.retry_after_s:
                    attempt.rows.put_back_for(pk, attempt.number, f"Waits: {refused}", refused.retry_after_s)
                else:
                    attempt.rows.finish(pk, attempt.number, JobState.FAILED, error=str(refused))
            except (ImportRefused, Stopped, Project.DoesNotExist) as refused:
                attempt.rows.finish(pk, attempt.number, JobState.FAILED, error=str(refused))
            else:
                attempt.finish(total=total)
    ended = PredictionFile.objects.filter(pk=pk).first()
    if ended is None:  # with its project
        return {"prediction_file": pk, "state": "gone"}
    let_go_of_upload(ended)
    return {"prediction_file": pk, "state": ended.state, "rows": ended.cursor}


@dataclass
class _Chunk:
    """Rows that are answered together: ``numbers`` in the file, and the sender's ``ids``."""

    asked: Asked = field(default_factory=Asked)
    numbers: list[int] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    size_bytes: int = 0


class _FileUnderWay:
    def __init__(self, asked: PredictionFile, attempt: Attempt) -> None:
        self.row, self.attempt = asked, attempt
        if asked.asked_by_id is None:
            raise Stopped("Who sent this file is deleted: predictions are kept with whoever asked.")
        self.caller = Caller(asked.asked_by_id, asked.token_id)
        self.guard = Guard()
        self.kind = kind_of(asked.project)
        self.predictor = self._predictor()

    def to_the_end(self) -> int:
        """The number of rows. Raises ImportRefused, NothingToServe, Stopped, TooMany, FencedOff."""
        row = self.row
        with default_storage.open(row.path, "rb") as file:
            reader = reader_of(file, row.project, row.format, row.file_name, row.options)
            for chunk in self._chunks(reader.records(row.cursor)):
                if reader.total and row.total is None:
                    row.total = reader.total
                    self.attempt.beat(total=row.total)
                self._answer(chunk)
        if not row.cursor:
            raise ImportRefused("The file holds no rows.")
        return row.cursor

    def _predictor(self) -> Predictor:
        """Of the version that began, else of the one that was asked for, else of the one in use."""
        row = self.row
        number = row.model_version.number if row.model_version else row.version_asked
        found = Predictors(settings.PREDICTOR_CACHE_BYTES).of(row.project_id, number, self.attempt.beat)
        if row.model_version is None:
            if number is not None and row.token_id is not None:
                refuse_chosen(found.version, found.version.project)
            row.model_version = found.version
            self.attempt.beat(model_version=found.version)
        return found

    def _chunks(self, records: Iterator[Numbered]) -> Iterator[_Chunk]:
        limit = self.row.project.predictions_a_day
        # what a day has left is used up but for a tenth, and who asks about a row every morning keeps no file waiting
        most = min(CHUNK_ROWS, max(1, limit // 10)) if limit else CHUNK_ROWS
        chunk = _Chunk()
        for number, record in records:
            if number > settings.IMPORT_MAX_ROWS:
                raise ImportRefused(f"More than {settings.IMPORT_MAX_ROWS:,} rows; those before that are answered.")
            self._add(chunk, number, record)
            if len(chunk.numbers) >= most or chunk.size_bytes > CHUNK_BYTES:
                yield chunk
                chunk = _Chunk()
        if chunk.numbers:
            yield chunk

    def _add(self, chunk: _Chunk, number: int, record: dict[str, Any] | Rejection) -> None:
        asked = chunk.asked
        chunk.numbers.append(number)
        if isinstance(record, Rejection):
            chunk.ids.append(record.name or None)
            asked.refuse(asked.n, record.field, record.reason)
            asked.add(None, "")
            return
        chunk.ids.append(row_name(record.get("id"), record) or None)
        if self.predictor.builder.modality == Modality.IMAGE:
            content = record.get(PICTURE) or b""
            chunk.size_bytes += len(content)
            add_picture(asked, content)
        else:
            add_record(asked, self.predictor.builder, record)
            chunk.size_bytes += _characters(asked.contents[-1])

    def _answer(self, chunk: _Chunk) -> None:
        row = self.row
        self.guard.refuse_stopped(row.project, self.caller)
        self.guard.count_in_day(row.project, self.caller, len(chunk.numbers))

        def along(answers: Sequence[Answer]) -> None:
            """In the transaction that keeps the predictions: a worker that dies has kept neither."""
            lines = (self._line(*one) for one in zip(chunk.numbers, chunk.ids, answers, strict=True))
            data = gzip.compress(b"".join(lines), compresslevel=4, mtime=0)
            name, sha256 = files.store(f"learning/{row.project_id}/{FOLDER}/{row.public_id}", ".jsonl.gz", data)
            parts = [*row.parts, [name, sha256, len(answers)]]
            self.attempt.beat(cursor=chunk.numbers[-1], parts=parts, **_counts(answers))
            row.parts, row.cursor = parts, chunk.numbers[-1]

        answer(
            self.predictor, chunk.asked, self.caller, force=row.force, keeps_doubts=row.version_asked is None,
            beat=self.attempt.beat, along=along,
        )  # fmt: skip
        self.predictor.builder.columns.clear()  # a builder of an import learns the columns of a table

    def _line(self, number: int, external_id: str | None, told: Answer) -> bytes:
        """As it is in the result: ``id`` is the sender's, the prediction's own stands beside it."""
        said = {name: value for name, value in told.items() if name not in _BESIDE_ANSWER}
        line = {name: told[name] for name in _TOLD if name in told}
        line |= {"row": number, "id": external_id, "prediction": told.get("id")}
        line["label"] = self.kind.value_of(said) if said else None
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _characters(content: Any) -> int:
    """Of a text, or of all texts of a table row."""
    cells = content.values() if isinstance(content, dict) else [content]
    return sum(len(cell) for cell in cells if isinstance(cell, str))


def _counts(answers: Sequence[Answer]) -> dict[str, Any]:
    found = dict.fromkeys(_COUNTED.values(), 0)
    for one in answers:
        found[_COUNTED[one["status"]]] += 1
    return {name: F(name) + n for name, n in found.items()}
