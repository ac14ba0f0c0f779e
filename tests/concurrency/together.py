"""Runs functions at once, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

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


@contextmanager
def written_and_not_committed(write: Callable[[], Any]) -> Iterator[None]:
    """Another connection has done what ``write`` does; it commits at the end."""
    is_written, is_over = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                write()
                is_written.set()
                assert is_over.wait(LIMIT_S)
        finally:
            connection.close()

    writer = threading.Thread(target=run)
    writer.start()
    try:
        assert is_written.wait(LIMIT_S)
        yield
    finally:
        is_over.set()
        writer.join(LIMIT_S)
