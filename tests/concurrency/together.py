"""Runs functions at once, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

LIMIT_S = 120


def together(functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Results in order; raises the first error. All of them start at the same moment."""
    start = threading.Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(LIMIT_S)
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        futures = [pool.submit(run, function) for function in functions]
        return [future.result(LIMIT_S) for future in futures]
