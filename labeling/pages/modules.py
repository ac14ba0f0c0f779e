"""Which scripts a page imports, so that they are fetched at once instead of one after the other."""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

#: ``import … from "./x.js"``, ``import "./x.js"``, ``export … from "./x.js"``; not what is imported later on.
_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^;"']*?\sfrom\s+)?["'](\.[^"']+)["']""", re.MULTILINE)


@cache
def modules_of(*scripts: str) -> tuple[str, ...]:
    """The scripts and everything they import, by their names as static files, each once and in order of name."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imported_by(name))
    return tuple(sorted(found))


def _imported_by(name: str) -> Iterator[str]:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"There is no static file {name!r}.")
    for address in _IMPORT.findall(Path(path).read_text()):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
