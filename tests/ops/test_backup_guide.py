"""The commands of the guide's section on backups, as they stand there."""

import re
import shlex
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.ops.running import environment, manage

GUIDE = BASE_DIR / "docs" / "guide" / "operating.md"


def commands(backups: Path) -> list[str]:
    """The indented lines of the section, with another folder in the place of /backups."""
    section = re.search(r"^## Backup and restore\n(.*?)^## ", GUIDE.read_text(), re.S | re.M)[1]
    found = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    return [command.replace("/backups", str(backups)) for command in found]


@pytest.fixture
def home(tmp_path, new_home) -> Path:
    """An installation with one person in it."""
    home = new_home(tmp_path / "home")
    made = manage(home, 1, "createsuperuser", "--noinput", "--username", "ada", "--email", "a@example.org")
    assert made.returncode == 0, made.stderr
    return home


def test_the_commands_of_the_guide_back_up_and_restore(home, tmp_path):
    backups, elsewhere = tmp_path / "backups", tmp_path / "elsewhere"
    first, second, back = commands(backups)
    for command, place in ((first, home), (second, home), (back, elsewhere)):
        ran = subprocess.run(
            shlex.split(command), cwd=BASE_DIR, env=environment(place, 1), text=True, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (elsewhere / "secret_key").read_text() == (home / "secret_key").read_text()
    for key in (elsewhere / "secret_key", backups / "tuesday" / "secret_key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((backups / "tuesday").stat().st_mode) == 0o700
    database = sqlite3.connect(elsewhere / "querent.sqlite3")
    assert database.execute("SELECT username FROM labeling_user").fetchall() == [("ada",)]
    told = database.execute("SELECT action FROM labeling_auditevent").fetchall()
    assert sorted(told) == [("backup.restored",), ("user.created",)]
