"""Shapley values: in closed form for linear models, by all subsets for any model of few features.

Lundberg and Lee 2017 (https://arxiv.org/abs/1705.07874), interventional: features that are left out take the values
of background patients, whatever the others are.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MOST_FEATURES = 12
"""Of `exact_shapley`: 4096 subsets, each scored for every background patient."""


def linear_shapley(weights: npt.ArrayLike, values: npt.ArrayLike, means: npt.ArrayLike) -> Floats:
    """Exact Shapley values of a linear model: weight times distance from the background's mean.

    They add up to the score of ``values`` minus the mean score of the background.

    Args:
        weights: Coefficients, shape ``(features,)``.
        values: Of the patient, shape ``(features,)`` or ``(patients, features)``.
        means: Of the background, shape ``(features,)``.

    Returns:
        Shape of ``values``, in units of the score.
    """
    return np.asarray(weights, dtype=np.float64) * (np.asarray(values) - np.asarray(means))


def exact_shapley(
    score: Callable[[Floats], npt.ArrayLike], values: npt.ArrayLike, background: npt.ArrayLike, rows: int = 65536
) -> Floats:
    """Shapley values of any model of at most `MOST_FEATURES` features, from all subsets, without sampling.

    Args:
        score: From ``(n, features)`` to ``(n,)``, such as the decision function of an SVM.
        values: Of the patient, shape ``(features,)``.
        background: Background patients, shape ``(patients, features)``.
        rows: Rows scored at once; bounds the memory.

    Returns:
        Shape ``(features,)``; adds up to the score of ``values`` minus the mean score of the background.

    Raises:
        ValueError: For more features, or shapes that do not fit.
    """
    x, others = np.asarray(values, dtype=np.float64), np.atleast_2d(np.asarray(background, dtype=np.float64))
    count = x.size
    if x.ndim != 1 or others.shape[1] != count or not 1 <= count <= MOST_FEATURES:
        msg = f"exact Shapley values need 1 to {MOST_FEATURES} features, the same in patient {x.shape} and "
        msg += f"background {others.shape}; select features first, or explain a linear model with linear_shapley"
        raise ValueError(msg)
    inside = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1
    value = _subset_values(score, x, others, inside, max(rows // len(others), 1))
    sizes = inside.sum(axis=1)
    weight = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)])
    result = np.empty(count)
    for feature in range(count):
        without = np.flatnonzero(~inside[:, feature])
        result[feature] = (weight[sizes[without]] * (value[without + 2**feature] - value[without])).sum()
    return result


def _subset_values(
    score: Callable[[Floats], npt.ArrayLike], x: Floats, others: Floats, inside: npt.NDArray[np.bool_], chunk: int
) -> Floats:
    """Mean score over the background of each subset taken from the patient, shape ``(subsets,)``."""
    means = []
    for start in range(0, len(inside), chunk):
        part = inside[start : start + chunk]
        mixed = np.where(part[:, None], x, others[None])
        scores = np.asarray(score(mixed.reshape(-1, x.size)), dtype=np.float64)
        means.append(scores.reshape(len(part), len(others)).mean(axis=1))
    return np.concatenate(means)
