"""Libraries that only some need: imported when asked for, with a word on how to get them."""

import importlib
from typing import Any

from querent_client.errors import MissingExtra


def pandas() -> Any:
    _library("pyarrow", "pandas")  # by which pandas reads parquet
    return _library("pandas", "pandas")


def polars() -> Any:
    return _library("polars", "polars")


def datasets() -> Any:
    return _library("datasets", "datasets")


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # it is there, and something of its own is not
            raise
        raise MissingExtra(name, extra) from error
