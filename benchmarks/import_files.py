"""Files of other tools for benchmarks/import_rows.py, of any number of records."""

import io
import json
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

Record = dict[str, Any]
RECORDS_A_GROUP = 10_000
_SAID = "the message that came in yesterday evening and has not been answered by anybody since then, please call back"
_MOMENT = "2026-01-01T00:00:00.000000Z"


class ForeignFile(NamedTuple):
    """What the file is called, the kind of project it goes into, and what writes it."""

    file_name: str
    kind: str
    write: Callable[[IO[bytes], int], None]


def text_of(number: int) -> str:
    return f"{number} {_SAID}"


def label_of(number: int) -> str:
    return ("ham", "spam")[number % 2]


def label_studio(number: int) -> Record:
    result = {
        "id": f"r{number}", "from_name": "answer", "to_name": "text", "type": "choices", "origin": "manual",
        "value": {"choices": [label_of(number)]},
    }  # fmt: skip
    annotation = {
        "id": number, "completed_by": 1, "result": [result], "was_cancelled": False, "ground_truth": False,
        "created_at": _MOMENT, "updated_at": _MOMENT, "lead_time": 3.5, "prediction": {}, "result_count": 1,
    }  # fmt: skip
    return {
        "id": number, "annotations": [annotation], "predictions": [], "data": {"text": text_of(number)}, "meta": {},
        "created_at": _MOMENT, "updated_at": _MOMENT, "inner_id": number, "total_annotations": 1, "project": 1,
    }  # fmt: skip


def label_studio_min(number: int) -> Record:
    return {
        "text": text_of(number), "id": number, "answer": label_of(number), "annotator": 1, "annotation_id": number,
        "created_at": _MOMENT, "updated_at": _MOMENT, "lead_time": 3.5,
    }  # fmt: skip


def doccano(number: int) -> Record:
    return {"id": number, "text": text_of(number), "label": [label_of(number)], "Comments": []}


def argilla(number: int) -> Record:
    return {
        "id": f"r{number}", "status": "completed", "_server_id": None, "fields": {"text": text_of(number)},
        "metadata": {}, "suggestions": {}, "vectors": {},
        "responses": {"label": [{"value": label_of(number), "user_id": "6f2c2a7e-0000-4000-8000-000000000001"}]},
    }  # fmt: skip


def prodigy(number: int) -> Record:
    options = [{"id": name, "text": name} for name in ("ham", "spam")]
    return {
        "text": text_of(number), "_input_hash": number, "_task_hash": -number, "options": options,
        "_view_id": "choice", "accept": [label_of(number)], "config": {"choice_style": "single"}, "answer": "accept",
        "_timestamp": 1700000000, "_annotator_id": "set-ann", "_session_id": "set-ann",
    }  # fmt: skip


def trl(number: int) -> Record:
    """Ten preferences a prompt, between texts of their own."""
    prompt = f"What is to be done about message {number // 10}?"
    return {"prompt": prompt, "chosen": f"Answer: {text_of(number)}", "rejected": f"No answer: {text_of(number)}"}


def _lines(record: Callable[[int], Record]) -> Callable[[IO[bytes], int], None]:
    def write(file: IO[bytes], size: int) -> None:
        for number in range(1, size + 1):
            file.write(json.dumps(record(number)).encode() + b"\n")

    return write


def _array(record: Callable[[int], Record]) -> Callable[[IO[bytes], int], None]:
    """As these tools write it: all in one line."""

    def write(file: IO[bytes], size: int) -> None:
        for number in range(1, size + 1):
            file.write((b", " if number > 1 else b"[") + json.dumps(record(number)).encode())
        file.write(b"]")

    return write


def _huggingface(file: IO[bytes], size: int) -> None:
    """One shard with the features in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["ham", "spam"], "_type": "ClassLabel"},
    }
    told = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pa.schema([("text", pa.string()), ("label", pa.int64())], metadata=told)
    with pq.ParquetWriter(file, schema) as writer:
        for numbers in _groups(size):
            texts, labels = map(text_of, numbers), (number % 2 for number in numbers)
            writer.write_table(pa.table({"text": list(texts), "label": list(labels)}, schema=schema))


def _tables(file: IO[bytes], size: int) -> None:
    """A zip with the shards of a data set, as the hub has them."""
    import zipfile

    with zipfile.ZipFile(file, "w") as archive:
        shard = io.BytesIO()
        _huggingface(shard, size)
        archive.writestr("data/train-00000-of-00001.parquet", shard.getvalue())


def _groups(size: int) -> Iterator[range]:
    return (range(start, min(start + RECORDS_A_GROUP, size)) for start in range(0, size, RECORDS_A_GROUP))


FILES = {
    "label-studio": ForeignFile("export.json", "classification", _array(label_studio)),
    "label-studio-min": ForeignFile("export-min.json", "classification", _array(label_studio_min)),
    "doccano": ForeignFile("all.jsonl", "classification", _lines(doccano)),
    "argilla": ForeignFile("records.json", "classification", _array(argilla)),
    "prodigy": ForeignFile("answers.jsonl", "classification", _lines(prodigy)),
    "trl": ForeignFile("preferences.jsonl", "pairwise", _lines(trl)),
    "huggingface": ForeignFile("train-00000-of-00001.parquet", "classification", _huggingface),
    "huggingface-zip": ForeignFile("data.zip", "classification", _tables),
}
