"""How far a case lies from the training cohort: regularised Mahalanobis distance, judged by held-out patients."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_FEATURES = 128
_FOLDS = 20


@dataclass(frozen=True)
class CohortDistance:
    """Plain data of a fitted distance; holds no patient's features.

    Attributes:
        names: Of the features.
        mean: Of each feature.
        scale: Standard deviation of each feature.
        precision: Inverse of the shrunk correlation matrix, row by row.
        held_out: Distances of the training patients from the others, rising.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    precision: tuple[tuple[float, ...], ...]
    held_out: tuple[float, ...]

    @classmethod
    def fit(cls, features: npt.ArrayLike, names: tuple[str, ...]) -> CohortDistance:
        """Fit on training patients; covariance shrunk as by Ledoit and Wolf 2004.

        What is usual is measured on patients left out of the fit (20 groups, or each alone where there are fewer),
        because within the fit everybody looks near.

        Args:
            features: Shape ``(patients, features)``.
            names: Of the features.

        Raises:
            ValueError: For fewer than 5 patients, more than `MOST_FEATURES` features, missing values, or names that
                do not fit.
        """
        table = np.asarray(features, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != len(names) or len(table) < 5 or not 1 <= len(names) <= MOST_FEATURES:
            msg = f"a distance needs at least 5 patients and 1 to {MOST_FEATURES} named features; "
            msg += f"found a table of {table.shape} and {len(names)} names"
            raise ValueError(msg)
        if not np.isfinite(table).all():
            column = names[int(np.flatnonzero(~np.isfinite(table).all(axis=0))[0])]
            msg = f"feature {column} is missing for a training patient; impute it first"
            raise ValueError(msg)
        group = np.arange(len(table)) % min(_FOLDS, len(table))
        held_out = [
            _distance(row, *_fitted(table[group != number]))
            for number in range(group.max() + 1)
            for row in table[group == number]
        ]
        mean, scale, precision = _fitted(table)
        return cls(
            tuple(names), _plain(mean), _plain(scale), tuple(_plain(row) for row in precision), _plain(sorted(held_out))
        )

    def distance(self, values: npt.ArrayLike) -> float:
        """Distance of a case, ``(features,)``, from the centre, per root of the number of features; 1 is usual.

        Raises:
            ValueError: If the number of features differs.
        """
        row = np.asarray(values, dtype=np.float64)
        if row.shape != (len(self.names),):
            msg = f"{len(self.names)} features are needed ({', '.join(self.names[:5])} ...), found {row.shape}"
            raise ValueError(msg)
        return _distance(row, np.array(self.mean), np.array(self.scale), np.array(self.precision))

    def percentile(self, values: npt.ArrayLike) -> float:
        """Share of the training patients, each held out, that lie nearer than this case; 1 for a missing feature."""
        distance = self.distance(values)
        return float(np.mean(np.array(self.held_out) < distance)) if np.isfinite(distance) else 1.0

    def excess(self, values: npt.ArrayLike) -> float:
        """Distance relative to the farthest held-out training patient; above 1 no training patient was as far."""
        distance = self.distance(values)
        return distance / self.held_out[-1] if np.isfinite(distance) else float("inf")

    def most_unusual(self, values: npt.ArrayLike, count: int = 3) -> list[str]:
        """Names of the features farthest from the training mean, in standard deviations, farthest first."""
        away = np.abs((np.asarray(values, dtype=np.float64) - self.mean) / np.array(self.scale))
        order = np.argsort(-np.where(np.isfinite(away), away, np.inf), kind="stable")
        return [self.names[number] for number in order[:count]]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CohortDistance:
        """The inverse of `to_dict`."""
        plain = {name: tuple(data[name]) for name in ("names", "mean", "scale", "held_out")}
        return cls(precision=tuple(tuple(row) for row in data["precision"]), **plain)


Floats = npt.NDArray[np.float64]


def _fitted(table: Floats) -> tuple[Floats, Floats, Floats]:
    from sklearn.covariance import LedoitWolf

    mean, scale = table.mean(axis=0), table.std(axis=0)
    scale = np.where(scale > 1e-9 * np.maximum(np.abs(mean), 1e-9), scale, 1.0)
    shrunk = LedoitWolf(assume_centered=True).fit((table - mean) / scale).covariance_
    floor = 1e-3 * np.eye(len(mean))
    return mean, scale, np.linalg.inv(shrunk + floor)


def _distance(row: Floats, mean: Floats, scale: Floats, precision: Floats) -> float:
    away = (row - mean) / scale
    return float(np.sqrt(away @ precision @ away / away.size))


def _plain(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
