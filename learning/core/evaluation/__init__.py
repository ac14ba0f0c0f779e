"""What a model is worth: numbers on held-out truth, each with an interval, beside baselines, compared in pairs."""

from __future__ import annotations

from learning.core.evaluation.baselines import evaluate_baselines
from learning.core.evaluation.ceiling import human_ceiling
from learning.core.evaluation.curves import CurvePoint, curve_point
from learning.core.evaluation.gate import Check, Contender, GateChecks, correct_of, judge
from learning.core.evaluation.intervals import Estimate, wilson
from learning.core.evaluation.lure import lure_estimate, lure_weights
from learning.core.evaluation.paired import PairedLoss, PairedTest, paired_loss_test, paired_test
from learning.core.evaluation.report import Evaluation, LabelScores, evaluate

__all__ = [
    "Check",
    "Contender",
    "CurvePoint",
    "Estimate",
    "Evaluation",
    "GateChecks",
    "LabelScores",
    "PairedLoss",
    "PairedTest",
    "correct_of",
    "curve_point",
    "evaluate",
    "evaluate_baselines",
    "human_ceiling",
    "judge",
    "lure_estimate",
    "lure_weights",
    "paired_loss_test",
    "paired_test",
    "wilson",
]
