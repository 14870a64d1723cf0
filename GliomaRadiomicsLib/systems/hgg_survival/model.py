"""The fitted model as plain numbers: a score, its cut-off, and what the score meant for patients held out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.cox import CoxModel
from GliomaRadiomicsLib.statistics.elastic_net_cox import FittedElasticNetCox
from GliomaRadiomicsLib.statistics.scaling import FittedImputation, FittedScaling
from GliomaRadiomicsLib.systems.survival.model import cox_from_dict

Array = npt.NDArray[np.float64]
SCORE = "score"


@dataclass(frozen=True)
class Score:
    """Score = sum of coefficient x (value - mean) / SD; higher is worse.

    Attributes:
        names: Features with a coefficient.
        coefficients: Log hazard ratio per standard deviation.
        means: Of the training patients.
        spreads: Standard deviations of the training patients.
        fills: Medians of the training patients, where a value is missing.
        median: Median score of the training patients; above it is high risk.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    fills: tuple[float, ...]
    median: float

    @classmethod
    def of(cls, fitted: FittedElasticNetCox) -> Score:
        """The numbers of a fitted model among whose steps are an imputation and, at the end, z-scores."""
        filled = next(step for step in fitted.steps.steps if isinstance(step, FittedImputation))
        scaled = fitted.steps.steps[-1]
        assert isinstance(scaled, FittedScaling)
        names = tuple(fitted.coefficients)
        fills = dict(zip(filled.names, filled.medians.tolist(), strict=True))
        means = dict(zip(scaled.names, scaled.centre.tolist(), strict=True))
        spreads = dict(zip(scaled.names, scaled.spread.tolist(), strict=True))
        return cls(
            names,
            tuple(fitted.coefficients.values()),
            tuple(means[name] for name in names),
            tuple(spreads[name] for name in names),
            tuple(fills[name] for name in names),
            fitted.median_risk,
        )

    def parts(self, values: Mapping[str, float]) -> Array:
        """What each feature adds, in the order of ``names``; a missing value adds what the median does."""
        found = np.array([values[name] for name in self.names])
        found = np.where(np.isnan(found), self.fills, found)
        return np.asarray((found - np.array(self.means)) / np.array(self.spreads) * np.array(self.coefficients))

    def value(self, values: Mapping[str, float]) -> float:
        """Score of one patient."""
        return float(self.parts(values).sum())


@dataclass(frozen=True, eq=False)
class HanModel:
    """What a bundle holds.

    Attributes:
        score: Of all training patients.
        n_features: Features measured of each patient.
        recalibration: Cox model of the score as it was predicted for patients held out; None where the score told
            nothing there, and then nothing is predicted.
        groups: Kaplan-Meier chart of the patients held out.
        nomogram: The recalibration as plain data of a nomogram; None without one.
        years: Of the survival in ``held_out``.
        held_out: By `measure.mark_of` the images: ``risk``, ``high`` and ``survival`` of each training patient,
            predicted without it.
        chosen: Outer folds in which each feature of the score was chosen.
        n_folds: Outer folds.
        score_range: Lowest and highest score of patients held out.
    """

    score: Score
    n_features: int
    recalibration: CoxModel | None
    groups: dict[str, Any]
    nomogram: dict[str, Any] | None
    years: tuple[int, ...]
    held_out: dict[str, dict[str, Any]]
    chosen: dict[str, int]
    n_folds: int
    score_range: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        data = {key: value for key, value in self.__dict__.items() if key not in ("score", "recalibration")}
        recalibration = None if self.recalibration is None else asdict(self.recalibration)
        return {"score": asdict(self.score), "recalibration": recalibration, **data}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HanModel:
        """The inverse of `to_dict`."""
        rest = deepcopy(dict(data))
        numbers = rest.pop("score")
        median = float(numbers.pop("median"))
        score = Score(**{key: tuple(values) for key, values in numbers.items()}, median=median)
        recalibration = rest.pop("recalibration")
        low, high = rest.pop("score_range")
        return cls(
            score=score,
            recalibration=None if recalibration is None else cox_from_dict(recalibration),
            years=tuple(rest.pop("years")),
            score_range=(low, high),
            **rest,
        )
