"""What another family of models gains from rows that a strategy asked for: labeled data outlives the model that chose.

A successor learns from the answered rows alone and is measured on the same held-out rows. What a strategy is worth to
it is the difference to as many rows of random order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from learning.core import cycle
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, mean_of_few
from learning.core.learners import LEARNERS
from learning.core.simulated_answers import answers_of
from learning.core.simulated_people import SimulatedPeople
from learning.core.simulation import METRICS, Bench

#: Learners of another family than the linear and spreading ones that ask; they look at the same features.
OTHERS = ("gradient_boosting", "random_forest")
#: Boosting grows trees for every label and looks at every feature: above these it takes minutes.
MOST_LABELS, MOST_FEATURES = {"gradient_boosting": 20}, {"gradient_boosting": 256}
TFIDF = "tfidf_linear"
#: Weight of the answers against the penalty of the linear model on words.
INVERSE_PENALTY = 10.0


@dataclass(frozen=True)
class Texts:
    """The texts behind the rows of a bench, which a successor reads in its own way."""

    pool: Sequence[str]
    held_out: Sequence[str]


def successor_scores(
    bench: Bench,
    rows: IntArray,
    settings: cycle.Settings,
    seed: int,
    people: SimulatedPeople | None = None,
    texts: Texts | None = None,
) -> dict[str, float]:
    """Return the held-out score of each family that learned from some rows of the pool.

    Parameters
    ----------
    bench : Bench
    rows : ndarray of int, shape (m,), m >= 1
    settings : Settings
        Of the cycle; only its kind counts.
    seed : int
    people : SimulatedPeople, optional
        Who answered; without them the answers are true.
    texts : Texts, optional
        Gives :data:`TFIDF`: a logistic regression on the words of the answered texts.

    Returns
    -------
    dict
    """
    said = answers_of(bench.targets, people).said[rows]
    answers = cycle.Answers(bench.features[rows], said)
    n_labels, fit = settings.n_labels, LEARNERS.names_for(settings.kind)
    width = bench.features.shape[1]
    names = [
        name
        for name in OTHERS
        if name in fit and n_labels <= MOST_LABELS.get(name, n_labels) and width <= MOST_FEATURES.get(name, width)
    ]
    found = {name: bench.score(answers, replace(settings, learner=name), seed) for name in names}
    if texts is not None:
        told = _by_words([texts.pool[row] for row in rows], said.argmax(axis=1), texts.held_out, n_labels)
        found[TFIDF] = METRICS[bench.metric](told, bench.held_out_targets, settings.kind)
    return found


def gains(ours: Sequence[Mapping[str, float]], random: Sequence[Mapping[str, float]]) -> dict[str, Estimate]:
    """Return, by family, what it gains over as many random rows: the mean over seeds with Student's interval.

    Parameters
    ----------
    ours, random : sequence of mapping
        Of :func:`successor_scores`, a seed each, in the same order.

    Examples
    --------
    >>> found = gains([{"forest": 0.8}, {"forest": 0.9}], [{"forest": 0.7}, {"forest": 0.9}])
    >>> round(found["forest"].value, 2), found["forest"].n
    (0.05, 2)
    """
    pairs = list(zip(ours, random, strict=True))
    return {name: mean_of_few([mine[name] - other[name] for mine, other in pairs], 1e-3) for name in ours[0]}


def _by_words(learned: Sequence[str], labels: IntArray, asked: Sequence[str], n_labels: int) -> FloatMatrix:
    """Probabilities of a linear model on words and pairs of words, shape (n, n_labels)."""
    found: DoubleArray = np.zeros((len(asked), n_labels))
    known = np.unique(labels)
    if known.size == 1:
        found[:, known] = 1.0
        return found.astype(np.float32)
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"\S+")
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=500).fit(words.fit_transform(learned), labels)
    found[:, model.classes_] = model.predict_proba(words.transform(asked))
    return found.astype(np.float32)
