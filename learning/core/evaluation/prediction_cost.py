"""What a prediction costs: how long one row alone takes, the CPU of a thousand, and the memory behind it.

Timings are no function of data and seed: they are kept beside a model and never in its file. A fixed product of two
matrices is timed with them, by which figures of another machine, or of a loaded one, can be read.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from learning.core.evaluation.checks import CPU_LIMIT, ROW_LIMIT, Check

#: Rows alone: at least so many are timed, and no more than so many.
LEAST_ALONE, MOST_ALONE = 5, 200
#: Blocks of rows: their median counts, and a block has no more rows than these.
BLOCKS, BLOCK_ROWS = 5, 250
LEAST_BLOCK = 8
#: Rows of the block that memory is measured on: tracing makes them slow.
MEMORY_ROWS = 16
YARDSTICK_SIDE, YARDSTICK_TIMES = 256, 7

Answer = Callable[[Sequence[Any]], object]


@dataclass(frozen=True)
class PredictionCost:
    """What was measured, from the content of rows to their probabilities.

    Parameters
    ----------
    alone_ms, alone_p95_ms : float
        One row by itself, wall time: the median and the 95th percentile.
    alone_rows : int
        How often.
    cpu_ms_per_1000 : float
        CPU of a thousand rows, worked out from the median of a few blocks: milliseconds.
    block_rows : int
        Rows of a block.
    model_bytes, encoder_bytes : int
        Of the two files.
    memory_bytes : int
        What Python and NumPy asked for at most while both were loaded and a block was answered, and the weights that
        the encoder shares with others.
    yardstick_ms : float
        A fixed product of two matrices on the same machine, a moment later.
    machine : str
        Its processor.
    """

    alone_ms: float
    alone_p95_ms: float
    alone_rows: int
    cpu_ms_per_1000: float
    block_rows: int
    model_bytes: int
    encoder_bytes: int
    memory_bytes: int
    yardstick_ms: float
    machine: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values, times to four figures."""
        return {
            name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Timing:
    """The part of :class:`PredictionCost` that is time."""

    alone_ms: float
    alone_p95_ms: float
    alone_rows: int
    cpu_ms_per_1000: float
    block_rows: int


def timed(answer: Answer, contents: Sequence[Any], budget_s: float) -> Timing:
    """Time the answers to some rows.

    Parameters
    ----------
    answer : callable
        Takes contents, and makes of them what a caller gets.
    contents : sequence
        At least one; they are answered in turns.
    budget_s : float
        About how long it may take, above 0. Five rows alone and one block are measured however slow they are.

    Returns
    -------
    Timing

    Raises
    ------
    ValueError
        Without a row.

    Examples
    --------
    >>> found = timed(lambda rows: [row + 1 for row in rows], [1, 2, 3], 0.01)
    >>> found.alone_rows >= 5, found.block_rows, found.alone_ms <= found.alone_p95_ms
    (True, 3, True)
    """
    n = len(contents)
    if not n:
        raise ValueError("there is no row to answer")
    answer(contents[:1])  # whatever is only loaded by the first
    taken: list[float] = []
    until = time.perf_counter() + budget_s / 3
    while len(taken) < LEAST_ALONE or (len(taken) < MOST_ALONE and time.perf_counter() < until):
        row = len(taken) % n
        started = time.perf_counter()
        answer(contents[row : row + 1])
        taken.append(time.perf_counter() - started)
    alone_s = float(np.median(taken))
    fits = int(budget_s / (3 * BLOCKS * alone_s)) if alone_s else BLOCK_ROWS
    rows = min(n, BLOCK_ROWS, max(LEAST_BLOCK, fits))
    used: list[float] = []
    until = time.perf_counter() + budget_s / 3
    while not used or (len(used) < BLOCKS and time.perf_counter() < until):
        first = len(used) * rows % (n - rows + 1)
        used.append(_cpu_s(answer, contents[first : first + rows]) / rows)
    return Timing(
        alone_ms=1e3 * alone_s,
        alone_p95_ms=1e3 * float(np.quantile(taken, 0.95)),
        alone_rows=len(taken),
        cpu_ms_per_1000=1e6 * float(np.median(used)),
        block_rows=rows,
    )


def median_of(timings: Sequence[Timing]) -> Timing:
    """Return the median of each figure of several.

    Examples
    --------
    >>> median_of([Timing(1.0, 2.0, 5, 9.0, 8), Timing(3.0, 4.0, 5, 7.0, 8), Timing(2.0, 9.0, 5, 8.0, 8)])
    Timing(alone_ms=2.0, alone_p95_ms=4.0, alone_rows=5, cpu_ms_per_1000=8.0, block_rows=8)
    """
    middle = {name: float(np.median([vars(each)[name] for each in timings])) for name in vars(timings[0])}
    return Timing(
        middle["alone_ms"],
        middle["alone_p95_ms"],
        int(middle["alone_rows"]),
        middle["cpu_ms_per_1000"],
        int(middle["block_rows"]),
    )


def _cpu_s(answer: Answer, block: Sequence[Any]) -> float:
    """CPU of all threads of this process: a network may use several."""
    started = time.process_time()
    answer(block)
    return time.process_time() - started


def memory_of(load: Callable[[], Answer], contents: Sequence[Any]) -> int:
    """Measure the memory that a model asks for.

    Parameters
    ----------
    load : callable
        Loads everything anew and returns what answers.
    contents : sequence
        Some rows, of which a few are answered.

    Returns
    -------
    int
        Bytes at most, as Python and NumPy asked for them; what a library of C allocates for itself is not seen.

    Examples
    --------
    >>> def load():
    ...     kept = np.zeros(1_000_000)
    ...     return lambda rows: kept[: len(rows)]
    >>> 8e6 <= memory_of(load, [1, 2]) < 9e6
    True
    """
    is_mine = not tracemalloc.is_tracing()
    if is_mine:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        answer = load()
        answer(contents[:MEMORY_ROWS])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if is_mine:
            tracemalloc.stop()
    return max(peak - before, 0)


def yardstick_ms() -> float:
    """Time a fixed product of two matrices, the median of a few.

    Examples
    --------
    >>> yardstick_ms() > 0
    True
    """
    matrix = np.random.default_rng(0).random((YARDSTICK_SIDE, YARDSTICK_SIDE), dtype=np.float32)
    taken = []
    for _ in range(YARDSTICK_TIMES):
        started = time.perf_counter()
        matrix @ matrix
        taken.append(time.perf_counter() - started)
    return 1e3 * float(np.median(taken))


def limit_checks(alone_ms: float, cpu_ms_per_1000: float, most_ms: float, most_cpu_ms: float) -> list[Check]:
    """Check a cost against the limits of a project.

    Parameters
    ----------
    alone_ms, cpu_ms_per_1000 : float
        As :class:`PredictionCost` has them.
    most_ms, most_cpu_ms : float
        The limits; 0 for none.

    Returns
    -------
    list of Check
        One for each limit there is.

    Examples
    --------
    >>> [check] = limit_checks(3.21, 900.0, 2.0, 0.0)
    >>> check.passed, check.detail
    (False, 'one row alone takes 3.21 ms, the project allows 2 ms')
    """
    checks = []
    if most_ms:
        words = f"one row alone takes {alone_ms:.3g} ms, the project allows {most_ms:g} ms"
        checks.append(Check(ROW_LIMIT, alone_ms <= most_ms, alone_ms, most_ms, words))
    if most_cpu_ms:
        words = f"1,000 predictions take {cpu_ms_per_1000:.3g} ms of CPU, the project allows {most_cpu_ms:g} ms"
        checks.append(Check(CPU_LIMIT, cpu_ms_per_1000 <= most_cpu_ms, cpu_ms_per_1000, most_cpu_ms, words))
    return checks
