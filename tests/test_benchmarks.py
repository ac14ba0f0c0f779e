"""benchmarks/README.md lists what can be run, and everything it lists is there."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
PARTS = {"efficientnet_golden": "writes a test's reference, needs PyTorch"}


def test_every_benchmark_is_listed_once():
    listed = re.findall(r"^\| `(\w+)` \|", (FOLDER / "README.md").read_text(), re.M)
    runnable = {
        path.stem for path in FOLDER.glob("*.py") if "print(" in path.read_text() and "__main__" in path.read_text()
    }
    helpers = {path.stem for path in FOLDER.glob("*_pool.py")}
    assert len(listed) == len(set(listed))
    assert set(listed) == runnable - helpers - set(PARTS)
