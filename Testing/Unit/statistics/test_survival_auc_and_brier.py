"""Time-dependent AUC, Brier score and calibration against scikit-survival and counting."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.survival_auc import survival_auc
from GliomaRadiomicsLib.statistics.survival_brier import survival_brier
from GliomaRadiomicsLib.statistics.survival_calibration import survival_calibration


@pytest.fixture(scope="module")
def cohort() -> tuple[Outcome, np.ndarray, np.ndarray, list[float]]:
    """Follow-up, risk, true survival at two times: exponential survival with censoring, 1500 patients."""
    generator = np.random.default_rng(8)
    risk = generator.normal(size=1500)
    death = generator.exponential(10 * np.exp(-risk))
    lost = generator.exponential(15, 1500)
    times = [3.0, 8.0]
    survival = np.exp(-np.array(times) / 10 * np.exp(risk)[:, None])
    return Outcome(np.minimum(death, lost), death <= lost), risk, survival, times


def test_auc_and_brier_equal_scikit_survival(r_data, independent) -> None:
    expected, lung = independent["lung_untied"], r_data("lung").dropna(subset=["ph.ecog"])
    outcome = Outcome(lung.time + np.arange(len(lung)) * 1e-4, lung.status == 2)
    risk, times = (lung.age + 10 * lung["ph.ecog"]).to_numpy(), expected["times"]
    found = survival_auc(outcome, risk, times, n_resamples=0)
    assert [row.auc for row in found] == pytest.approx(expected["auc"], abs=1e-12)
    brier = survival_brier(outcome, np.exp(-np.array(times) / 600) ** (risk[:, None] / 70), times)
    assert brier.score == pytest.approx(expected["brier"], abs=1e-12)
    assert brier.integrated == pytest.approx(expected["integrated_brier"], abs=1e-12)


def test_without_censoring_both_are_the_ordinary_scores() -> None:
    generator = np.random.default_rng(1)
    time, risk = generator.permutation(50) + 1.0, generator.integers(0, 6, 50)
    outcome, survival = Outcome(time, np.ones(50)), generator.random(50)
    row = survival_auc(outcome, risk, 20, n_resamples=0)[0]
    assert row.auc == pytest.approx(roc_auc(time <= 20, risk))
    assert auc(row.false_positive_rate, row.true_positive_rate) == pytest.approx(row.auc)
    assert (row.n_cases, row.n_controls, row.n_censored_before) == (20, 30, 0)
    brier = survival_brier(outcome, survival, 20)
    assert brier.score[0] == pytest.approx(np.mean((survival - (time > 20)) ** 2))
    assert brier.null_score[0] == pytest.approx(0.4 * 0.6)
    assert brier.integrated is None


def test_auc_bootstrap_equals_recomputing_on_the_drawn_patients(cohort) -> None:
    outcome, risk = cohort[0].take(range(80)), cohort[1][:80]
    found = survival_auc(outcome, risk, 3, n_resamples=30, seed=2)[0]
    counts = np.random.default_rng(2).multinomial(80, np.full(80, 1 / 80), size=30)
    rows = [np.repeat(np.arange(80), count) for count in counts]
    values = [survival_auc(outcome.take(row), risk[row], 3, n_resamples=0)[0].auc for row in rows]
    assert found.interval == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=1e-9)


def test_true_predictions_are_calibrated_and_beat_the_cohort_curve(cohort) -> None:
    outcome, _, survival, times = cohort
    for at in survival_calibration(outcome, survival, times):
        assert at.slope_interval[0] < 1 < at.slope_interval[1]
        assert at.observed_over_expected == pytest.approx(1, abs=0.1)
        assert all(group.lower - 0.02 <= group.predicted <= group.upper + 0.02 for group in at.groups)
        assert sum(group.n for group in at.groups) == at.n == 1500
        assert (
            sum(group.n_events for group in at.groups)
            == at.n_events
            == (outcome.event & (outcome.time <= at.time)).sum()
        )
    brier = survival_brier(outcome, survival, times)
    assert min(brier.scaled) > 0.1


def test_too_extreme_and_too_high_predictions_are_noticed(cohort) -> None:
    outcome, risk, _, times = cohort
    extreme = survival_calibration(outcome, np.exp(-0.3 * np.exp(2 * risk)), times[:1])[0]
    assert extreme.slope == pytest.approx(0.5, abs=0.06)
    hopeful = survival_calibration(outcome, np.exp(-0.15 * np.exp(risk)), times[:1])[0]
    assert hopeful.observed_over_expected > 1.3


def test_equal_predictions_make_one_group_and_no_slope(cohort) -> None:
    outcome = cohort[0]
    at = survival_calibration(outcome, np.full(1500, 0.6), 3)[0]
    assert (len(at.groups), at.slope) == (1, None)
    assert at.groups[0].observed == kaplan_meier(outcome).at([3])[0].survival


def test_predictions_that_order_the_patients_perfectly_have_no_slope() -> None:
    outcome = Outcome(np.arange(1.0, 41.0), np.ones(40))
    at = survival_calibration(outcome, np.linspace(0.1, 0.9, 40), 20)[0]
    assert (at.slope, at.slope_interval, at.n) == (None, None, 40)


def test_times_and_predictions_out_of_range_are_named(cohort) -> None:
    outcome, risk, survival, times = cohort
    with pytest.raises(RefusedInput, match=r"times: the time is outside the follow-up.*found 999.*to below"):
        survival_auc(outcome, risk, [3, 999])
    with pytest.raises(RefusedInput, match="a figure at a given time needs at least 1 event"):
        survival_brier(Outcome([1, 2], [0, 0]), [0.5, 0.5], 1)
    with pytest.raises(
        RefusedInput, match=r"survival: a predicted survival is missing or outside 0 to 1 \(found 61 in"
    ):
        survival_brier(outcome, np.full(1500, 61.0), 3)
    with pytest.raises(RefusedInput, match="predictions for 1500 patients at 2 ascending"):
        survival_brier(outcome, survival[:, :1], times)
    with pytest.raises(RefusedInput, match="predictions for 1500 patients at 2 ascending"):
        survival_brier(outcome, survival, times[::-1])
    with pytest.raises(RefusedInput, match="n_groups"):
        survival_calibration(outcome, survival, times, n_groups=2000)
