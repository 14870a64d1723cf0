"""Shapley values: closed form and all subsets agree, and give the values that are known."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from GliomaRadiomicsLib.explain.linear_attribution import exact_shapley, linear_shapley


def test_a_linear_model_gets_the_same_values_from_both() -> None:
    rng = np.random.default_rng(0)
    weights, background, values = rng.normal(size=8), rng.normal(size=(30, 8)), rng.normal(size=8)
    expected = linear_shapley(weights, values, background.mean(axis=0))
    assert np.allclose(exact_shapley(lambda rows: rows @ weights + 3.0, values, background), expected)
    assert expected.sum() == pytest.approx(weights @ values - (background @ weights).mean())


def test_an_interaction_is_shared_and_an_unused_feature_gets_nothing() -> None:
    found = exact_shapley(lambda rows: rows[:, 0] * rows[:, 1], np.array([2.0, 3.0, 9.0]), np.zeros((1, 3)))
    assert found.tolist() == pytest.approx([3.0, 3.0, 0.0])


def test_they_are_the_mean_over_all_orders() -> None:
    rng = np.random.default_rng(1)
    background, values = rng.normal(size=(5, 4)), rng.normal(size=4)

    def score(rows: np.ndarray) -> np.ndarray:
        return np.tanh(rows[:, 0] * rows[:, 1]) + rows[:, 2] ** 2 * rows[:, 0] - np.abs(rows[:, 3])

    expected = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        mixed = background.copy()
        before = score(mixed).mean()
        for feature in order:
            mixed[:, feature] = values[feature]
            expected[feature] += (score(mixed).mean() - before) / len(orders)
            before = score(mixed).mean()
    assert np.allclose(exact_shapley(score, values, background), expected)


def test_a_support_vector_machine_of_eight_features_adds_up_in_bounded_memory() -> None:
    svm = pytest.importorskip("sklearn.svm")
    rng = np.random.default_rng(2)
    table = rng.normal(size=(40, 8))
    model = svm.SVC().fit(table, (table[:, 0] * table[:, 1] > 0).astype(int))
    most: list[int] = []

    def score(rows: np.ndarray) -> np.ndarray:
        most.append(len(rows))
        return model.decision_function(rows)

    found = exact_shapley(score, table[0], table, rows=1000)
    total = model.decision_function(table[:1])[0] - model.decision_function(table).mean()
    assert found.sum() == pytest.approx(total)
    assert sum(most) == 256 * 40
    assert max(most) <= 1000


@pytest.mark.parametrize(("features", "others"), [(13, 13), (3, 4)])
def test_too_many_features_or_others_that_do_not_fit_are_refused(features: int, others: int) -> None:
    with pytest.raises(ValueError, match="1 to 12 features"):
        exact_shapley(lambda rows: rows.sum(1), np.zeros(features), np.zeros((2, others)))
