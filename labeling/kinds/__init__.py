"""The registry of kinds."""

from labeling.kinds.base import NO_FAMILY, InvalidAnswer, Majority, QuestionKind
from labeling.kinds.classification import Classification
from labeling.kinds.multilabel import Multilabel
from labeling.kinds.pairwise import Pairwise

KINDS: dict[str, QuestionKind] = {kind.name: kind for kind in (Classification(), Multilabel(), Pairwise())}

__all__ = ["KINDS", "NO_FAMILY", "InvalidAnswer", "Majority", "QuestionKind"]
