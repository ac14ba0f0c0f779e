"""How each reader is told to read an export: one line each, as the guide has them, and what it makes of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import datasets
import duckdb
import pandas as pd
import polars as pl

VERSIONS = {"datasets": datasets.__version__, "polars": pl.__version__, "duckdb": duckdb.__version__,
            "pandas": pd.__version__}  # fmt: skip
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Reading:
    """``line`` is Python with ``path`` in it: the file, or the folder of a data set's ``train`` side."""

    form: str
    reader: str
    line: str

    def read(self, path: Path, cache: Path, places: list[int]) -> tuple[int, Rows]:
        """How many rows there are, and those at some places as plain Python. Raises what the reader raises."""
        names = {"path": str(path), "json": json, "pd": pd, "pl": pl, "duckdb": duckdb, "load_dataset": _loader(cache)}
        return _ROWS_OF[self.reader](eval(self.line, names), places)  # the lines below


READINGS = [
    Reading("jsonl", "datasets", 'load_dataset("json", data_files=path)["train"]'),
    Reading("jsonl", "datasets", 'load_dataset("json", data_files=path, chunksize=2**30)["train"]'),
    Reading("jsonl", "polars", "pl.read_ndjson(path)"),
    Reading("jsonl", "polars", "pl.read_ndjson(path, infer_schema_length=None)"),
    Reading("jsonl", "duckdb", 'duckdb.read_json(path, format="newline_delimited")'),
    Reading("jsonl", "duckdb", 'duckdb.read_json(path, format="newline_delimited", sample_size=-1)'),
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


_ROWS_OF: dict[str, Callable[[Any, list[int]], tuple[int, Rows]]] = {
    "datasets": _of_datasets, "polars": _of_polars, "duckdb": _of_duckdb, "pandas": _of_pandas,
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
