"""Rows to arrays: consensus, the eval split, what counts as of when."""

import numpy as np
import pytest

from labeling.models import Annotation, Item, ItemStatus, Label, Source, Split
from learning.families.labels.training_data import freeze
from learning.models import Run
from learning.services.runs.decide import data_watermark
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = pytest.mark.django_db


def frozen(project):
    return freeze(Run(project=project, **data_watermark(project)))


def test_the_majority_of_the_annotators_counts_and_the_shares_are_kept():
    project = make_project(overlap=3)
    (item,) = make_items(project, ["a"])
    for label in ("spam", "ham", "spam"):
        make_answer(item, UserFactory(), {"label": label})
    pool = frozen(project).pool
    np.testing.assert_allclose(pool.soft, [[1 / 3, 2 / 3]])
    np.testing.assert_array_equal(pool.hard, [[0, 1]])
    np.testing.assert_array_equal(pool.taught, [[0, 1]], "two of three say more than two thirds")


def test_several_labels_are_decided_one_by_one():
    project = make_project(kind="multilabel", labels=("a", "b", "c"), overlap=2)
    (item,) = make_items(project, ["x"])
    for labels in (["a", "b"], ["a"]):
        make_answer(item, UserFactory(), {"labels": labels})
    pool = frozen(project).pool
    np.testing.assert_allclose(pool.soft, [[1, 0.5, 0]])
    np.testing.assert_array_equal(pool.hard, [[1, 0, 0]])
    np.testing.assert_array_equal(pool.taught, pool.soft)


def test_no_label_at_all_is_an_answer_of_a_multilabel_project():
    project = make_project(kind="multilabel", labels=("a",))
    (item,) = make_items(project, ["x"])
    make_answer(item, UserFactory(), {"labels": []})
    np.testing.assert_array_equal(frozen(project).pool.soft, [[0]])


def test_eval_answers_are_never_learned_from():
    project, person = make_project(), UserFactory()
    (pool,) = make_items(project, ["p"])
    (held,) = make_items(project, ["e"], split=Split.EVAL)
    for item in (pool, held):
        make_answer(item, person, {"label": "ham"})
    data = frozen(project)
    assert data.pool.ordinals.tolist() == [pool.ordinal]
    assert data.evaluation.ordinals.tolist() == [held.ordinal]


def test_an_imported_label_counts_only_without_an_answer_by_a_person():
    project = make_project()
    items = make_items(project, ["a", "b"])
    for item in items:
        Annotation.objects.create(project=project, item=item, source=Source.IMPORT, answer={"label": "ham"})
    make_answer(items[0], UserFactory(), {"label": "spam"})
    pool = frozen(project).pool
    np.testing.assert_array_equal(pool.hard, [[0, 1], [1, 0]])
    assert pool.n_imported == 1


def test_what_came_after_the_freeze_changes_nothing():
    project = make_project()
    first, second = make_items(project, ["a", "b"])
    answer = make_answer(first, UserFactory(), {"label": "ham"})
    run = Run(project=project, **data_watermark(project))
    before = freeze(run)
    Annotation.objects.filter(pk=answer.pk).update(is_current=False)
    Annotation.objects.create(
        project=project, item=first, task=answer.task, annotator=answer.annotator, answer={"label": "spam"}, revision=2
    )
    make_answer(second, UserFactory(), {"label": "spam"})
    make_items(project, ["c"])
    again = freeze(run)
    assert again.sha256 == before.sha256
    np.testing.assert_array_equal(again.pool.hard, [[1, 0]])
    np.testing.assert_array_equal(frozen(project).pool.hard, [[0, 1], [0, 1]])


def test_taken_back_set_aside_and_archived_leave_nothing_behind():
    project = make_project(labels=("ham", "spam", "old"))
    taken, aside, archived = make_items(project, ["a", "b", "c"])
    answer = make_answer(taken, UserFactory(), {"label": "ham"})
    Annotation.objects.filter(pk=answer.pk).update(is_current=False)
    Annotation.objects.create(
        project=project, item=taken, task=answer.task, annotator=answer.annotator, answer=None, revision=2
    )
    make_answer(aside, UserFactory(), {"label": "ham"})
    Item.objects.filter(pk=aside.pk).update(status=ItemStatus.SET_ASIDE, is_open=False)
    make_answer(archived, UserFactory(), {"label": "old"})
    Label.objects.filter(project=project, name="old").update(archived=True)
    data = frozen(project)
    assert len(data.pool) == 0
    assert data.labels == ("ham", "spam")


def test_items_of_a_group_stay_together():
    project, person = make_project(), UserFactory()
    items = make_items(project, ["a", "b"], group="thread") + make_items(project, ["c", "d"])
    for item in items:
        make_answer(item, person, {"label": "ham"})
    groups = frozen(project).pool.groups
    assert groups[0] == groups[1]
    assert len(set(groups.tolist())) == 3
