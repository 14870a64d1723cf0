"""Likelihood-ratio, rank-sum, Kruskal-Wallis with Dunn: hand-computed values, independent software, awkward data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.kruskal_dunn import kruskal_dunn
from GliomaRadiomicsLib.statistics.likelihood_ratio import likelihood_ratios
from GliomaRadiomicsLib.statistics.rank_sum import rank_sums

Y = np.array([0, 0, 0, 0, 1, 1, 1, 1])


def test_the_likelihood_ratio_of_a_yes_or_no_is_that_of_the_two_by_two_table() -> None:
    """For a binary variable the test is the G-test of independence."""
    x = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    found = likelihood_ratios(x[:, None], Y)
    g, p, *_ = stats.chi2_contingency([[3, 1], [1, 3]], lambda_="log-likelihood", correction=False)
    assert found.statistic[0] == pytest.approx(g, abs=1e-6)
    assert found.p[0] == pytest.approx(p, abs=1e-6)
    assert not found.separated[0]


def test_likelihood_ratios_equal_those_of_unpenalised_fits() -> None:
    """The last column separates the classes but for one patient."""
    rng = np.random.default_rng(0)
    y = rng.random(60) < 0.4
    table = rng.poisson(5, (60, 5)) + 3 * y[:, None] * np.array([0, 0, 1, 1, 30])
    table[np.flatnonzero(~y)[0], 4] = 96
    found = likelihood_ratios(table, y)
    for column, statistic in zip(table.T, found.statistic, strict=True):
        fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(column[:, None], y)
        p = fit.predict_proba(column[:, None])[:, 1]
        alone = y.sum() * np.log(y.mean()) + (~y).sum() * np.log(1 - y.mean())
        assert statistic == pytest.approx(2 * (np.log(np.where(y, p, 1 - p)).sum() - alone), abs=1e-5)


def test_under_separation_the_limit_of_the_likelihood_is_taken() -> None:
    apart, tied, constant = [0, 1, 2, 3, 4, 5, 6, 7], [0, 0, 0, 0, 0, 2, 3, 4], [5] * 8
    found = likelihood_ratios(np.array([apart, tied, constant]).T, Y)
    null = 8 * np.log(2)
    assert found.statistic[0] == pytest.approx(2 * null)
    ties = 4 * np.log(4 / 5) + np.log(1 / 5)
    assert found.statistic[1] == pytest.approx(2 * (ties + null))
    assert found.separated.tolist() == [True, True, False]
    assert np.isnan(found.p[2])
    reverse = likelihood_ratios(-np.array([apart, tied, constant]).T, Y)
    assert reverse.statistic[:2] == pytest.approx(found.statistic[:2])


def test_rank_sums_equal_scipys_and_tell_the_direction() -> None:
    rng = np.random.default_rng(1)
    table = np.column_stack([rng.poisson(3, 8), np.arange(8), -np.arange(8), np.zeros(8)])
    found = rank_sums(table, Y)
    expected = stats.mannwhitneyu(table[4:, 0], table[:4, 0], alternative="two-sided", method="asymptotic")
    assert found.p[0] == pytest.approx(expected.pvalue)
    assert found.superiority.tolist()[1:] == [1.0, 0.0, 0.5]
    assert np.isnan(found.p[3])


def test_rank_sums_of_unpaired_groups_do_not_depend_on_the_order_of_the_patients() -> None:
    """The signed-rank test the paper names would depend on it, and needs groups of equal size."""
    rng = np.random.default_rng(2)
    table, y = rng.normal(size=(11, 3)), np.array([1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0])
    order = rng.permutation(11)
    assert np.array_equal(rank_sums(table, y).p, rank_sums(table[order], y[order]).p)


def test_dunn_by_hand() -> None:
    """Ranks 1-3, 4-6, 7-9: mean ranks 2, 5, 8; variance of a difference 9 * 10 / 12 * (1/3 + 1/3) = 5."""
    found = kruskal_dunn({"low": [1, 2, 3], "middle": [4, 5, 6], "high": [7, 8, 9]})
    assert found.h == pytest.approx(7.2)
    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("low", "middle"), ("low", "high"), ("middle", "high")
    ]  # fmt: skip
    assert [pair.z for pair in found.pairs] == pytest.approx([-3 / 5**0.5, -6 / 5**0.5, -3 / 5**0.5])
    assert found.pairs[1].adjusted_p == pytest.approx(3 * 2 * stats.norm.sf(6 / 5**0.5))
    assert found.highest == ""


def test_two_groups_with_ties_give_the_z_of_kruskal_wallis() -> None:
    """With two groups Dunn's z squared is H, correction for ties included."""
    found = kruskal_dunn({"a": [1, 1, 2, 2, 2, 5], "b": [2, 3, 5, 5, 7]})
    assert found.pairs[0].z ** 2 == pytest.approx(found.h)
    assert found.pairs[0].p == pytest.approx(found.p)


def test_the_highest_group_is_named_only_if_it_is_above_all_others() -> None:
    rng = np.random.default_rng(3)
    low, high = rng.normal(size=(2, 40)), rng.normal(3, 1, 40)
    assert kruskal_dunn({"a": low[0], "b": high, "c": low[1]}).highest == "b"
    assert kruskal_dunn({"a": low[0], "b": high, "c": high + 0.01}).highest == ""


def test_equal_values_have_no_test() -> None:
    found = kruskal_dunn({"a": [0, 0], "b": [0, 0, 0]})
    assert np.isnan(found.p)
    assert np.isnan(found.pairs[0].p)


@pytest.mark.parametrize("groups", [{"a": [1, 2]}, {"a": [1], "b": []}, {"a": [1], "b": [float("nan")]}])
def test_groups_that_cannot_be_compared_are_refused(groups: dict[str, list[float]]) -> None:
    with pytest.raises(RefusedInput, match="Kruskal-Wallis"):
        kruskal_dunn(groups)


@pytest.mark.parametrize("test", [likelihood_ratios, rank_sums])
def test_one_class_or_gaps_are_refused(test) -> None:
    with pytest.raises(RefusedInput, match="both classes"):
        test(np.ones((4, 1)), np.ones(4))
    with pytest.raises(RefusedInput, match="complete table"):
        test(np.array([[1.0], [np.nan]]), np.array([0, 1]))
