"""L2-penalised logistic regression: fitted by scikit-learn, applied by numpy, stored as readable JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.systems.volumetric_grading.quantities import QUANTITIES, Measured, Quantity, design

PENALTY_C = 1.0
"""Inverse strength of the penalty on standardised quantities: scikit-learn's default, fixed beforehand, not tuned."""


ModelT = TypeVar("ModelT", bound="LinearModel")


@dataclass(frozen=True)
class LinearModel:
    """Log-odds = intercept + sum of coefficient x (entry - mean) / scale, over ``keys``.

    ``lowest`` and ``highest`` are the training range of each quantity's value, in its own unit; ``n`` and
    ``share_positive`` describe the training patients.
    """

    keys: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    n: int
    share_positive: float
    catalogue: ClassVar[Mapping[str, Quantity]] = QUANTITIES

    def log_odds(self, measured: Measured) -> float:
        """Log-odds of the positive class (in grading WHO grade 4 against 2/3)."""
        return self.intercept + sum(self.contributions(measured))

    def contributions(self, measured: Measured) -> list[float]:
        """What each quantity adds to the log-odds relative to the training mean, in the order of ``keys``."""
        entries = [self.catalogue[key].entry(measured) for key in self.keys]
        return [
            weight * (entry - mean) / scale
            for weight, entry, mean, scale in zip(self.coefficient, entries, self.mean, self.scale, strict=True)
        ]

    def outside_range(self, measured: Measured) -> list[str]:
        """Keys of the quantities that lie outside the training range."""
        ranges = zip(self.keys, self.lowest, self.highest, strict=True)
        return [key for key, low, high in ranges if not low <= self.catalogue[key].value(measured) <= high]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls: type[ModelT], data: dict[str, Any]) -> ModelT:
        """The inverse of `to_dict`."""
        fields: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in data.items()}
        return cls(**fields)


def probability(log_odds: float) -> float:
    """Probability of these log-odds."""
    return float(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))


def fit_linear(
    rows: Sequence[dict[str, float]],
    outcome: npt.ArrayLike,
    keys: tuple[str, ...],
    penalty_c: float = PENALTY_C,
    kind: type[LinearModel] = LinearModel,
) -> LinearModel:
    """Fit on measured rows; mean, scale and coefficients all come from these rows only.

    Args:
        rows: Measured quantities of each patient.
        outcome: Shape (n,), 1 for the positive class.
        keys: Which quantities.
        penalty_c: Inverse strength of the L2 penalty; the intercept is not penalised.
        kind: Whose catalogue of quantities the keys belong to.
    """
    from sklearn.linear_model import LogisticRegression

    y = np.asarray(outcome).astype(int)
    entries = design(list(rows), keys, kind.catalogue)
    mean, scale = entries.mean(axis=0), entries.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    fitted = LogisticRegression(C=penalty_c, tol=1e-8, max_iter=1000).fit((entries - mean) / scale, y)
    values = np.array([[kind.catalogue[key].value(row) for key in keys] for row in rows])
    return kind(
        keys=keys,
        mean=_plain(mean),
        scale=_plain(scale),
        coefficient=_plain(fitted.coef_[0]),
        intercept=float(fitted.intercept_[0]),
        lowest=_plain(values.min(axis=0)),
        highest=_plain(values.max(axis=0)),
        n=int(y.size),
        share_positive=float(y.mean()),
    )


def predicted(model: LinearModel, rows: Sequence[dict[str, float]]) -> npt.NDArray[np.float64]:
    """Probability of the positive class of each row, shape (n,)."""
    return np.array([probability(model.log_odds(row)) for row in rows])


def _plain(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
