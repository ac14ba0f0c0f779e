"""manage.py simulate on small files."""

import csv
import gzip
import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from tests.learning.people import texts

QUICK = ("--learner", "logistic", "--seeds", "1", "--budget", "20")


def simulate(path, *arguments) -> str:
    out = io.StringIO()
    call_command("simulate", str(path), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def label_of(text: str) -> str:
    return "spam" if "free" in text or "call this" in text or "cash" in text else "ham"


def write_csv(path, rows, header=("id", "text", "label")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def messages(tmp_path):
    rows = [[number, text, label_of(text)] for number, text in enumerate(texts(200))]
    return write_csv(tmp_path / "messages.csv", rows)


def test_it_prints_the_saving_and_writes_curves_table_and_picture(messages, tmp_path):
    out = tmp_path / "made" / "here"
    printed = simulate(messages, "--seeds", "2", "--budget", "60", "--learner", "logistic", "--out", str(out))
    assert "200 rows (text), 2 labels" in printed
    assert "wordllama-tfidf: macro_f1" in printed
    assert printed.count("auto  ") == 3
    (line,) = (line for line in printed.splitlines() if line.startswith("Other models"))
    assert line.startswith("Other models on auto's 60 answers, over as many random ones: random_forest ")
    assert ", tfidf_linear " in line
    assert line.count("points (too few to say)") == 2
    with (out / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["strategy"], row["seed"]) for row in rows} == {(a, s) for a in ("auto", "random") for s in "01"}
    assert {row["labels"] for row in rows} == {"20", "40", "60"}
    with (out / "savings.csv").open() as file:
        assert [row["share"] for row in csv.DictReader(file)] == ["0.9", "0.95", "0.98"]
    with Image.open(out / "curves.png") as picture:
        assert picture.size == (1520, 940)
        assert len(picture.getcolors(1_000_000)) > 20


def test_tables_pictures_and_several_encoders(messages, tmp_path):
    assert "(tabular)" in simulate(messages, "--modality", "tabular", *QUICK)
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes/read me.txt", "no picture")
        for number in range(40):
            picture = io.BytesIO()
            Image.new("RGB", (16, 16), (250, number, 0) if number % 2 else (0, number, 250)).save(picture, "PNG")
            archive.writestr(f"{'red' if number % 2 else 'blue'}/{number}.png", picture.getvalue())
            if number < 3:
                archive.writestr(f"red/again {number}.png", picture.getvalue())
    out = tmp_path / "out"
    encoders = ("--encoders", "hog-hsv", "efficientnet-lite0")
    printed = simulate(path, *encoders, "--holdout", "0.4", *QUICK, "--out", str(out))
    assert "40 rows (image), 2 labels, 3 duplicates left out" in printed
    assert "hog-hsv: macro_f1" in printed
    assert "efficientnet-lite0: macro_f1" in printed
    with Image.open(out / "curves.png") as picture:
        assert picture.size == (2 * 1520, 940)


def test_the_default_learner_may_also_be_named(messages):
    assert "wordllama-tfidf: macro_f1" in simulate(messages, "--learner", "auto", "--seeds", "1", "--budget", "20")


def test_what_no_curve_reached_is_no_ratio(messages):
    few = ("--learner", "logistic", "--seeds", "1", "--budget", "2", "--batch", "2")
    printed = simulate(messages, *few, "--metric", "accuracy")
    assert "98%  no curve came this far" in printed
    assert "give more answers (--budget)" in printed


def test_another_file_may_be_the_measure(messages, tmp_path):
    held = tmp_path / "held.jsonl.gz"
    with gzip.open(held, "wt") as file:
        for text in texts(60, seed=9):
            file.write(json.dumps({"text": text, "label": label_of(text)}) + "\n")
    assert "200 rows" in simulate(messages, "--holdout", str(held), *QUICK)


def test_rows_of_a_group_stay_on_one_side(tmp_path):
    from learning.services.simulation import replay

    rows = [[number, text, label_of(text), f"writer {number % 30}"] for number, text in enumerate(texts(150))]
    data = replay.read(write_csv(tmp_path / "g.csv", rows, ("id", "text", "label", "group")), "auto", "label", "text")
    for seed in range(3):
        parts = replay.cut(data, None, 0.2, seed)
        groups = [{data.groups[row] for row in rows} for rows in (parts.pool_rows, parts.held_rows)]
        assert not groups[0] & groups[1]
        assert 20 <= len(parts.held_rows) <= 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--modality", "text", "--text", "message"], r"has no column 'message' \(--text\); it has id, text, label"),
        (["--label", "class"], "has no column 'class'"),
        (["--modality", "image"], "not a zip"),
        (["--holdout", "1.5"], "between 0 and 1"),
        (["--holdout", "absent.csv"], "neither a share nor a file"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--random-share", "2"], "--random-share"),
        (["--encoders", "hog-hsv"], "encoder hog-hsv is not for text; there is wordllama-tfidf"),
        (["--holdout", "0.95"], "too few"),
    ],
)
def test_what_cannot_be_replayed_is_one_clear_line(messages, arguments, message):
    with pytest.raises(CommandError, match=message):
        simulate(messages, *arguments)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "has no rows"),
        ("a.csv", "text,label\n" + "".join(f"t{n},x\n" for n in range(50)), "one label only"),
        ("a.csv", "text,label\nhello,\n", "No row of a.csv has a value in the column 'label'"),
        ("a.jsonl", '{"text": "a", "label": "b"}\n{"text": \n', "a.jsonl, line 2: not JSON"),
        ("a.jsonl", "[1, 2]\n", "line 1: expected an object"),
        ("a.csv", b"text,label\n\xff\xfe,b\n", "is not UTF-8"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.xlsx", b"PK", "expected .csv, .tsv, .jsonl"),
        ("a.zip", b"PK", "not a zip"),
        ("a.csv", "label\nx\ny\n", "no column besides 'label'"),
    ],
)
def test_bad_files_are_named_with_the_place(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CommandError, match=message):
        simulate(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="is not a file"):
        simulate(tmp_path / "absent.csv")


def test_people_may_err_and_the_command_says_how_often_they_did(messages):
    printed = simulate(messages, "--noise", "hard", "--rate", "0.3", "--annotators", "4", *QUICK)
    assert "4 simulated people err (hard): 30% of the answers to all rows are wrong" in printed
    assert "% of its answers are wrong, " in printed
    assert " s an answer." in printed
    assert "are wrong" not in simulate(messages, *QUICK)


def test_rows_may_be_asked_about_again_and_the_command_says_how_often_they_were(messages):
    printed = simulate(messages, "--noise", "uniform", "--rate", "0.3", "--second-answers", *QUICK, "--budget", "60")
    assert "% of its answers are further ones to the same rows; " in printed
    assert "% of its labels are wrong, " in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--second-answers"], "--second-answers needs --noise and 3 --annotators"),
        (["--second-answers", "--noise", "hard", "--annotators", "2"], "--second-answers needs"),
        (["--rate", "0.5"], "--rate must be"),
        (["--noise", "one_bad", "--annotators", "1"], "--annotators: 1 are too few"),
    ],
)
def test_people_who_cannot_be_made_are_refused(messages, arguments, message):
    with pytest.raises(CommandError, match=message):
        simulate(messages, *arguments)


def test_it_says_where_a_queue_falls_back_to_random_questions_and_does_not_where_it_shall_not(tmp_path):
    """Two labels in five are not what the row says."""
    other = {"spam": "ham", "ham": "spam"}
    rows = [
        [
            number,
            (label_of(text) == "spam") * 3 + number % 3,
            number * 37 % 101,
            other[label_of(text)] if number * 7 % 5 < 2 else label_of(text),
        ]
        for number, text in enumerate(texts(300))
    ]
    path = write_csv(tmp_path / "noisy.csv", rows, ("id", "links", "length", "label"))
    few = ("--modality", "tabular", "--seeds", "1", "--budget", "140", "--learner", "logistic")
    said = "auto: chosen questions teach little in this seed, where every question is drawn at random after "
    assert said in simulate(path, *few)
    assert "chosen questions teach little" not in simulate(path, *few, "--fall-back", "never")
