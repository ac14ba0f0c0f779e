"""Makes the fixture of the upgrade test from a checkout of an old commit:

    git worktree add /tmp/old f83abf0
    python -m tests.upgrade.make /tmp/old

``label_samples.py`` runs inside the checkout, with its code and on SQLite, and fills a home: the four samples with 210
answers each of three people, a project of several labels, imported labels and judgments, taking back, revisions,
skips, two to four trained versions a project, quarantines (one lifted, one of an imported name), snapshots. What the
old code exports then is kept beside the home as what the new code must export.

Left out for size: previews, most originals, and of the files of learning those named in ``LEFT_OUT``; the project of
the table keeps all of its files, so that it can be ranked and trained further.
"""

import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
WHOLE_PROJECT = "sample-table"
ORIGINALS_KEPT = 3
#: of a project that is not whole, these folders of learning and models larger than this are left out
LEFT_OUT = ("encoders", "features")
MODEL_KEPT_BYTES = 100_000


def main(checkout: Path) -> Path:
    commit = subprocess.check_output(["git", "rev-parse", "--short=7", "HEAD"], cwd=checkout, text=True).strip()
    with tempfile.TemporaryDirectory(prefix="querent-upgrade-") as folder:
        home, expected = Path(folder, "home"), Path(folder, "expected")
        home.mkdir()
        environment = {**os.environ, "QUERENT_HOME": str(home), "REDIS_URL": "memory://"}
        command = [sys.executable, str(HERE / "label_samples.py"), str(expected)]
        subprocess.run(command, cwd=checkout, env=environment, check=True)
        files = [_database(home), *_kept(home), *(path for path in expected.rglob("*") if path.is_file())]
        packed = HERE / f"{commit}.tar.xz"
        with tarfile.open(packed, "w:xz", preset=9) as tar:
            for path in sorted(files):
                tar.add(path, path.relative_to(folder), filter=_nobodys)
    return packed


def _database(home: Path) -> Path:
    """One file, without what deleted rows left in it."""
    path = home / "querent.sqlite3"
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def _kept(home: Path) -> list[Path]:
    files = home / "files"
    whole = str(_whole_project(home))
    kept = [path for path in (files / "snapshots").rglob("*") if path.is_file()]
    kept += sorted(path for path in (files / "originals").rglob("*") if path.is_file())[:ORIGINALS_KEPT]
    for path in (files / "learning").rglob("*"):
        project, sort = path.relative_to(files / "learning").parts[:2] if path.is_file() else ("", "")
        small = sort not in LEFT_OUT and path.stat().st_size <= MODEL_KEPT_BYTES
        if path.is_file() and (project == whole or small):
            kept.append(path)
    return kept


def _whole_project(home: Path) -> int:
    database = sqlite3.connect(home / "querent.sqlite3")
    (found,) = database.execute("SELECT id FROM labeling_project WHERE slug = ?", [WHOLE_PROJECT]).fetchone()
    database.close()
    return int(found)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names and the clock of the machine."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


if __name__ == "__main__":
    made = main(Path(sys.argv[1]))
    sys.stdout.write(f"{made}: {made.stat().st_size:,} bytes\n")
