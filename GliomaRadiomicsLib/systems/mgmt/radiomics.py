"""The alternative without networks: features of the whole tumour on every sequence, Elastic-Net logistic regression.

Images are z-scored inside the brain, so that the scanner's scale does not matter. Penalty strength is chosen by
cross-validated log loss among the patients the model is fitted on, whole patients being held out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.statistics.resampling import grouped_stratified_folds

Array = npt.NDArray[np.float64]
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)
"""Inverse strengths that are tried."""
L1_SHARE = 0.5
INNER_FOLDS = 4
REGION = "WT"
_EDGE = 1e-9


def measure_features(volumes: Mapping[str, Volume], label_map: Volume) -> tuple[dict[str, float], str]:
    """Features by ``<sequence> <feature>``, and why there are none (then the features are empty)."""
    from GliomaRadiomicsLib.radiomics.cases import extract_case

    if not label_map.array.any():
        return {}, "there is no label map with a tumour, so no radiomic features"
    if not volumes:
        return {}, "there is no sequence to measure radiomic features on"
    try:
        rows = extract_case(volumes, label_map, (REGION,))
    except RefusedInput as refusal:
        return {}, str(refusal)
    return {f"{row.sequence} {row.feature}": row.value for row in rows if math.isfinite(row.value)}, ""


@dataclass(frozen=True)
class ElasticNetModel:
    """Log-odds = intercept + sum of coefficient x (value - mean) / scale; a missing value counts as the mean."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float
    penalty_c: float

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Of the positive class."""
        pairs = zip(self.names, self.mean, self.scale, self.coefficient, strict=True)
        return self.intercept + sum(
            weight * (features[name] - mean) / scale for name, mean, scale, weight in pairs if name in features
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ElasticNetModel:
        """The inverse of `to_dict`."""
        lists = {name: tuple(data[name]) for name in ("names", "mean", "scale", "coefficient")}
        return cls(**lists, intercept=float(data["intercept"]), penalty_c=float(data["penalty_c"]))


def fit_elastic_net(
    features: Sequence[Mapping[str, float]], outcome: Sequence[bool], patients: Sequence[str], seed: int = 0
) -> ElasticNetModel:
    """Fit on these rows only; features that fewer than half of them have are left out.

    Args:
        features: Of each row, by name.
        outcome: Of each row.
        patients: Of each row.
        seed: Of the inner folds.

    Raises:
        RefusedInput: With too few patients of a class for the inner folds.
    """
    counts: dict[str, int] = {}
    for row in features:
        for name in row:
            counts[name] = counts.get(name, 0) + 1
    names = tuple(sorted(name for name, count in counts.items() if 2 * count >= len(features)))
    values = np.array([[row.get(name, np.nan) for name in names] for row in features], dtype=np.float64)
    y = np.asarray(outcome).astype(int)
    try:
        folds = grouped_stratified_folds(y, patients, n_splits=INNER_FOLDS, seed=seed)
    except ValueError as error:
        raise RefusedInput(what=str(error), where="radiomics", remedy="add patients, or set radiomics: none") from error
    losses = [np.mean([_loss(values, y, fold, penalty) for fold in folds]) for penalty in PENALTIES]
    chosen = PENALTIES[int(np.argmin(losses))]
    mean, scale, coefficient, intercept = _fit(values, y, chosen)
    kept = np.flatnonzero(coefficient)
    return ElasticNetModel(
        tuple(names[i] for i in kept), _plain(mean[kept]), _plain(scale[kept]), _plain(coefficient[kept]), intercept,
        chosen,
    )  # fmt: skip


def _loss(values: Array, y: npt.NDArray, fold: tuple[npt.NDArray, npt.NDArray], penalty: float) -> float:
    train, held_out = fold
    mean, scale, coefficient, intercept = _fit(values[train], y[train], penalty)
    log_odds = intercept + _standard(values[held_out], mean, scale) @ coefficient
    p = np.clip(1 / (1 + np.exp(-log_odds)), _EDGE, 1 - _EDGE)
    return float(-np.mean(np.where(y[held_out] == 1, np.log(p), np.log(1 - p))))


def _fit(values: Array, y: npt.NDArray, penalty: float) -> tuple[Array, Array, Array, float]:
    """Mean, scale, coefficients and intercept, all of these rows."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    named = signature(LogisticRegression).parameters.get("penalty")
    kind = {"penalty": "elasticnet"} if named is not None and named.default == "l2" else {}  # later ones go by l1_ratio
    model = LogisticRegression(
        **kind, solver="saga", l1_ratio=L1_SHARE, C=penalty, max_iter=2000, tol=1e-3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(_standard(values, mean, scale), y)
    return mean, scale, np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])


def _standard(values: Array, mean: Array, scale: Array) -> Array:
    return np.nan_to_num((values - mean) / scale)


def _plain(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
