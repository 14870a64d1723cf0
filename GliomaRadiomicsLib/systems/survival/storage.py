"""Survival models as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from GliomaRadiomicsLib.statistics.breslow_baseline import BreslowBaseline
from GliomaRadiomicsLib.systems.survival.fitting import SurvivalModel
from GliomaRadiomicsLib.systems.survival.model import FittedSurvival, Signature, cox_from_dict, short


def models_to_dict(models: Mapping[str, SurvivalModel]) -> dict[str, Any]:
    """Plain data for JSON, numbers with seven significant digits."""
    return {name: _one(model) for name, model in models.items()}


def models_from_dict(data: Mapping[str, Any]) -> dict[str, SurvivalModel]:
    """The inverse of `models_to_dict`."""
    return {name: _from(entry) for name, entry in data.items()}


def _one(model: SurvivalModel) -> dict[str, Any]:
    fitted = model.fitted
    plain = {
        "items": model.items,
        "signature": asdict(fitted.signature),
        "cox": None if fitted.cox is None else asdict(fitted.cox),
        "baseline": asdict(fitted.baseline),
        "median_risk": model.median_risk,
        "groups": model.groups,
        "nomogram": model.nomogram,
        "ranges": model.ranges,
    }
    return {key: short(value) for key, value in plain.items()}


def _from(data: Mapping[str, Any]) -> SurvivalModel:
    signature = Signature(**{key: tuple(value) for key, value in data["signature"].items()})
    base = data["baseline"]
    baseline = BreslowBaseline(tuple(base["time"]), tuple(base["cumulative_hazard"]), base["last_time"])
    cox = None if data["cox"] is None else cox_from_dict(data["cox"])
    return SurvivalModel(
        items=tuple(data["items"]),
        fitted=FittedSurvival(signature, cox, baseline),
        median_risk=data["median_risk"],
        groups=data["groups"],
        nomogram=data["nomogram"],
        ranges={key: (low, high) for key, (low, high) in data["ranges"].items()},
    )
