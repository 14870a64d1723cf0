"""C-index against counting pairs and scikit-survival; its bootstrap and the paired comparison."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.concordance import compare_concordance, concordance, concordance_index
from GliomaRadiomicsLib.statistics.outcome import Outcome


@pytest.fixture(scope="module")
def cohort() -> tuple[Outcome, np.ndarray, np.ndarray]:
    """Ninety patients with ties in time and risk; the second risk is noise."""
    generator = np.random.default_rng(5)
    risk = generator.integers(0, 8, 90).astype(float)
    outcome = Outcome(np.ceil(generator.exponential(20 * np.exp(-risk / 3))), generator.random(90) < 0.7)
    return outcome, risk, generator.normal(size=90)


def test_both_indices_equal_scikit_survival(r_data, independent) -> None:
    expected, lung = independent["lung_untied"], r_data("lung").dropna(subset=["ph.ecog"])
    outcome = Outcome(lung.time + np.arange(len(lung)) * 1e-4, lung.status == 2)
    risk = lung.age + 10 * lung["ph.ecog"]
    assert concordance_index(outcome, risk) == pytest.approx(expected["harrell"], abs=1e-12)
    assert concordance_index(outcome, risk, method="uno", tau=600) == pytest.approx(expected["uno_tau_600"], abs=1e-12)


def test_harrell_equals_counting_pairs_with_all_kinds_of_ties(cohort) -> None:
    outcome, risk, _ = cohort
    won = pairs = 0.0
    for i in np.flatnonzero(outcome.event):
        for j in range(90):
            later = outcome.time[i] < outcome.time[j]
            if later or (outcome.time[i] == outcome.time[j] and not outcome.event[j]):
                pairs += 1
                won += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    estimate = concordance(outcome, risk, n_resamples=50)
    assert estimate.concordance == pytest.approx(won / pairs, abs=1e-12)
    assert (estimate.n_pairs, estimate.n, estimate.n_events) == (pairs, 90, outcome.n_events)


@pytest.mark.parametrize("method", ["harrell", "uno"])
def test_bootstrap_equals_recomputing_on_the_drawn_patients(cohort, method) -> None:
    outcome, risk, _ = cohort
    estimate = concordance(outcome, risk, method=method, n_resamples=40, seed=3)
    counts = np.random.default_rng(3).multinomial(90, np.full(90, 1 / 90), size=40)
    rows = [np.repeat(np.arange(90), row) for row in counts]
    values = [concordance_index(outcome.take(row), risk[row], method=method) for row in rows]
    assert estimate.interval == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=1e-9)


def test_without_censoring_uno_equals_harrell_and_the_interval_is_seeded(cohort) -> None:
    outcome, risk, _ = cohort
    complete = Outcome(outcome.time, np.ones(90))
    uno = concordance(complete, risk, method="uno", n_resamples=100, seed=1)
    assert uno.concordance == pytest.approx(concordance_index(complete, risk))
    assert uno == concordance(complete, risk, method="uno", n_resamples=100, seed=1)
    assert uno.interval[0] < uno.concordance < uno.interval[1]


def test_paired_comparison_tells_signal_from_noise_but_not_a_risk_from_itself(cohort) -> None:
    outcome, risk, noise = cohort
    better = compare_concordance(outcome, risk, noise, n_resamples=300)
    assert better.p < 0.05
    assert better.interval[0] > 0
    same = compare_concordance(outcome, risk, 3 * risk + 1, n_resamples=300)
    assert (same.difference, same.z, same.p, same.interval) == (0, 0, 1, (0, 0))
    assert compare_concordance(outcome, noise, risk, n_resamples=300).z == pytest.approx(-better.z)


def test_risks_that_cannot_be_scored_say_why(cohort) -> None:
    outcome, risk, _ = cohort
    with pytest.raises(RefusedInput, match="a C-index needs at least 1 event"):
        concordance_index(Outcome([1, 2], [0, 0]), [1, 2])
    with pytest.raises(RefusedInput, match="no two patients can be compared"):
        concordance_index(Outcome([2, 2], [1, 1]), [1, 2])
    with pytest.raises(RefusedInput, match=r"risk: a value is missing \(found nan in row 2"):
        concordance_index(Outcome([1, 2], [1, 0]), [1, np.nan])
    with pytest.raises(RefusedInput, match="method: unknown C-index"):
        concordance_index(outcome, risk, method="somers")
    with pytest.raises(RefusedInput, match="too few resamples"):
        concordance(Outcome([1, 2], [1, 0]), [2, 1], n_resamples=40, seed=9)
