"""What the guide tells people to run is run here."""

import re
from pathlib import Path

import pandas as pd
import pytest

from labeling.selectors.export import Filters
from labeling.services.exports import export_file
from tests.factories import make_answer, make_items, make_project

pytestmark = pytest.mark.django_db

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "exporting.md"


def test_the_estimate_of_the_guide_reads_labels_of_digits_as_they_are(people, tmp_path, monkeypatch, capsys):
    (snippet,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    project = make_project(labels=("007", "7", "1.0"))
    items = make_items(project, [f"text {n}" for n in range(30)])
    labels = [("007", "7", "1.0")[n % 3] for n in range(20)]
    for n, label in enumerate(labels):
        place = {"reason": "strategy", "propensity": 1 / (30 - n), "pool_size": 30 - n, "draw": n + 1}
        make_answer(items[n], people.annotator, {"label": label}, **place)
    monkeypatch.chdir(tmp_path)
    Path("project-items.jsonl").write_bytes(b"".join(export_file(project, "jsonl", "items", Filters())))
    right = pd.Series(labels, index=[item.pk for item in items[:20]])
    for predictions, error in ((right, 0.0), (right.map({"007": "7", "7": "007", "1.0": "1"}), 1.0)):
        exec(snippet, {"predictions": predictions})  # what a reader would paste
        assert float(capsys.readouterr().out.split()[4]) == pytest.approx(error, abs=0.05)
