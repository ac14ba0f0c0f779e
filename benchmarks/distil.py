"""What does a small model keep of a large one? A teacher learns from people's answers, a student from what it says.

Of each set rows are drawn by the seed: some that measure, which neither of the two sees, the others are the pool. The
teacher is what a project trains: the default encoder of the modality, the automatic learner and an outlier detector on
``--labels`` answered rows. The student is what *Teach a small model* makes of it, by the same code. Both are timed in
turns on the same rows and judged as the application does: refused unless it is ten times as fast, by a row alone and by
the CPU of a thousand, and at most one point below its teacher.

    python -m benchmarks.distil
    python -m benchmarks.distil --data sms banking77 --seeds 3

Reads ``benchmarks/open_data.py``'s folder. Pictures take their time: the network of the teacher takes some 12 ms of CPU
each.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.label_sets import fashion, rows_of
from benchmarks.open_data import DATA, require_data
from learning.core.cycle import Answers, Settings, fit_model, step_rng, with_outlier_detector
from learning.core.distillation import Taught, teach
from learning.core.distillation.students import MOST_ROWS
from learning.core.encoders import load_encoder, make_encoder
from learning.core.evaluation.intervals import share
from learning.core.evaluation.paired import paired_test
from learning.core.evaluation.prediction_cost import Timing, median_of, memory_of, timed
from learning.core.evaluation.student_gate import student_checks
from learning.core.learners import one_hot

DEFAULT_SETS = ("sms", "banking77", "fashion", "adult")
ROUNDS, BUDGET_S = 3, 0.6


@dataclass(frozen=True)
class Data:
    """Contents as the application has them, their labels as numbers, and what they are."""

    contents: list[Any]
    labels: np.ndarray
    modality: str


def texts(name: str, file: str) -> Data:
    """Return the distinct texts of a file."""
    rows = list({row["text"]: row for row in rows_of(name, file)}.values())
    return Data([row["text"] for row in rows], _numbers([row["label"] for row in rows]), "text")


def clothes() -> Data:
    """Return pictures of clothes, 28 x 28."""
    pixels, labels = fashion()
    pictures = (pixels.reshape(-1, 28, 28, 1) * 255).round().astype(np.uint8).repeat(3, axis=3)
    return Data(list(pictures), labels, "image")


def waste() -> Data:
    """Return photos of waste."""
    from PIL import Image

    pictures, labels = [], []
    with zipfile.ZipFile(DATA / "img_trashnet" / "images.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.lower().endswith(".jpg"):
                pictures.append(np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")))
                labels.append(name.split("/")[-2])
    return Data(pictures, _numbers(labels), "image")


def census() -> Data:
    """Return 12,000 rows of the census."""
    rows = rows_of("tab_adult", "adult.csv.gz")
    picked = np.random.default_rng(0).choice(len(rows), 12_000, replace=False)
    contents = [{name: value for name, value in rows[row].items() if name not in ("target", "split")} for row in picked]
    return Data(contents, _numbers([rows[row]["target"].strip(" .") for row in picked]), "tabular")


SETS = {
    "sms": lambda: texts("txt_sms_spam", "sms_spam.csv.gz"),
    "banking77": lambda: texts("txt_banking77", "banking77.csv.gz"),
    "fashion": clothes,
    "trashnet": waste,
    "adult": census,
}


def _numbers(labels: list[str]) -> np.ndarray:
    return np.unique(np.array(labels), return_inverse=True)[1]


def answering(encoder: Any, model: Any) -> Any:
    """Return what is done for a caller: features, probabilities, and whether they are unlike anything learned."""
    detector = model.outlier_detector

    def answer(rows: Any) -> object:
        features = encoder.transform(rows)
        return model.predict(features), None if detector is None else detector.score(features)

    return answer


def in_turns(answers: list[Any], rows: list[Any]) -> tuple[Timing, Timing]:
    """Time both by turns on the same rows."""
    rounds = [[timed(answer, rows, BUDGET_S) for answer in answers] for _ in range(ROUNDS)]
    first, second = (median_of(each) for each in zip(*rounds, strict=True))
    return first, second


def measure(name: str, data: Data, labels: int, eval_rows: int, seed: int) -> bool:
    """Teach once, print both and what becomes of the student; whether it is accepted."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.contents))
    held, pool = order[:eval_rows], order[eval_rows:]
    n_labels, n_taught = int(data.labels.max()) + 1, min(labels, len(pool) // 2)
    settings = Settings("classification", n_labels)

    encoder = make_encoder("auto", data.modality).fit([data.contents[row] for row in pool], rng)
    features = encoder.transform([data.contents[row] for row in pool])
    answered = Answers(features[:n_taught], one_hot(data.labels[pool[:n_taught]], n_labels))
    teacher = fit_model(answered, settings, step_rng(seed, "fit"), features[n_taught : n_taught + 1_000])
    assert teacher is not None
    teacher = with_outlier_detector(teacher, answered, settings, step_rng(seed, "outliers"))

    back = min(n_taught, 1_000, len(pool) // 3)  # for the student's own outlier detector
    taught_on = pool[back:][: MOST_ROWS[data.modality]]
    said = teacher.predict(features[back:][: len(taught_on)])
    taught = Taught([data.contents[row] for row in taught_on], said, "classification")
    student = teach(data.modality, taught, step_rng(seed, "distil"))
    seen = student.encoder.transform([data.contents[row] for row in pool[:back]])
    known = Answers(seen, one_hot(data.labels[pool[:back]], n_labels))
    model = with_outlier_detector(student.model, known, settings, step_rng(seed, "outliers"))

    rows = [data.contents[row] for row in held]
    pairs = {"teacher": (encoder, teacher), "student": (student.encoder, model)}
    right = {
        side: each.predict(reads.transform(rows)).argmax(axis=1) == data.labels[held]
        for side, (reads, each) in pairs.items()
    }
    took = dict(zip(pairs, in_turns([answering(*pair) for pair in pairs.values()], rows[:250]), strict=True))
    for side, (reads, each) in pairs.items():
        worth = share(int(right[side].sum()), len(rows))
        seen = reads.transform(rows)
        flagged = "none" if each.outlier_detector is None else (
            f"{(each.outlier_detector.score(seen) > each.outlier_detector.threshold).mean():.1%}"
        )  # fmt: skip
        memory = memory_of(partial(_loaded, reads, data.modality, each), rows) + reads.weights_bytes
        print(
            f"  {name:10s} seed {seed} {side} {each.name:19s} accuracy {worth.value:.3f} ({worth.low:.3f} to"
            f" {worth.high:.3f})  alone {took[side].alone_ms:7.3f} ms  CPU/1,000 {took[side].cpu_ms_per_1000:8.1f} ms "
            f" memory {memory / 1e6:5.1f} MB  known taken for outliers {flagged}"
        )
    paired = paired_test(right["student"], right["teacher"])
    checks = student_checks(took["student"], took["teacher"], paired)
    accepted = all(check.passed for check in checks)
    print(
        f"  {name:10s} seed {seed} {'ACCEPTED' if accepted else 'REFUSED '} {checks[0].value:.1f} times as fast:"
        f" {checks[0].detail}; {100 * paired.difference:+.1f} points ({100 * paired.low:+.1f} to"
        f" {100 * paired.high:+.1f})",
        flush=True,
    )
    return accepted


def _loaded(encoder: Any, modality: str, model: Any) -> Any:
    """What answers, its encoder loaded anew from its bytes, so that its memory is seen."""
    return answering(load_encoder(encoder.name, modality, encoder.dump()), model)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=list(SETS), default=list(DEFAULT_SETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--labels", type=int, default=1_000, help="rows people have answered")
    parser.add_argument("--eval-rows", type=int, default=1_000)
    parser.add_argument("--pictures", type=int, default=10_000, help="looked at, of a set that has more")
    given = parser.parse_args()
    passed: dict[str, int] = {}
    for name in given.data:
        require_data(name)
        data = SETS[name]()
        if data.modality == "image" and len(data.contents) > given.pictures:
            some = np.random.default_rng(0).choice(len(data.contents), given.pictures, replace=False)
            data = Data([data.contents[row] for row in some], data.labels[some], data.modality)
        eval_rows = min(given.eval_rows, len(data.contents) // 3)
        passed[name] = sum(measure(name, data, given.labels, eval_rows, seed) for seed in range(given.seeds))
    print("accepted: " + ", ".join(f"{name} {n} of {given.seeds}" for name, n in passed.items()))


if __name__ == "__main__":
    main()
