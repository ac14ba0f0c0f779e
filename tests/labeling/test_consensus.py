"""What several answers come to, and that everybody who asks is told the same."""

import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.consensus import Given, agreement_of, consensus_of, share_of_equal
from labeling.kinds import KINDS
from labeling.models import Annotation, Source, Split
from labeling.selectors.export import Filters, export_rows
from learning.families.labels.training_data import freeze
from learning.models import Run
from learning.services.runs.decide import data_watermark
from tests.factories import UserFactory, make_answer, make_items, make_project

CLASSIFICATION, MULTILABEL = KINDS["classification"], KINDS["multilabel"]
votes = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=40)


def said(*labels, source=Source.HUMAN):
    return [Given(json.dumps({"label": label}), source) for label in labels]


def of(answers, kind=CLASSIFICATION):
    return consensus_of(kind, answers, json.loads)


def test_most_answers_decide_and_the_shares_are_kept():
    found = of(said("ham", "spam", "ham"))
    assert (found.label, found.votes, found.tied) == ("ham", 3, False)
    assert found.soft_label == {"ham": pytest.approx(2 / 3), "spam": pytest.approx(1 / 3)}
    assert found.agreement == pytest.approx(1 / 3)


def test_answers_that_are_split_evenly_have_no_consensus():
    found = of(said("ham", "spam"))
    assert (found.label, found.labels, found.tied) == (None, (), True)
    assert of(said("ham", "ham", "spam", "spam", "egg")).tied


def test_several_labels_are_tied_when_half_gave_one_of_them():
    answers = [Given(json.dumps({"labels": labels}), Source.HUMAN) for labels in (["a", "b"], ["a"])]
    assert of(answers, MULTILABEL).tied
    assert of([*answers, answers[0]], MULTILABEL).label == ["a", "b"]


def test_imported_answers_count_only_where_no_person_has_answered():
    imported = said("ham", "ham", source=Source.IMPORT)
    assert of(imported).label == "ham"
    found = of([*imported, *said("spam")])
    assert (found.label, found.votes, found.sources) == ("spam", 1, {Source.HUMAN: 1})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9), st.randoms())
def test_the_order_of_answers_decides_nothing(labels, random):
    shuffled = random.sample(labels, len(labels))
    assert of(said(*labels)) == of(said(*shuffled))


@settings(max_examples=60, deadline=None)
@given(votes)
def test_alpha_by_slow_loop(pairs):
    groups = [[str(label) for item, label in pairs if item == number] for number in range(6)]
    found = agreement_of(groups)
    groups = [group for group in groups if len(group) > 1]
    pooled = [label for group in groups for label in group]
    assert (found.items, found.answers) == (len(groups), len(pooled))
    if len(set(pooled)) < 2:
        assert found.alpha is None
        return
    n = len(pooled)
    observed = sum(sum(a != b for a, b in permutations(group, 2)) / (len(group) - 1) for group in groups) / n
    expected = sum(a != b for a, b in permutations(pooled, 2)) / (n * (n - 1))
    assert found.alpha == pytest.approx(1 - observed / expected)


def test_alpha_by_hand():
    found = agreement_of([["a", "a"], ["a", "b"], ["b", "b"], ["a"]])
    assert (found.items, found.answers) == (3, 6)
    assert found.percent == pytest.approx(2 / 3)
    assert found.alpha == pytest.approx(1 - 5 * 2 / 18)


def test_alpha_is_the_published_number():
    """Krippendorff, Computing Krippendorff's alpha-reliability (2011), section C: four observers, twelve units."""
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[value for value in unit if value != "."] for unit in zip(*observers, strict=True)]
    assert agreement_of(units).alpha == pytest.approx(0.743, abs=5e-4)


def test_alpha_with_a_difference_of_its_own_is_the_published_number():
    """The same units as steps of a scale (section C.4): .815."""
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[value for value in unit if value != "."] for unit in zip(*observers, strict=True)]

    def ordinal(totals):
        def apart(one, other):
            low, high = sorted((one, other))
            between = sum(n for step, n in totals.items() if low <= step <= high)
            return (between - (totals[low] + totals[high]) / 2) ** 2

        return apart

    assert agreement_of(units, ordinal).alpha == pytest.approx(0.815, abs=5e-4)
    assert agreement_of(units, lambda totals: lambda one, other: 1.0) == agreement_of(units)


@pytest.mark.parametrize(
    ("answers", "alpha"), [([["a", "a"]], None), ([["a", "a"], ["b", "b"]], 1.0), ([["a", "b"]], 0.0), ([], None)]
)
def test_alpha_at_the_edges(answers, alpha):
    assert agreement_of(answers).alpha == alpha


def test_share_of_equal_answers_by_hand():
    assert share_of_equal(["a", "a"]) == 1.0
    assert share_of_equal(["a", "b", "a", "a"]) == 0.5
    assert share_of_equal(["a"]) is None


def frozen(project):
    return freeze(Run(project=project, **data_watermark(project)))


@pytest.mark.django_db
def test_a_tied_eval_item_is_no_truth_for_the_gate_as_it_is_none_for_the_export():
    project = make_project(overlap=2)
    tied, agreed = make_items(project, ["a", "b"], split=Split.EVAL)
    for item, labels in ((tied, ("ham", "spam")), (agreed, ("ham", "ham"))):
        for label in labels:
            make_answer(item, UserFactory(), {"label": label})
    exported = {row["item_id"]: row["label"] for row in export_rows(project, "items", Filters())}
    assert exported == {tied.pk: None, agreed.pk: "ham"}
    data = frozen(project)
    assert data.evaluation.ordinals.tolist() == [agreed.ordinal]
    assert data.tied.ordinals.tolist() == [tied.ordinal]
    np.testing.assert_array_equal(data.tied.agreement, [0.0])


@pytest.mark.django_db
def test_a_tied_pool_item_is_learned_from_by_its_shares():
    project = make_project(overlap=2)
    (item,) = make_items(project, ["a"])
    for label in ("ham", "spam"):
        make_answer(item, UserFactory(), {"label": label})
    pool = frozen(project).pool
    np.testing.assert_allclose(pool.soft, [[0.5, 0.5]])
    np.testing.assert_allclose(pool.taught, pool.soft)
    assert pool.tied.all()
    assert not pool.hard.any()


labels = st.sampled_from(["ham", "spam"])
answers_of_an_item = st.tuples(st.lists(labels, max_size=4), st.none() | labels).filter(lambda item: any(item))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(st.lists(answers_of_an_item, min_size=1, max_size=4))
def test_export_and_freeze_say_the_same_of_every_item(answers):
    project = make_project(overlap=4)
    items = make_items(project, [f"item {number}" for number in range(len(answers))])
    for item, (of_people, imported) in zip(items, answers, strict=True):
        if imported:
            Annotation.objects.create(project=project, item=item, source=Source.IMPORT, answer={"label": imported})
        for label in of_people:
            make_answer(item, UserFactory(), {"label": label})
    pool, names = frozen(project).pool, ["ham", "spam"]
    rows = list(export_rows(project, "items", Filters()))
    assert len(rows) == len(pool)
    for row, soft, hard, tied in zip(rows, pool.soft, pool.hard, pool.tied, strict=True):
        assert {name: share for name, share in zip(names, soft, strict=True) if share} == row["soft_label"]
        assert tied == (row["label"] is None)
        assert tied or names[hard.argmax()] == row["label"]
