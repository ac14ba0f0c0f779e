"""Trains a model of scikit-learn on what people labeled, and measures it on the eval split.

    pip install './clients/python[pandas]' scikit-learn
    export QUERENT_TOKEN=…
    python examples/train_on_the_export.py --slug messages

The pool is what a model may learn from. The eval split was drawn at random at import and is asked about at random, so
what is measured there holds for data like it. A cross-validation on the pool would not: a queue asks what is hard.
"""

import argparse

from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from querent_client import Client


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains on the export of a project of texts.")
    parser.add_argument("--slug", default="messages")
    given = parser.parse_args()
    with Client.from_environment() as querent:
        rows = querent.project(given.slug).export.to_pandas(rows="items")
    rows = rows[rows["label"].notna()]  # null: people disagree, or there is no answer
    pool, held_out = rows[rows["split"] == "pool"], rows[rows["split"] == "eval"]
    print(f"{len(pool)} items to learn from, {len(held_out)} to measure on")
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), LogisticRegression(C=10, class_weight="balanced")
    )
    for name, learner in (("the most frequent label", DummyClassifier()), ("words", model)):
        learner.fit(pool["text"].to_list(), pool["label"].to_list())
        right = int((learner.predict(held_out["text"].to_list()) == held_out["label"].to_numpy()).sum())
        print(f"{name}: {right} of {len(held_out)} right")


if __name__ == "__main__":
    main()
