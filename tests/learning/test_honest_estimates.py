"""The fast version of benchmarks/honest_estimates.py: one seed, from import to export, against the truth."""

import pytest

from benchmarks.honest_estimates import one_seed

pytestmark = pytest.mark.django_db


def test_the_eval_split_and_the_weighted_export_tell_the_truth_and_the_naive_estimate_does_not(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    found = one_seed(1, answers=120, learner="logistic", random_share=0.2)
    value, low, high = found.eval
    assert low <= found.truth <= high
    assert abs(value - found.truth) < 0.05
    value, low, high = found.lure
    assert low <= found.fold_truth <= high
    assert found.naive < found.fold_truth - 0.05
    assert abs(value - found.fold_truth) < abs(found.naive - found.fold_truth)
    assert found.random_answers >= 12
