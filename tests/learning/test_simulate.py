"""manage.py simulate on small files."""

import csv
import io
import zipfile

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from tests.learning.people import texts


def simulate(path, *arguments) -> str:
    out = io.StringIO()
    call_command("simulate", str(path), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def messages(tmp_path):
    path = tmp_path / "messages.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label"])
        for number, text in enumerate(texts(200)):
            writer.writerow(
                [number, text, "spam" if "free" in text or "call this" in text or "cash" in text else "ham"]
            )
    return path


def test_it_prints_the_saving_and_writes_the_curves(messages, tmp_path):
    out = tmp_path / "curves.csv"
    printed = simulate(messages, "--seeds", "2", "--budget", "60", "--out", str(out))
    assert "macro_f1 with every pool row labeled" in printed
    assert printed.count("auto") == 3
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["strategy"], row["seed"]) for row in rows} == {(a, s) for a in ("auto", "random") for s in "01"}


def test_tables_and_pictures(messages, tmp_path):
    assert "auto" in simulate(messages, "--modality", "tabular", "--seeds", "1", "--budget", "20")
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(40):
            picture = io.BytesIO()
            Image.new("RGB", (16, 16), (250, number, 0) if number % 2 else (0, number, 250)).save(picture, "PNG")
            archive.writestr(f"{'red' if number % 2 else 'blue'}/{number}.png", picture.getvalue())
    printed = simulate(path, "--modality", "image", "--encoder", "hog-hsv", "--seeds", "1", "--budget", "20")
    assert "40 rows, 2 labels" in printed


def test_what_cannot_be_replayed_is_one_clear_line(messages, tmp_path):
    with pytest.raises(CommandError, match="has no column 'message'"):
        simulate(messages, "--text", "message")
    with pytest.raises(CommandError, match="column 'class'"):
        simulate(messages, "--label", "class")
    with pytest.raises(CommandError, match="not a zip"):
        simulate(messages, "--modality", "image")
    with pytest.raises(CommandError, match="No such file"):
        simulate(tmp_path / "absent.csv")
