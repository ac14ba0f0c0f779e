"""Learning goes by the labels of now: merged answers teach one label, and a model of before is read by them."""

import numpy as np
import pytest

from labeling.services.scheme.merge import merge_labels
from learning.families.labels.older_labels import in_labels_of_now
from learning.families.labels.training_data import freeze
from learning.models import Run
from tests.factories import make_answer, make_items, make_project
from tests.labeling.scheme.changes import undo_change


@pytest.mark.django_db
def test_a_run_learns_merged_answers_as_one_label_and_no_longer_once_it_is_undone(people):
    project = make_project(labels=("ham", "spam", "junk"), overlap=2, manager=people.manager)
    for item, one, other in zip(
        make_items(project, ["a", "b"]), ("spam", "ham"), ("junk", "ham"), strict=True
    ):  # fmt: skip
        make_answer(item, people.manager, {"label": one})
        make_answer(item, people.annotator, {"label": other})

    def frozen():
        newest = project.annotations.order_by("-pk").values_list("pk", flat=True).first()
        return freeze(Run(project=project, last_annotation_id=newest, items_seen=2, changes_seen=0))

    before = frozen()
    assert (before.labels, before.pool.tied.tolist()) == (("ham", "spam", "junk"), [True, False])
    merge_labels(people.manager, project, ["spam", "junk"], "spam")
    merged = frozen()
    assert merged.labels == ("ham", "spam (2)")
    assert [merged.named(label) for label in merged.labels] == ["ham", "spam"]
    assert (merged.pool.hard.tolist(), merged.pool.agreement.tolist()) == ([[0, 1], [1, 0]], [1, 1])
    assert (merged.n_unknown, merged.present) == (0, {"spam": "spam (2)", "junk": "spam (2)"})
    undo_change(people.manager, project)
    assert frozen().sha256 == before.sha256


@pytest.mark.parametrize(("one_answer", "expected"), [
    (True, [[0.1, 0.9, 0.0], [0.5, 0.5, 0.0]]), (False, [[0.1, 0.76, 0.0], [0.5, 0.4375, 0.0]]),
])  # fmt: skip
def test_what_a_model_of_before_says_of_merged_labels_adds_up_and_of_a_new_one_is_nothing(one_answer, expected):
    given = np.array([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]], dtype=np.float32)
    given[0, 2] = 0.4 if not one_answer else 0.3
    present = {"spam": "unwanted", "junk": "unwanted"}
    found = in_labels_of_now(
        given, ["ham", "spam", "junk"], ["ham", "unwanted", "other"], present, one_answer=one_answer
    )
    assert found == pytest.approx(np.array(expected))
    assert in_labels_of_now(given, ["a", "b", "c"], ["a", "b", "c"], {}, one_answer=one_answer) is given
