"""benchmarks/README.md lists what can be run, everything it lists is there, and all of it starts."""

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.compare import ranking_rows

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
PARTS = {
    "efficientnet_golden": "writes a test's reference, needs PyTorch",
    "consensus_golden": "writes a test's reference, needs cleanlab",
    "active_lab_golden": "writes a test's reference, needs cleanlab",
}

#: in one process, since most of the time goes into the same imports; the first that does not say its usage ends it
ASK_ALL = """
import importlib, sys

for name in sys.argv[1:]:
    sys.argv = [name, "--help"]
    try:
        importlib.import_module(f"benchmarks.{name}").main()
    except SystemExit as end:
        assert not end.code, f"{name}: {end.code}"
    else:
        raise AssertionError(f"{name} began to work when it was asked for help")
"""


def runnable() -> set[str]:
    """Whatever is a script, parts of others included."""
    return {path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text()}


def test_every_benchmark_is_listed_once():
    listed = re.findall(r"^\| `(\w+)` \|", (FOLDER / "README.md").read_text(), re.M)
    printing = {name for name in runnable() if "print(" in (FOLDER / f"{name}.py").read_text()}
    helpers = {path.stem for path in FOLDER.glob("*_pool.py")}
    assert len(listed) == len(set(listed))
    assert set(listed) == printing - helpers - set(PARTS)


def test_every_benchmark_can_be_imported_and_says_its_usage(tmp_path):
    names = sorted(runnable() - set(PARTS))
    environment = {**os.environ, "QUERENT_HOME": str(tmp_path), "PYTHONPATH": str(FOLDER.parent)}
    command = [sys.executable, "-c", ASK_ALL, *names]
    asked = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert asked.returncode == 0, asked.stderr
    assert re.findall(r"^usage: (\w+)", asked.stdout, re.M) == names
    assert not list(tmp_path.iterdir())


def test_medians_of_phases_are_read_and_not_the_numbers_of_answers():
    printed = """2,000 items, load 1 on 2 cores, limit 1.0 s for every median
     answers  median s    from      to worker CPU s  made by
   20 to  60     0.204   0.198   0.225         0.23  diverse_margin (logistic_spreading)
  420 to 460     0.496   0.483   0.512         0.51  diverse_margin (logistic_spreading)
"""
    assert list(ranking_rows(printed).values()) == [0.204, 0.496]
