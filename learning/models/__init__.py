from learning.models.alert import Alert, AlertKind, Severity
from learning.models.arm_comparison import ArmComparison
from learning.models.distillation import Distillation
from learning.models.doubtful_prediction import DoubtfulPrediction
from learning.models.features import SHARD_ROWS, EncoderVersion, FeaturePart, FeatureShard
from learning.models.item_map import ItemMap
from learning.models.label_sources import LabelSources
from learning.models.model_version import Decision, ModelVersion, Status
from learning.models.next_decision import NextDecision
from learning.models.pairwise_score import PairwiseFinding, PairwiseScore, PairwiseWithout
from learning.models.prediction_caller import PredictionCaller
from learning.models.prediction_feedback import FeedbackForm, PredictionFeedback, ProductionFacts
from learning.models.prediction_file import PredictionFile
from learning.models.release import Release, ReleaseAnswer, ReleaseMode, ReleaseState
from learning.models.run import Run, Trigger
from learning.models.served_prediction import Band, ServedPrediction, ServedStatus
from learning.models.similar_search import SimilarSearch
from learning.models.suspected_error import Outcome, SuspectedError, SuspicionState
from learning.models.trained_without import TrainedWithout
from learning.models.version_report import VersionReport

__all__ = [
    "SHARD_ROWS", "Alert", "AlertKind", "ArmComparison", "Band", "Decision", "Distillation", "DoubtfulPrediction",
    "EncoderVersion", "FeaturePart", "FeatureShard", "FeedbackForm", "ItemMap", "LabelSources", "ModelVersion",
    "NextDecision",
    "Outcome", "PairwiseFinding", "PairwiseScore", "PairwiseWithout", "PredictionCaller", "PredictionFeedback",
    "PredictionFile", "ProductionFacts", "Release", "ReleaseAnswer", "ReleaseMode", "ReleaseState", "Run",
    "ServedPrediction", "ServedStatus", "Severity", "SimilarSearch", "Status", "SuspectedError", "SuspicionState",
    "TrainedWithout", "Trigger", "VersionReport",
]  # fmt: skip
