"""Where the open data sets of the benchmarks are: ``QUERENT_BENCH_DATA``, else ``shared/data`` beside the repository.

A linked worktree lies anywhere: what is beside its repository counts.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "QUERENT_BENCH_DATA"


def repository() -> Path:
    """Return the folder of the checkout, of a linked worktree that of the main one."""
    link = ROOT / ".git"
    if not link.is_file():
        return ROOT
    # "gitdir: REPOSITORY/.git/worktrees/NAME"
    return Path(link.read_text(encoding="utf-8").partition(":")[2].strip()).parents[2]


DATA = Path(os.environ.get(VARIABLE) or repository().parent / "shared" / "data")


def require_data(name: str) -> None:
    """End with a word where there is no data: a benchmark that measured nothing has not passed.

    Raises
    ------
    SystemExit
    """
    if not DATA.is_dir():
        raise SystemExit(f"{name} is not here: {DATA} is no folder. {VARIABLE} names another one.")
