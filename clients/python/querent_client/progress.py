"""How far something is: told to a function, or drawn by tqdm."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from querent_client.errors import MissingExtra

#: Called with what is counted ("bytes sent", "rows", "bytes"), how many are done, and of how many (None: not known).
Progress = Callable[[str, int, int | None], None]


@contextmanager
def reporting(progress: bool | Progress) -> Iterator[Progress]:
    """The function to tell; with True it draws bars. Raises MissingExtra before anything is sent."""
    if not isinstance(progress, bool):
        yield _only_news(progress)
    elif progress:
        bars = _Bars()
        try:
            yield bars.tell
        finally:
            bars.close()
    else:
        yield lambda what, done, total: None


def _only_news(tell: Progress) -> Progress:
    """Who polls a job knows nothing new most of the time."""
    last: dict[str, tuple[int, int | None]] = {}

    def told(what: str, done: int, total: int | None) -> None:
        if last.get(what) != (done, total):
            last[what] = (done, total)
            tell(what, done, total)

    return told


class _Bars:
    """One bar of tqdm for each thing that is counted."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise MissingExtra("tqdm", "progress") from error
        self._make, self._bars = tqdm, dict[str, Any]()

    def tell(self, what: str, done: int, total: int | None) -> None:
        bar = self._bars.get(what)
        if bar is None:
            bar = self._bars[what] = self._make(desc=what, unit_scale=True)
        bar.total = total
        bar.update(done - bar.n)
        bar.refresh()

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()
