"""What a model of labels says of rows from outside: answers by the labels of now, whatever they were called then."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from labeling.kinds import LabelNames, Question, kind_of
from labeling.selectors.label_names import label_names
from learning.core.learners import FittedLearner
from learning.families.labels.older_labels import in_labels_of_now
from learning.families.labels.ranking import judged_by
from learning.models import ModelVersion
from learning.services.pipeline.family import Said


class LabelSpeaker:
    """Of a version and its model. Labels that were merged since are one; what came since is never said."""

    def __init__(self, version: ModelVersion, model: FittedLearner) -> None:
        project = version.project
        self._model = model
        self._kind = kind_of(project)
        self._labels = label_names(project)
        self._learned: Sequence[str] = version.labels
        present = self._labels.present
        names = {now: self._labels.name(now) for now in (present.get(label, label) for label in version.labels)}
        # a label that nobody gave is deleted when it leaves the set, and another may have its name since
        self._identities = [identity for identity, name in names.items() if self._labels.identity(name) == identity]
        self.names: Sequence[str] = [names[identity] for identity in self._identities]
        self._objective = judged_by(project, self._identities, present).objective
        self._question = Question(LabelNames(self.names))
        self._known: dict[Any, tuple[dict[str, Any], str]] = {}

    def say(self, features: NDArray[np.float32]) -> Said:
        """See ``Speaker``. Of several labels it is as sure as of the least sure one."""
        one_answer = self._objective.one_answer
        probabilities = in_labels_of_now(
            self._model.predict(features), self._learned, self._identities, self._labels.present, one_answer=one_answer
        )
        decided = self._objective.decide(probabilities)
        if one_answer:
            sure = probabilities[np.arange(len(decided)), decided]
            given = [self._answer(int(label)) for label in decided.tolist()]
        else:
            sure = np.maximum(probabilities, 1 - probabilities).min(axis=1, initial=1.0)
            given = [self._answer(tuple(np.flatnonzero(row).tolist())) for row in decided]
        unsure = self._objective.left_to_people(probabilities)
        told, kept = [answer for answer, _ in given], [kept for _, kept in given]
        of_one = one_answer and len(self._learned) == 1
        return Said(probabilities, told, kept, sure.astype(np.float64), unsure, is_of_one_label=of_one)

    def _answer(self, decided: int | tuple[int, ...]) -> tuple[dict[str, Any], str]:
        """The kind's own answer, told and as JSON by identities; the same few again and again."""
        found = self._known.get(decided)
        if found is None:
            value = self.names[decided] if isinstance(decided, int) else [self.names[label] for label in decided]
            answer = self._kind.answer_from_import(value, self._question)
            found = answer, orjson.dumps(self._labels.keyed(answer)).decode()
            if len(self._known) < 10_000:
                self._known[decided] = found
        return found
