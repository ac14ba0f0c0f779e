"""Labeled sets for the benchmarks of learning: features by the default encoder, labels as numbers, and how to replay.

Reads the folder of ``benchmarks/open_data.py`` (Fashion-MNIST, Banking77, SMS spam, Adult, mushrooms, TrashNet,
weather, electricity, humour).
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.open_data import DATA
from learning.core.encoders import make_encoder

Features = np.ndarray
Labels = np.ndarray


def digits() -> tuple[Features, Labels]:
    """Return the 1,797 pictures of 8 x 8 grey values that scikit-learn carries."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.data / 16.0).astype(np.float32), found.target


def fashion() -> tuple[Features, Labels]:
    """Return 10,000 pictures of clothes as raw pixels."""
    found = np.load(DATA / "img_fashion_mnist" / "fashion_mnist_train8k_test2k.npz")
    pictures = np.concatenate((found["x_train"], found["x_test"])).reshape(-1, 784)
    return (pictures / 255.0).astype(np.float32), np.concatenate((found["y_train"], found["y_test"]))


def rows_of(name: str, file: str) -> list[dict[str, str]]:
    """Read a compressed csv of the shared data."""
    with gzip.open(DATA / name / file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _numbers(labels: list[str]) -> Labels:
    return np.unique(np.array(labels), return_inverse=True)[1]


def banking77_texts() -> list[str]:
    """Return the questions themselves."""
    return [row["text"] for row in rows_of("txt_banking77", "banking77.csv.gz")]


def sms_texts() -> list[str]:
    """Return the distinct messages themselves."""
    return list({row["text"]: None for row in rows_of("txt_sms_spam", "sms_spam.csv.gz")})


def banking77() -> tuple[Features, Labels]:
    """Return 13,083 questions to a bank, encoded by the text default."""
    rows = rows_of("txt_banking77", "banking77.csv.gz")
    texts = banking77_texts()
    return make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts), _numbers(
        [row["label"] for row in rows]
    )


def sms() -> tuple[Features, Labels]:
    """Return the distinct short messages, 13 % spam, encoded by the text default."""
    rows = list({row["text"]: row for row in rows_of("txt_sms_spam", "sms_spam.csv.gz")}.values())
    texts = sms_texts()
    return make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts), _numbers(
        [row["label"] for row in rows]
    )


def adult() -> tuple[Features, Labels]:
    """Return 12,000 rows of the census, encoded by the table default."""
    rows = rows_of("tab_adult", "adult.csv.gz")
    picked = np.random.default_rng(0).choice(len(rows), 12_000, replace=False)
    contents = [{name: value for name, value in rows[row].items() if name not in ("target", "split")} for row in picked]
    features = make_encoder("auto", "tabular").fit(contents, np.random.default_rng(0)).transform(contents)
    return features, _numbers([rows[row]["target"].strip(" .") for row in picked])


def mushroom() -> tuple[Features, Labels]:
    """Return 8,124 mushrooms, edible or not, encoded by the table default."""
    rows = rows_of("tab_mushroom", "mushroom.csv.gz")
    return without_columns(rows, {"target"}), _numbers([row["target"] for row in rows])


def trashnet() -> tuple[Features, Labels]:
    """Return 2,527 photos, encoded by the picture default."""
    from PIL import Image

    pictures, labels = [], []
    with zipfile.ZipFile(DATA / "img_trashnet" / "images.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.lower().endswith(".jpg"):
                pictures.append(np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")))
                labels.append(name.split("/")[-2])
    return make_encoder("auto", "image").fit(pictures, np.random.default_rng(0)).transform(pictures), _numbers(labels)


def fashion_photos() -> tuple[Features, Labels]:
    """Return the same pictures of clothes, encoded by the picture default."""
    features, labels = fashion()
    pictures = (features.reshape(-1, 28, 28, 1) * 255).round().astype(np.uint8).repeat(3, axis=3)
    return make_encoder("auto", "image").fit(list(pictures), np.random.default_rng(0)).transform(list(pictures)), labels


def _binned(rows: list[dict[str, str]], column: str, steps: int) -> Labels:
    """Cut a column of numbers into steps that hold equally many rows."""
    values = np.array([float(row[column]) for row in rows])
    return np.searchsorted(np.quantile(values, np.arange(1, steps) / steps), values, side="right")


def some_rows(name: str, file: str, n: int) -> list[dict[str, str]]:
    """Draw rows of a table that is larger than needed."""
    rows = rows_of(name, file)
    return [rows[row] for row in np.random.default_rng(0).choice(len(rows), n, replace=False)]


def without_columns(rows: list[dict[str, str]], columns: set[str]) -> Features:
    """Encode rows by the table default, some columns left out."""
    contents = [{name: value for name, value in row.items() if name not in columns} for row in rows]
    return make_encoder("auto", "tabular").fit(contents, np.random.default_rng(0)).transform(contents)


def weather() -> tuple[Features, Labels]:
    """Return 9,000 days of a weather station and their mean wind speed, in seven steps."""
    rows = some_rows("stream_weather_noaa", "weather_noaa.csv.gz", 9_000)
    return without_columns(rows, {"feat_5"}), _binned(rows, "feat_5", 7)


def electricity() -> tuple[Features, Labels]:
    """Return 9,000 half hours of a power market and the price as a rating of seven steps."""
    rows = some_rows("stream_elec2", "elec2.csv.gz", 9_000)
    return without_columns(rows, {"nswprice", "class"}), _binned(rows, "nswprice", 7)


def education() -> tuple[Features, Labels]:
    """Return 9,000 rows of the census and how far the person came at school, in six steps: an ordinal column."""
    rows = some_rows("tab_adult", "adult.csv.gz", 9_000)
    known = {"education", "education_num", "split", "target", "fnlwgt"}
    attained = np.array([int(row["education_num"]) for row in rows])
    return without_columns(rows, known), np.searchsorted([9, 10, 11, 13, 14], attained, side="right")


def hours() -> tuple[Features, Labels]:
    """Return the same rows and the hours a week the person works: under 35, to 39, 40, to 49, more."""
    rows = some_rows("tab_adult", "adult.csv.gz", 9_000)
    worked = np.array([float(row["hours_per_week"]) for row in rows])
    return without_columns(rows, {"hours_per_week", "split", "target", "fnlwgt"}), np.searchsorted(
        [35, 40, 41, 50], worked, side="right"
    )


def age() -> tuple[Features, Labels]:
    """Return the same rows and the person's age in five steps."""
    rows = some_rows("tab_adult", "adult.csv.gz", 9_000)
    return without_columns(rows, {"age", "split", "target", "fnlwgt"}), _binned(rows, "age", 5)


def visibility() -> tuple[Features, Labels]:
    """Return 9,000 days of a weather station and how far one could see, in five steps."""
    rows = some_rows("stream_weather_noaa", "weather_noaa.csv.gz", 9_000)
    return without_columns(rows, {"feat_4"}), _binned(rows, "feat_4", 5)


def jokes() -> tuple[Features, Labels]:
    """Return 4,030 one-line jokes, encoded by the text default, and how funny people found them in five steps."""
    rows = rows_of("pair_humour", "items.csv.gz")
    texts = [row["text"] for row in rows]
    return make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts), _binned(rows, "score", 5)


class DataSet(NamedTuple):
    """How a set is simulated.

    ``batch`` answers lie between two rankings, ``aim`` is what is hoped for at 95 %, ``texts`` what was encoded. The
    batch is the application's default for ``retrain_every``. Only Banking77 takes larger steps, which save four
    fifths of the time and can only cost the active arm.
    """

    load: Callable[[], tuple[Features, Labels]]
    n_pool: int
    n_held_out: int
    metric: str
    budget: int
    batch: int
    aim: float
    kind: str = "classification"
    texts: Callable[[], list[str]] | None = None


SETS = {
    "digits": DataSet(digits, 1_200, 597, "accuracy", 600, 20, 0.50),
    "fashion": DataSet(fashion, 5_000, 2_000, "accuracy", 1_500, 20, 0.50),
    "banking77": DataSet(banking77, 5_000, 3_000, "macro_f1", 3_000, 100, 0.70, texts=banking77_texts),
    "trashnet": DataSet(trashnet, 1_900, 600, "accuracy", 1_500, 20, 0.70),
    "sms": DataSet(sms, 3_500, 1_500, "macro_f1", 800, 20, 0.70, texts=sms_texts),
    "adult": DataSet(adult, 5_000, 3_000, "accuracy", 400, 20, 0.70),
    "mushroom": DataSet(mushroom, 5_000, 3_000, "accuracy", 400, 20, 0.70),
    "fashion_photos": DataSet(fashion_photos, 5_000, 2_000, "accuracy", 1_500, 20, 0.50),
    "weather": DataSet(weather, 5_000, 3_000, "quadratic_kappa", 600, 20, 0.80, "ordinal"),
    "electricity": DataSet(electricity, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "education": DataSet(education, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "hours": DataSet(hours, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "age": DataSet(age, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "visibility": DataSet(visibility, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "jokes": DataSet(jokes, 3_000, 1_000, "quadratic_kappa", 1_600, 20, 0.80, "ordinal"),
}
ORDINAL_SETS = [name for name in SETS if SETS[name].kind == "ordinal"]
DEFAULT_SETS = [name for name in SETS if name not in ("fashion_photos", "mushroom", *ORDINAL_SETS)]
