"""How each reader is told to read an export: one line each, as the guide has them, and what it makes of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import datasets
import duckdb
import mlcroissant
import pandas as pd
import polars as pl

VERSIONS = {"datasets": datasets.__version__, "polars": pl.__version__, "duckdb": duckdb.__version__,
            "pandas": pd.__version__, "mlcroissant": version("mlcroissant")}  # fmt: skip
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Reading:
    """``line`` is Python with ``path`` in it, the file or the folder of a data set, and ``schema``, a table's twin.

    ``has_texts``: what is of any type or an object comes as JSON text, also a text.
    """

    form: str
    reader: str
    line: str
    has_texts: bool = False

    def read(self, path: Path, cache: Path, places: list[int], schema: dict[str, Any]) -> tuple[int, Rows]:
        """How many rows there are, and those at some places as plain Python. Raises what the reader raises."""
        names = {
            "path": str(path), "json": json, "pd": pd, "pl": pl, "duckdb": duckdb, "load_dataset": _loader(cache),
            "schema": schema, "Features": datasets.Features, "Dataset": datasets.Dataset, "mlcroissant": mlcroissant,
        }  # fmt: skip
        return _ROWS_OF[self.reader](eval(self.line, names), places)  # the lines below


#: With the twin of the export, its ``schema``.
_AS_DATASETS = 'features=Features.from_dict({c["name"]: c["datasets"] for c in schema["fields"]})'
_AS_DUCKDB = 'columns={c["name"]: c["duckdb"] for c in schema["fields"]}'
_BY_DUCKDB = f'duckdb.read_json(path, format="newline_delimited", {_AS_DUCKDB})'
_AS_POLARS = 'schema_overrides={c["name"]: pl.String for c in schema["fields"] if c["type"] in ("any", "object")}'

READINGS = [
    Reading("jsonl", "datasets", 'load_dataset("json", data_files=path)["train"]'),
    Reading("jsonl", "datasets", 'load_dataset("json", data_files=path, chunksize=2**30)["train"]'),
    Reading("jsonl", "datasets", f'load_dataset("json", data_files=path, {_AS_DATASETS})["train"]'),
    Reading("jsonl", "datasets", f"Dataset({_BY_DUCKDB}.to_arrow_table())", has_texts=True),
    Reading("jsonl", "polars", "pl.read_ndjson(path)"),
    Reading("jsonl", "polars", "pl.read_ndjson(path, infer_schema_length=None)"),
    Reading("jsonl", "polars", f"pl.read_ndjson(path, infer_schema_length=None, {_AS_POLARS})", has_texts=True),
    Reading("jsonl", "polars", f"{_BY_DUCKDB}.pl()", has_texts=True),
    Reading("jsonl", "duckdb", 'duckdb.read_json(path, format="newline_delimited")'),
    Reading("jsonl", "duckdb", 'duckdb.read_json(path, format="newline_delimited", sample_size=-1)'),
    Reading("jsonl", "duckdb", _BY_DUCKDB, has_texts=True),
    Reading("jsonl", "pandas", "pd.read_json(path, lines=True)"),
    Reading("jsonl", "pandas", 'pd.DataFrame(map(json.loads, open(path, encoding="utf-8")), dtype=object)'),
    Reading("csv", "polars", "pl.read_csv(path, infer_schema_length=None)"),
    Reading("csv", "polars", "pl.read_csv(path, infer_schema=False)"),
    Reading("csv", "duckdb", "duckdb.read_csv(path)"),
    Reading("csv", "duckdb", "duckdb.read_csv(path, all_varchar=True)"),
    Reading("csv", "pandas", "pd.read_csv(path)"),
    Reading("csv", "pandas", 'pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])'),
    Reading("parquet", "datasets", 'load_dataset("parquet", data_files=path)["train"]'),
    Reading("parquet", "polars", "pl.read_parquet(path)"),
    Reading("parquet", "duckdb", "duckdb.read_parquet(path)"),
    Reading("parquet", "pandas", 'pd.read_parquet(path, dtype_backend="pyarrow")'),
    Reading("huggingface", "datasets", 'load_dataset(path)["train"]'),
    Reading("huggingface", "polars", 'pl.read_parquet(f"{path}/train/*.parquet")'),
    Reading("huggingface", "duckdb", 'duckdb.read_parquet(f"{path}/train/*.parquet")'),
    Reading("huggingface", "pandas", 'pd.read_parquet(f"{path}/train", dtype_backend="pyarrow")'),
    Reading("croissant", "mlcroissant", 'mlcroissant.Dataset(f"{path}/croissant.json").records("train")'),
    Reading("croissant", "datasets", 'load_dataset("parquet", data_files=f"{path}/train.parquet")["train"]'),
    Reading("croissant", "polars", 'pl.read_parquet(f"{path}/train.parquet")'),
    Reading("croissant", "duckdb", 'duckdb.read_parquet(f"{path}/train.parquet")'),
    Reading("croissant", "pandas", 'pd.read_parquet(f"{path}/train.parquet", dtype_backend="pyarrow")'),
]


def _loader(cache: Path) -> Callable[..., Any]:
    return lambda *args, **options: datasets.load_dataset(*args, **options, cache_dir=str(cache))


def _of_datasets(found: Any, places: list[int]) -> tuple[int, Rows]:
    return len(found), found.select(places).to_list()


def _of_polars(found: Any, places: list[int]) -> tuple[int, Rows]:
    return found.height, found[places].to_dicts()


def _of_duckdb(found: Any, places: list[int]) -> tuple[int, Rows]:
    names, rows = list(found.columns), found.fetchall()
    return len(rows), [dict(zip(names, rows[place], strict=True)) for place in places]


def _of_pandas(found: Any, places: list[int]) -> tuple[int, Rows]:
    rows = found.iloc[places].to_dict("records")
    return len(found), [{name: _plain(value) for name, value in row.items()} for row in rows]


def _of_mlcroissant(found: Any, places: list[int]) -> tuple[int, Rows]:
    """By the names of columns; texts are bytes."""
    (fields,) = [one.fields for one in found.dataset.metadata.record_sets if one.id == found.record_set]
    names = {field.id: field.name for field in fields}
    rows = list(found)
    return len(rows), [{names[key]: _text(value) for key, value in rows[place].items()} for place in places]


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(one) for one in value]
    return value.decode() if isinstance(value, bytes) else _plain(value)


_ROWS_OF: dict[str, Callable[[Any, list[int]], tuple[int, Rows]]] = {
    "datasets": _of_datasets, "polars": _of_polars, "duckdb": _of_duckdb, "pandas": _of_pandas,
    "mlcroissant": _of_mlcroissant,
}  # fmt: skip


def _plain(value: Any) -> Any:
    """A pandas frame has NaN, NaT and NA for null."""
    if isinstance(value, list | dict):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return None if not isinstance(value, list) and pd.isna(value) else value


def is_text_of(stored: Any, read: Any) -> bool:
    """Whether the JSON text, or nothing, says what is stored."""
    try:
        return _same(stored, json.loads(read)) if isinstance(read, str) else read is stored is None
    except ValueError:
        return False


def is_kept(stored: Any, read: Any, form: str) -> bool:
    """Whether what was read is what is stored, as the format writes it: nothing else may differ, 1 and 1.0 do."""
    if isinstance(read, datetime):
        read = read.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if form == "csv":
        return (read or "") == as_cell(stored) and isinstance(read, str | None)
    if isinstance(stored, dict | list) or form != "jsonl":
        read = _parsed(stored, read)
    return _same(stored, read)


def _same(stored: Any, read: Any) -> bool:
    """Objects that a reader gave the keys of all others hold null under them."""
    if isinstance(stored, dict) and isinstance(read, dict):
        return all(_same(stored.get(name), read.get(name)) for name in stored.keys() | read.keys())
    if isinstance(stored, list) and isinstance(read, list):
        return len(stored) == len(read) and all(map(_same, stored, read))
    return type(stored) is type(read) and stored == read


def _parsed(stored: Any, read: Any) -> Any:
    """JSON texts, which stand for objects and for columns that mix types, as what they say."""
    if isinstance(read, str) and not (isinstance(stored, str) and stored == read):
        try:
            return json.loads(read)
        except ValueError:
            return read
    return read


def as_cell(value: Any) -> str:
    """How a csv cell has it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case [] | {"labels": []}:
            return "[]"
        case {"label": str(label)}:
            return label
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
