"""Quantiles and tails without SciPy, held to SciPy's."""

from itertools import product

import pytest
from scipy import special

from learning.core import distributions

TAILS = (1e-6, 0.025, 0.3, 0.5, 0.975, 0.9999)


@pytest.mark.parametrize("a", [0.5, 1, 2, 7.3, 14.9, 15, 333.3, 1e5, 1e6])
def test_the_beta_distribution(a):
    for b, p in product((0.5, 1, 1.5, 3, 20, 5000, 1e6), TAILS):
        x = float(special.betaincinv(a, b, p))
        assert distributions.beta_quantile(p, a, b) == pytest.approx(x, rel=2e-10), (b, p)
        assert distributions.beta_cdf(x, a, b) == pytest.approx(float(special.betainc(a, b, x)), rel=2e-10), (b, p)
        assert distributions.beta_quantile(0.975, a, 1e-15) == pytest.approx(1.0, abs=1e-15)
        assert distributions.beta_quantile(0.025, 1e-15, a) == pytest.approx(0.0, abs=1e-290)
    assert [distributions.beta_quantile(p, a, 2.0) for p in (0.0, 1.0)] == [0.0, 1.0]
    assert [distributions.beta_cdf(x, a, 2.0) for x in (0.0, 1.0)] == [0.0, 1.0]


@pytest.mark.parametrize("df", [1, 2, 4.5, 10, 1000, 1e6])
def test_students_and_the_normal_distribution(df):
    for p in TAILS:
        t, z = float(special.stdtrit(df, p)), float(special.ndtri(p))
        assert distributions.t_quantile(p, df) == pytest.approx(t, rel=2e-10, abs=1e-12), p
        assert distributions.t_cdf(t, df) == pytest.approx(float(special.stdtr(df, t)), rel=2e-10), p
        assert distributions.normal_cdf(z) == pytest.approx(p, rel=1e-12), p
