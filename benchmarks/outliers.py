"""Does a model know what it does not know? Each label of a set is left out in turn, and noise is sent.

For every label: the others' rows are split into those that are learned from and those held out; a detector is fitted on
the former and has to tell the left-out label's rows from the latter (area under the ROC curve: .5 is a coin). Every
registered detector is measured, and the project's own choice, made without the label. Then, with all labels: the share
of held-out rows that is flagged, and of noise: random words (letters at random, and words of this repository's pages),
pictures of noise (pixels, and coarse blocks), tables whose columns are shuffled.

    python -m benchmarks.outliers
    python -m benchmarks.outliers --data digits sms --labels 5 --encoded FOLDER

Of a set with more labels than ``--labels`` so many are left out, drawn by the seed. ``--encoded`` reads features and
labels as an earlier run wrote them (``NAME-features.npy``, ``NAME-labels.npy``) and writes what is missing.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

from benchmarks.label_sets import SETS, Features, Labels, banking77_texts, rows_of, sms_texts  # noqa: E402
from benchmarks.open_data import require_data  # noqa: E402
from learning.core.cycle import Answers, Settings, fit_model  # noqa: E402
from learning.core.encoders import make_encoder  # noqa: E402
from learning.core.learners import one_hot  # noqa: E402
from learning.core.outliers import DETECTORS, FALSE_SHARE, OutlierDetector, fit_outlier_detector  # noqa: E402

DEFAULT_SETS = ("digits", "fashion", "banking77", "trashnet", "sms")
TABLES = ("mushroom", "adult", "weather")
TEXTS = {"banking77": banking77_texts, "sms": sms_texts}
FILES = {
    "mushroom": ("tab_mushroom", "mushroom.csv.gz", {"target"}),
    "adult": ("tab_adult", "adult.csv.gz", {"target", "split"}),
    "weather": ("stream_weather_noaa", "weather_noaa.csv.gz", {"feat_5"}),
}
NOISE_ROWS = 300
HELD_OUT = 1_000
OWN = "own choice"


def loaded(name: str, encoded: Path | None) -> tuple[Features, Labels]:
    """Return a set, from a folder of encoded ones where it is there."""
    if encoded and (encoded / f"{name}-features.npy").exists():
        return np.load(encoded / f"{name}-features.npy"), np.load(encoded / f"{name}-labels.npy")
    if name != "digits":
        require_data(name)
    features, labels = SETS[name].load()
    if encoded:
        encoded.mkdir(parents=True, exist_ok=True)
        np.save(encoded / f"{name}-features.npy", features)
        np.save(encoded / f"{name}-labels.npy", labels)
    return features, labels


def fitted(
    features: Features, labels: Labels, n_labels: int, name: str, seed: int
) -> tuple[OutlierDetector, dict[str, object]]:
    """Return a detector and its facts. Ends with a word where there is none."""
    found = fit_outlier_detector(features, one_hot(labels, n_labels) > 0, np.random.default_rng(seed), name=name)
    if found.detector is None:
        raise SystemExit(f"no detector: {found.facts['reason']}")
    return found.detector, dict(found.facts)


def left_out(features: Features, labels: Labels, name: str, most: int, rows: int, seed: int) -> dict[str, list[float]]:
    """Return the area of every detector, and of the project's own choice, for each label that is left out."""
    rng = np.random.default_rng(seed)
    n_labels = int(labels.max()) + 1
    areas: dict[str, list[float]] = {each: [] for each in (*DETECTORS.names(), OWN)}
    taken: list[str] = []
    for label in np.sort(rng.permutation(n_labels)[:most]):
        order = rng.permutation(len(labels))
        known, novel = order[labels[order] != label], order[labels[order] == label][:HELD_OUT]
        learned, held = np.split(known, [min(rows, round(0.7 * len(known)))])
        test = np.concatenate((held[:HELD_OUT], novel))
        is_novel = labels[test] == label
        for each in DETECTORS.names():
            found, _ = fitted(features[learned], labels[learned], n_labels, each, seed)
            areas[each].append(float(roc_auc_score(is_novel, found.score(features[test]))))
        _, facts = fitted(features[learned], labels[learned], n_labels, "auto", seed)
        taken.append(str(facts["detector"]))
        # the same seed and rows: what was chosen is the detector that was measured under its name
        areas[OWN].append(areas[taken[-1]][-1])
    counted = ", ".join(f"{each} {taken.count(each)}" for each in dict.fromkeys(taken))
    print(f"{name}: {len(taken)} labels left out of {n_labels}; own choice: {counted}")
    for each, of_labels in areas.items():
        print(f"    {each:22s} mean {np.mean(of_labels):.3f}  worst {min(of_labels):.3f}")
    best = max(DETECTORS.names(), key=lambda each: float(np.mean(areas[each])))
    behind = float(np.mean(areas[best]) - np.mean(areas[OWN]))
    print(f"    own choice is {behind:.3f} behind {best}, the best (aim: at most .02)", flush=True)
    return areas


def words_of(name: str, rng: np.random.Generator) -> dict[str, Features]:
    """Return texts without sense: letters at random, and words of other texts at random."""
    texts = TEXTS[name]()
    encoder = make_encoder("auto", "text").fit(texts, np.random.default_rng(0))
    pages = " ".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "guide").glob("*.md")))
    letters = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(3, 10))) for _ in range(2_000)]
    vocabularies = {
        "random letters": letters,
        "words of other texts": sorted({word.lower() for word in re.findall("[A-Za-z]{3,}", pages)}),
        "words of its own texts": [word for text in texts for word in text.split()],
    }
    return {
        kind: encoder.transform([" ".join(rng.choice(words, rng.integers(5, 15))) for _ in range(NOISE_ROWS)])
        for kind, words in vocabularies.items()
    }


def pictures_of(name: str, features: Features, rng: np.random.Generator) -> dict[str, Features]:
    """Return pictures of nothing, as raw pixels or by the picture default."""
    if name in ("digits", "fashion"):
        return {
            "random pixels": rng.random((NOISE_ROWS, features.shape[1]), dtype=np.float32),
            "own pixels, shuffled": rng.permuted(features[rng.permutation(len(features))[:NOISE_ROWS]], axis=1),
            "columns shuffled": shuffled(features, rng),
        }
    fine = [rng.integers(0, 256, (224, 224, 3), dtype=np.uint8) for _ in range(60)]
    blocks = [each[:14, :14].repeat(16, axis=0).repeat(16, axis=1) for each in fine]
    encoder = make_encoder("auto", "image").fit(fine[:1], np.random.default_rng(0))
    return {"random pixels": encoder.transform(fine), "coarse blocks": encoder.transform(blocks)}


def shuffled(features: Features, rng: np.random.Generator) -> Features:
    """Return rows whose columns come each from another row."""
    return rng.permuted(features, axis=0)[:NOISE_ROWS]


def tables_of(name: str, rng: np.random.Generator) -> dict[str, Features]:
    """Return rows of a table whose cells stand in other columns, and whose columns come each from another row."""
    file, table, left = FILES[name]
    whole = rows_of(file, table)
    some = [whole[row] for row in np.random.default_rng(0).choice(len(whole), min(len(whole), 9_000), replace=False)]
    contents = [{column: value for column, value in row.items() if column not in left} for row in some]
    encoder = make_encoder("auto", "tabular").fit(contents, np.random.default_rng(0))
    columns = list(contents[0])
    moved = []
    for row in contents[:NOISE_ROWS]:
        moved.append(dict(zip(columns, (row[columns[at]] for at in rng.permutation(len(columns))), strict=True)))
    mixed = [
        {column: contents[int(rng.integers(len(contents)))][column] for column in columns} for _ in range(NOISE_ROWS)
    ]
    return {"cells in other columns": encoder.transform(moved), "each cell of another row": encoder.transform(mixed)}


def noise_of(name: str, features: Features, rng: np.random.Generator) -> dict[str, Features]:
    """Return rows of noise by their sort."""
    if name in TEXTS:
        return words_of(name, rng)
    return tables_of(name, rng) if name in FILES else pictures_of(name, features, rng)


def flagged(features: Features, labels: Labels, name: str, rows: int, seed: int, with_noise: bool) -> None:
    """Print the share of held-out rows and of noise that is flagged, and what fitting and asking cost."""
    n_labels = int(labels.max()) + 1
    shares, sizes, taken = [], [], []
    of_noise: dict[str, list[float]] = {}
    noise = noise_of(name, features, np.random.default_rng(seed)) if with_noise else {}
    cost = ""
    for draw in range(3):
        order = np.random.default_rng([seed, draw]).permutation(len(labels))
        learned, held = np.split(order, [min(rows, round(0.7 * len(order)))])
        started = time.process_time()
        detector, _ = fitted(features[learned], labels[learned], n_labels, "auto", draw)
        took = time.process_time() - started
        shares.append(float((detector.score(features[held]) > detector.threshold).mean()))
        for kind, each in noise.items():
            of_noise.setdefault(kind, []).append(float((detector.score(each) > detector.threshold).mean()))
        sizes.append(len(detector.dump()))
        taken.append(detector.name)
        if draw == 0:
            cost = costs(features[learned], labels[learned], features[held][:HELD_OUT], n_labels, detector, took)
    print(
        f"{name}: {len(learned):,} learned; {', '.join(dict.fromkeys(taken))}; {max(sizes) / 1024:,.0f} KiB; {cost}\n"
        f"    flagged of held-out rows {np.mean(shares):.1%} ({', '.join(f'{each:.1%}' for each in shares)};"
        f" asked {FALSE_SHARE:.0%})"
    )
    for kind, found in of_noise.items():
        print(f"    found of {kind}: {np.mean(found):.1%} (worst draw {min(found):.1%})")
    sys.stdout.flush()


def costs(
    features: Features, labels: Labels, asked: Features, n_labels: int, detector: OutlierDetector, took: float
) -> str:
    """Return CPU seconds of fitting beside the model's, and of scores beside predictions, in one run."""
    started = time.process_time()
    answers = Answers(features, one_hot(labels, n_labels))
    model = fit_model(answers, Settings("classification", n_labels), np.random.default_rng(0))
    of_model = time.process_time() - started
    assert model is not None
    started = time.process_time()
    model.predict(asked)
    middle = time.process_time()
    detector.score(asked)
    asking = time.process_time() - middle
    return (
        f"fit {took:.1f} CPU s beside the model's {of_model:.1f}; {1e6 * asking / len(asked):.0f} us a row beside"
        f" {1e6 * (middle - started) / len(asked):.0f}"
    )


def main() -> None:
    """Read the arguments, leave out, send noise and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=[*SETS], default=[*DEFAULT_SETS, *TABLES])
    parser.add_argument("--labels", type=int, default=20, help="at most so many are left out, one after the other")
    parser.add_argument("--rows", type=int, default=3_000, help="learned from, at most seven tenths of a set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("labels", "noise"), help="one of the two parts")
    parser.add_argument("--encoded", type=Path, metavar="FOLDER", help="of features and labels of an earlier run")
    given = parser.parse_args()
    for name in given.data:
        features, labels = loaded(name, given.encoded)
        features = np.asarray(features, dtype=np.float32)
        if given.only != "noise" and name not in TABLES:
            left_out(features, labels, name, given.labels, given.rows, given.seed)
        if given.only != "labels":
            flagged(features, labels, name, given.rows, given.seed, with_noise=True)


if __name__ == "__main__":
    main()
