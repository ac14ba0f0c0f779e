"""Features and answers -> calibrated probabilities for every label of the project.

A learner is one module with one class and one line below. Its contract (``tests/core/test_learners.py``) is inherited
by every registered learner: one example of a class, one class only, labels nobody used yet, soft and weighted answers;
finite probabilities for all labels; the same seed gives the same bytes; dump and load give bit-identical predictions.
"""

from __future__ import annotations

from learning.core.forms import Kind
from learning.core.learners.base import FittedLearner, Learner, OutlierScorer, one_hot
from learning.core.registry import Registry

LEARNERS: Registry[Learner] = Registry(
    "learner",
    {
        "logistic_spreading": "learning.core.learners.spreading_mean:LogisticSpreadingLearner",
        "logistic": "learning.core.learners.logistic:LogisticLearner",
        "kernel_spreading": "learning.core.learners.spreading_mean:KernelSpreadingLearner",
        "kernel_logistic": "learning.core.learners.kernel:KernelLogisticLearner",
        "linear_svm": "learning.core.learners.svm:LinearSvmLearner",
        "random_forest": "learning.core.learners.forest:RandomForestLearner",
        "ordinal_logistic": "learning.core.learners.ordinal:OrdinalLearner",
        "gradient_boosting": "learning.core.learners.boosting:GradientBoostingLearner",
    },
    only={"ordinal_logistic": ["ordinal"]},
)
_AUTO: Registry[Learner] = Registry(
    "learner",
    {
        "auto": "learning.core.learners.auto:AutoLearner",
        "ordinal_auto": "learning.core.learners.ordinal:OrdinalAutoLearner",
    },
)


def make_learner(name: str) -> Learner:
    """Return the learner a project's settings ask for.

    Parameters
    ----------
    name : str
        A registered name, or ``"auto"``: :class:`learning.core.learners.auto.AutoLearner`. What it fits carries the
        name of the learner it chose, which is the one to load it with.

    Returns
    -------
    Learner

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> make_learner("linear_svm").name
    'linear_svm'
    """
    return _AUTO.make(name) if name in _AUTO.names() else LEARNERS.make(name)


__all__ = ["LEARNERS", "FittedLearner", "Kind", "Learner", "OutlierScorer", "make_learner", "one_hot"]
