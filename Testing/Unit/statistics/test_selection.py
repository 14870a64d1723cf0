"""Filters over thousands of features: univariable C-index, MAD, correlation, Levene, false discovery rate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.benjamini_hochberg import adjusted_p
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.levene import LeveneFilter, levene_test
from GliomaRadiomicsLib.statistics.median_absolute_deviation import MadFilter, median_absolute_deviation
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pearson_filter import PearsonFilter, uncorrelated
from GliomaRadiomicsLib.statistics.pipeline import Labels
from GliomaRadiomicsLib.statistics.scaling import MedianImputation, ZScore
from GliomaRadiomicsLib.statistics.univariable_concordance import (
    ConcordanceFilter,
    StrongestConcordance,
    univariable_concordance,
)


def table_of(values: np.ndarray) -> FeatureTable:
    return FeatureTable(values, [f"f{j}" for j in range(values.shape[1])])


def pair_by_pair(outcome: Outcome, feature: np.ndarray) -> float:
    pairs, concordant = 0, 0.0
    for i in range(outcome.n):
        for j in range(outcome.n):
            tied = outcome.time[i] == outcome.time[j] and not outcome.event[j]
            if outcome.event[i] and (outcome.time[i] < outcome.time[j] or tied):
                pairs += 1
                concordant += 0.5 * (1 + np.sign(feature[i] - feature[j]))
    return concordant / pairs


@pytest.mark.parametrize("n", [7, 64, 65, 131])
@pytest.mark.parametrize("digits", [0, 8])
@pytest.mark.parametrize("old_numpy", [False, True])
def test_concordance_pair_by_pair(n: int, digits: int, old_numpy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if old_numpy:
        monkeypatch.delattr(np, "bitwise_count", raising=False)
    generator = np.random.default_rng(n)
    outcome = Outcome(np.ceil(generator.exponential(9, n)), np.arange(n) % 3 > 0)
    table = table_of(generator.standard_normal((n, 6)).round(digits))
    expected = [pair_by_pair(outcome, table.values[:, j]) for j in range(6)]
    assert np.allclose(univariable_concordance(table, outcome), expected, atol=1e-12)


def test_concordance_does_not_depend_on_portions() -> None:
    generator = np.random.default_rng(3)
    table, outcome = table_of(generator.standard_normal((100, 900))), Outcome(np.arange(1, 101), np.ones(100))
    whole = univariable_concordance(table, outcome)
    assert np.array_equal(whole[800:], univariable_concordance(table.columns(table.names[800:]), outcome))


def test_concordance_without_a_pair_is_refused() -> None:
    with pytest.raises(RefusedInput, match="no two patients can be compared.*3 patients, 1 events"):
        univariable_concordance(table_of(np.eye(3)), Outcome([1, 2, 9], [0, 0, 1]))


def test_concordance_filters_count_both_directions() -> None:
    time = np.arange(1.0, 41.0)
    noise = np.random.default_rng(0).standard_normal(40)
    table, outcome = (
        FeatureTable(np.column_stack([time, noise, -time]), ["good", "noise", "bad"]),
        Outcome(time, np.ones(40)),
    )
    assert ConcordanceFilter(0.66).fit(table, outcome).kept == ("good", "bad")
    assert ConcordanceFilter(0.66, either_direction=False).fit(table, outcome).kept == ("bad",)
    assert StrongestConcordance(1).fit(table, outcome).kept == ("good",)
    with pytest.raises(RefusedInput, match="survival times"):
        ConcordanceFilter().fit(table, Labels(np.arange(40) % 2))


@pytest.mark.parametrize("n", [8, 9])
def test_median_absolute_deviation(n: int) -> None:
    values = np.random.default_rng(n).standard_normal((n, 20)).round(1)
    assert np.allclose(median_absolute_deviation(table_of(values)), stats.median_abs_deviation(values, axis=0))
    values[:, 4] = np.r_[np.zeros(n - 2), 1, 2]
    chosen = MadFilter().fit(table_of(values), Labels(np.arange(n) % 2))
    assert "f4" not in chosen.kept
    assert (chosen.n_before, len(chosen.kept)) == (20, 19)


def test_correlation_filter_keeps_the_first_of_each_group_and_no_close_pair() -> None:
    generator = np.random.default_rng(5)
    latent = generator.standard_normal((50, 20))
    values = latent[:, generator.integers(0, 20, 400)] * generator.choice([-1, 1], 400)
    table = table_of(values + 0.2 * generator.standard_normal(values.shape))
    kept = uncorrelated(table, 0.85)
    r = np.abs(np.corrcoef(table.values.T))
    assert r[np.ix_(kept, kept)][~np.eye(kept.sum(), dtype=bool)].max() < 0.85
    earlier = np.tril(r >= 0.85, -1)
    assert all(kept[j] != (earlier[j] & kept).any() for j in range(table.p))
    assert np.array_equal(kept, uncorrelated(table, 0.85))
    last = uncorrelated(table, 0.85, priority=np.arange(400))
    assert last[-1]
    assert not np.array_equal(kept, last)


def test_correlation_filter_prefers_the_stronger_feature() -> None:
    time = np.arange(1.0, 61.0)
    blurred = time + np.random.default_rng(1).normal(0, 5, 60)
    table = FeatureTable(np.column_stack([blurred, time, np.ones(60)]), ["blurred", "exact", "constant"])
    outcome = Outcome(time, np.ones(60))
    assert PearsonFilter().fit(table, outcome).kept == ("exact", "constant")
    assert PearsonFilter(first="order").fit(table, outcome).kept == ("blurred", "constant")


def test_levene_as_scipy() -> None:
    generator = np.random.default_rng(7)
    groups = generator.integers(0, 3, 60)
    values = generator.standard_normal((60, 5)) * np.where(groups == 1, 3, 1)[:, None]
    test = levene_test(table_of(values), groups)
    expected = [stats.levene(*(values[groups == g, j] for g in range(3))) for j in range(5)]
    assert np.allclose(test.statistic, [item.statistic for item in expected])
    assert np.allclose(test.p, [item.pvalue for item in expected])
    with pytest.raises(RefusedInput, match="at least two groups"):
        levene_test(table_of(values), np.zeros(60))


def test_levene_filter_chooses_by_class() -> None:
    generator = np.random.default_rng(8)
    label = np.arange(80) % 2
    values = generator.standard_normal((80, 2)) * np.column_stack([np.ones(80), 1 + 5 * label])
    assert LeveneFilter().fit(table_of(values), Labels(label)).kept == ("f1",)
    assert LeveneFilter(keep="equal").fit(table_of(values), Labels(label)).kept == ("f0",)
    with pytest.raises(RefusedInput, match="class per patient"):
        LeveneFilter().fit(table_of(values), Outcome(np.ones(80), label))


def test_benjamini_hochberg() -> None:
    assert np.allclose(adjusted_p([0.01, 0.04, 0.03, 0.005]), [0.02, 0.04, 0.04, 0.02])
    with pytest.raises(RefusedInput, match="between 0 and 1.*nan at place 2"):
        adjusted_p([0.1, np.nan])


def test_scaling_and_imputation_use_training_rows_only() -> None:
    train = FeatureTable([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]], ["a", "same"])
    labels = Labels([0, 1, 0])
    fill = MedianImputation().fit(train, labels)
    others = FeatureTable([[np.nan, 9.0]], ["a", "same"])
    assert fill.apply(others).values.tolist() == [[2.0, 9.0]]
    scale = ZScore().fit(fill.apply(train), labels)
    assert scale.apply(fill.apply(others)).values.tolist() == [[0.0, 4.0]]
    empty = FeatureTable([[np.nan, 1.0], [np.nan, 2.0]], ["a", "b"])
    with pytest.raises(RefusedInput, match="a: no training patient has a value"):
        MedianImputation().fit(empty, Labels([0, 1]))


def test_text_and_infinite_columns_are_named() -> None:
    import pandas as pd

    frame = pd.DataFrame({"age": [50, 60], "sex": ["F", "M"]})
    with pytest.raises(RefusedInput, match="sex: not a column of numbers .found 'F'.; code categories"):
        FeatureTable.from_frame(frame)
    with pytest.raises(RefusedInput, match="b: an infinite value"):
        FeatureTable([[1.0, np.inf]], ["a", "b"])
    with pytest.raises(RefusedInput, match="a: two columns have this name"):
        FeatureTable([[1.0, 2.0]], ["a", "a"])
    with pytest.raises(RefusedInput, match="c: 1 columns are not in the table"):
        FeatureTable([[1.0, 2.0]], ["a", "b"]).columns(["a", "c"])
