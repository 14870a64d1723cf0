"""The classifier on codeword counts: what is chosen, what separation does, and that choosing in the fold is honest."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.statistics.auc import auc_with_interval
from GliomaRadiomicsLib.statistics.resampling import out_of_fold
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel, fit_counts


def test_codewords_of_both_grades_are_chosen_with_their_direction() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    counts = rng.poisson(6, (60, 20))
    counts[:, 3] += 8 * y
    counts[:, 11] += 5 * (1 - y)
    model = fit_counts(counts, y, most=2)
    assert model.responsible(hgg=True) == (3,)
    assert model.responsible(hgg=False) == (11,)
    assert model.coefficient[0] > 0 > model.coefficient[1]
    assert max(model.p_likelihood + model.p_rank) < 0.05
    assert (model.log_odds(counts) > 0).astype(int).tolist() == y.tolist()
    moved = model.contributions(counts[:1])
    assert model.log_odds(counts[:1])[0] == pytest.approx(model.intercept + moved.sum())


def test_a_codeword_that_separates_the_grades_is_marked_and_has_a_finite_say() -> None:
    y = np.array([0] * 6 + [1] * 6)
    counts = np.array([[0, 5]] * 6 + [[9, 5]] * 6)
    model = fit_counts(counts, y)
    assert model.codewords == (0,)
    assert model.separated == (True,)
    assert 0 < model.coefficient[0] < 10


def test_where_no_codeword_differs_the_model_is_the_share_of_grade_4() -> None:
    model = fit_counts(np.full((8, 5), 3), [1, 1, 0, 0, 0, 0, 0, 0])
    assert model.codewords == ()
    assert model.passed == 0
    assert 1 / (1 + np.exp(-model.log_odds(np.full((1, 5), 9))[0])) == pytest.approx(0.25)
    assert CountModel.from_dict(model.to_dict()) == model


def test_choosing_inside_the_fold_gives_chance_on_shuffled_grades() -> None:
    """n = 40, p = 1300; the same choice made on everyone beforehand looks excellent."""
    rng = np.random.default_rng(4)
    counts, y = rng.poisson(3, (40, 1300)), rng.permutation(np.arange(40) % 2)
    patients = list(range(40))
    chosen = list(fit_counts(counts, y).codewords)

    def auc_of(table: np.ndarray) -> float:
        def fit_predict(train: np.ndarray, labels: np.ndarray, held_out: np.ndarray) -> np.ndarray:
            return fit_counts(table[train], labels).log_odds(table[held_out])

        scores = out_of_fold(fit_predict, np.arange(40), y, patients, n_splits=4, n_repeats=1)[0]
        return auc_with_interval(y, scores).auc

    assert 0.3 < auc_of(counts) < 0.7
    assert auc_of(counts[:, chosen]) > 0.85


def test_on_the_logarithmic_scale_one_huge_count_does_not_rule() -> None:
    y = np.array([0] * 6 + [1] * 6)
    counts = np.array([[1], [2], [1], [2], [1], [2], [30], [40], [30], [40], [30], [9000]])
    linear, log = fit_counts(counts, y), fit_counts(counts, y, count_scale="log")
    assert log.log_odds(counts)[6] > 0
    assert linear.log_odds(counts)[6] < log.log_odds(counts)[6]
    assert CountModel.from_dict(log.to_dict()) == log
    older = {name: value for name, value in linear.to_dict().items() if name != "count_scale"}
    assert CountModel.from_dict(older) == linear


def test_helper_cases_join_on_the_scale_of_the_patients() -> None:
    rng = np.random.default_rng(1)
    y = np.array([0, 1] * 5)
    counts = rng.poisson(6, (10, 12))
    helper_y = np.array([0, 1] * 20)
    helper_counts = 1000 + rng.poisson(50, (40, 12))
    helper_counts[:, 7] += 40 * helper_y
    model = fit_counts(counts, y, helpers=(helper_counts, helper_y), most=1)
    assert model.codewords == (7,)
    assert model.mean[0] == pytest.approx(counts[:, 7].mean())
