"""No patient on both sides, everything predicted once, intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.statistics.resampling import bootstrap_interval, grouped_stratified_folds, out_of_fold

PATIENTS = np.repeat(np.arange(30), 3)
OUTCOME = np.repeat(np.arange(30) % 3 == 0, 3).astype(int)


def test_folds_keep_patients_together_and_the_shares_equal() -> None:
    folds = grouped_stratified_folds(OUTCOME, list(PATIENTS), n_splits=5, seed=1)
    assert sorted(np.concatenate([held_out for _, held_out in folds])) == list(range(90))
    for train, held_out in folds:
        assert not set(PATIENTS[train]) & set(PATIENTS[held_out])
        assert OUTCOME[held_out].mean() == pytest.approx(1 / 3, abs=0.01)


def test_folds_differ_between_seeds_and_repeat_with_the_same() -> None:
    first, again, other = (grouped_stratified_folds(OUTCOME, list(PATIENTS), seed=seed)[0][1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_few_patients_for_the_folds_are_refused() -> None:
    with pytest.raises(ValueError, match="the smaller class has 1"):
        grouped_stratified_folds([1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 2, 3, 4, 5, 6])


def test_the_model_never_sees_the_patient_it_scores() -> None:
    def remembers(train: np.ndarray, labels: np.ndarray, held_out: np.ndarray) -> np.ndarray:
        seen = dict(zip(train, labels, strict=True))
        return np.array([seen.get(patient, -1) for patient in held_out])

    scores = out_of_fold(remembers, PATIENTS, OUTCOME, list(PATIENTS), n_repeats=3)
    assert scores.shape == (3, 90)
    assert (scores == -1).all()


def test_bootstrap_of_a_mean_agrees_with_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(5, 2, 200)
    low, high = bootstrap_interval(np.mean, values)
    assert (high - low) == pytest.approx(2 * 1.96 * values.std() / 200**0.5, rel=0.1)


def test_bootstrap_draws_patients_not_rows() -> None:
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 40), 10)
    by_row = bootstrap_interval(np.mean, values, n_resamples=500)
    by_patient = bootstrap_interval(np.mean, values, groups=list(np.repeat(np.arange(40), 10)), n_resamples=500)
    assert by_patient[1] - by_patient[0] > 2 * (by_row[1] - by_row[0])
