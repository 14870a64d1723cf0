"""What a nomogram needs to be moved without the model: a Cox model at monthly steps, as plain data.

Nobody's own follow-up can be told from it: the baseline is read every 30 days and at whole years only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from GliomaRadiomicsLib.statistics.cox import CoxModel
from GliomaRadiomicsLib.systems.survival.covariates import SIGNATURE, WORDS
from GliomaRadiomicsLib.systems.survival.fitting import SurvivalModel
from GliomaRadiomicsLib.systems.survival.model import short
from GliomaRadiomicsLib.systems.survival.validation import GRID_DAYS, YEAR, YEARS


def movable_models(
    models: Mapping[str, SurvivalModel], entries: Mapping[str, float], clinical: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Every model of the system that has a nomogram, each with this patient's values as far as they are known."""
    found = []
    for model in models.values():
        if model.fitted.cox is None or model.nomogram is None:
            continue
        own = {SIGNATURE: model.fitted.signature.score(entries), **clinical}
        found.append(movable_model(model.fitted.cox, model.nomogram, own, WORDS))
    return found


def movable_model(
    cox: CoxModel, nomogram: Mapping[str, Any], covariates: Mapping[str, float], words: Mapping[str, str]
) -> dict[str, Any]:
    """One model.

    Args:
        cox: Of numbers only; a category is 0 and 1 in columns of its own.
        nomogram: Its nomogram as plain data.
        covariates: The patient's values, as far as they are known.
        words: Names of the covariates as people say them.

    Returns:
        ``axes`` (name, words, low, high, zero, points_per_unit, two_valued), ``patient``, ``n``, ``n_events``,
        ``coefficients``, ``means``, ``covariance`` in the order of the axes, and at ``days`` the
        ``cumulative_hazard``, its ``variance`` and ``drift``; ``years`` are those that may be asked for.
    """
    names = [term.name for term in cox.terms]
    longest = min(cox.baseline.last_time, YEARS[-1] * YEAR + GRID_DAYS)
    years = [year for year in YEARS if year * YEAR <= cox.baseline.last_time]
    days = np.union1d(np.arange(0.0, longest, GRID_DAYS), [year * YEAR for year in years])
    at = np.searchsorted(np.array(cox.baseline.time), days, side="right")
    zero = [[0.0] * len(names)]
    data = {
        "axes": [_axis(axis, words) for axis in nomogram["axes"]],
        "patient": {name: float(covariates[name]) for name in names if name in covariates},
        "n": cox.n,
        "n_events": cox.n_events,
        "years": years,
        "coefficients": list(cox.coefficients),
        "means": list(cox.means),
        "covariance": [list(row) for row in cox.covariance],
        "days": days.tolist(),
        "cumulative_hazard": _read([0.0], cox.baseline.cumulative_hazard, at),
        "variance": _read([0.0], cox.baseline.variance, at),
        "drift": _read(zero, cox.baseline.drift, at),
    }
    return short(data)


def _read(first: list[Any], values: Sequence[Any], at: np.ndarray) -> list[Any]:
    """``values`` at the places ``at``; before the first event it is ``first``."""
    return np.array([*first, *values])[at].tolist()


def _axis(axis: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    name = axis["term"]["name"]
    labels = {tick["label"] for tick in axis["ticks"]}
    kept = {key: axis[key] for key in ("low", "high", "zero", "points_per_unit")}
    return {"name": name, "words": words.get(name, name), **kept, "two_valued": labels == {"0", "1"}}
