"""What every form of targets answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal, TypeAlias

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray

Kind: TypeAlias = Literal["classification", "multilabel"]
"""One label per item, or any number of labels per item."""

Link: TypeAlias = Literal["softmax", "sigmoid"]


class Form(ABC):
    """How the k labels of an item hang together. Arrays of targets and probabilities have shape (n, k)."""

    link: ClassVar[Link]
    #: whether the labels of an item share one probability of 1
    sums_to_one: ClassVar[bool]

    @abstractmethod
    def refusal(self, targets: DoubleArray) -> str:
        """Return why these can be no targets, "" if they can; every value is known to lie in [0, 1]."""

    @abstractmethod
    def learnable(self, targets: DoubleArray, mass: DoubleArray, total: float) -> tuple[IntArray, DoubleArray]:
        """Return labels with evidence and constants for the others; see :func:`linear_model.learnable`.

        ``mass`` is the weight with which each label was given, of ``total``; ``targets`` are the rows with a weight.
        """

    @abstractmethod
    def room(self, constants: FloatMatrix | DoubleArray) -> float:
        """Return what the constants leave of an item's probability to the labels that are learned."""

    @abstractmethod
    def settle(self, columns: FloatMatrix, room: float) -> None:
        """Turn logits of shape (k, n) into probabilities, in place."""

    @abstractmethod
    def row_losses(self, probabilities: DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return the log loss of each item, shape (n,), of probabilities between 0 and 1, ends excluded."""

    @abstractmethod
    def sharpened(self, probabilities: DoubleArray, power: float) -> DoubleArray:
        """Return the probabilities raised to a power and made probabilities again."""

    @abstractmethod
    def seeds(self, known: DoubleArray, weights: DoubleArray) -> DoubleArray:
        """Return what labeled nodes of a graph send out, shape (n, k, channels)."""

    @abstractmethod
    def received(self, flow: DoubleArray, as_distribution: Callable[[DoubleArray], DoubleArray]) -> DoubleArray:
        """Return the probabilities that what arrived at the nodes stands for, shape (n, k)."""

    @abstractmethod
    def least_confidence(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return how unsure the most likely answer is, shape (n,)."""

    @abstractmethod
    def margin(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return 1 less the distance of the answer from its nearest rival, shape (n,)."""

    @abstractmethod
    def entropy(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the entropy over its largest possible value, shape (n,)."""

    @abstractmethod
    def errors(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the probabilities less the answer they speak for."""

    @abstractmethod
    def opinions(self, members: DoubleArray) -> DoubleArray:
        """Return the opinions of a committee, of shape (m, n, k), as distributions along the last axis."""

    @abstractmethod
    def over_labels(self, found: DoubleArray) -> DoubleArray:
        """Return one number an item of what was found of each distribution of :meth:`opinions`."""


def surprise(probabilities: FloatMatrix) -> FloatMatrix:
    """Return -p log p, 0 at p = 0."""
    return -probabilities * np.log(np.maximum(probabilities, np.float32(1e-30)))
