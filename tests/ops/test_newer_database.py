"""Old code that meets the database of newer code: every process says so in one line and does not start."""

import sqlite3
import subprocess
import sys

import pytest

from config.environment import BASE_DIR
from tests.ops.running import environment, free_port

PROCESSES = {
    "everything": ["manage.py", "up"],
    "web": ["-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"],
    "worker": ["-m", "celery", "-A", "config", "worker", "--pool", "solo"],
    "scheduler": ["manage.py", "scheduler"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("newer")
    with sqlite3.connect(home / "querent.sqlite3") as database:  # no process looks at more before it refuses
        database.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT)")
        database.execute("INSERT INTO django_migrations (app, name) VALUES ('labeling', '9999_later')")
    return home


@pytest.mark.parametrize("process", PROCESSES)
def test_old_code_refuses_a_newer_database_in_one_line(home, process):
    ended = subprocess.run(
        [sys.executable, *PROCESSES[process]], cwd=BASE_DIR, text=True, capture_output=True, timeout=120, check=False,
        env=environment(home, free_port(), REDIS_URL="memory://", NO_SAMPLES="1"),
    )  # fmt: skip
    assert ended.returncode != 0
    said = [line for line in ended.stderr.splitlines() if "newer Querent" in line]
    assert len(said) == 1, ended.stderr
    assert "labeling.9999_later" in said[0]
    assert "this code ends with labeling.00" in said[0]
    assert "Traceback" not in ended.stderr
