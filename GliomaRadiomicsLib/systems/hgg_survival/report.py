"""From the model and a patient's score to the part of `result.json` called ``survival``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.statistics.cox_prediction import predict_survival
from GliomaRadiomicsLib.systems.hgg_survival.fitting import PREFIX
from GliomaRadiomicsLib.systems.hgg_survival.model import SCORE, HanModel
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.hgg_survival.validation import YEARS
from GliomaRadiomicsLib.systems.survival.movable import movable_model
from GliomaRadiomicsLib.systems.survival_charts import YEAR

GRID_DAYS = 30.0
SHOWN = 10
"""Features named one by one among the contributions."""
_DIGITS = 4
_WORDS = {SCORE: "Imaging score"}


def survival_result(
    model: HanModel,
    metadata: Mapping[str, Any],
    settings: HanSettings,
    values: Mapping[str, float],
    *,
    outline: str,
) -> dict[str, Any]:
    """Prediction of one patient as plain data, keys as those of the system ``survival``.

    Args:
        model: With a recalibration.
        metadata: Of the bundle.
        settings: Of the bundle.
        values: Every feature of the score by name.
        outline: Why the outline calls for caution; empty where it does not.
    """
    score = model.score.value(values)
    reasons = _reasons(model, settings, values, score, outline)
    return {
        "status": "predicted",
        "model": f"{metadata['name']} {metadata['version']}",
        "inputs_used": ["imaging", *settings.clinical],
        "inputs_missing": [],
        "risk_group": "high" if score > model.score.median else "low",
        **_predicted(model, score),
        "kaplan_meier": model.groups,
        "nomogram": _nomogram(model, score),
        "trust": {"flag": "caution" if reasons else "ok", "reasons": reasons},
        "evidence": evidence(metadata),
        "contributions": _contributions(model, values),
        "movable": _movable(model, score),
    }


def evidence(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the prediction rests on."""
    training = metadata["training"]
    data = {
        "cohort": training.get("cohort", "not stated"),
        "n": training.get("n"),
        "n_events": training.get("n_deaths"),
    }
    found = figure(metadata, f"{PREFIX}_c")
    if found is None:
        return data | {"validation": "none"}
    return data | {"validation": found.validation, "c_index": found.value, "c_index_ci": found.ci}


def _predicted(model: HanModel, score: float) -> dict[str, Any]:
    cox = model.recalibration
    assert cox is not None
    grid = np.arange(0.0, min(cox.baseline.last_time, YEARS[-1] * YEAR + GRID_DAYS), GRID_DAYS).tolist()
    (found,) = predict_survival(cox, {SCORE: [score]}, [*(year * YEAR for year in YEARS), *grid])
    first = len(YEARS)
    return {
        "risk": round(found.relative_hazard, _DIGITS),
        "score": round(score, _DIGITS),
        "probability": {f"{year}y": _rounded(found.survival[i]) for i, year in enumerate(YEARS)},
        "probability_ci": {
            f"{year}y": [_rounded(found.lower[i]), _rounded(found.upper[i])] for i, year in enumerate(YEARS)
        },
        "median_days": found.median,
        "ci": list(found.median_interval),
        "curve": {
            "days": grid,
            "probability": [_rounded(value) for value in found.survival[first:]],
            "lower": [_rounded(value) for value in found.lower[first:]],
            "upper": [_rounded(value) for value in found.upper[first:]],
        },
    }


def _reasons(
    model: HanModel, settings: HanSettings, values: Mapping[str, float], score: float, outline: str
) -> list[str]:
    """Why the prediction needs a second look."""
    low, high = model.score_range
    missing = [name for name in model.score.names if np.isnan(values[name])]
    checks = (
        (bool(outline), outline),
        (settings.deep == "random", "the deep features are those of a network with random weights"),
        (
            not low <= score <= high,
            f"the score {score:.2f} lies outside those of the training patients held out, {low:.2f} to {high:.2f}",
        ),
        (bool(missing), f"{len(missing)} features had no value and were taken as the training cohort's median"),
    )
    return [words for applies, words in checks if applies]


def _nomogram(model: HanModel, score: float) -> dict[str, Any] | None:
    if model.nomogram is None:
        return None
    return {**model.nomogram, "words": _WORDS, "patient": {SCORE: round(score, _DIGITS)}}


def _movable(model: HanModel, score: float) -> list[dict[str, Any]]:
    if model.nomogram is None or model.recalibration is None:
        return []
    return [movable_model(model.recalibration, model.nomogram, {SCORE: score}, _WORDS)]


def _contributions(model: HanModel, values: Mapping[str, float]) -> list[dict[str, Any]]:
    """What the strongest features add to the score, and all others together."""
    parts = model.score.parts(values)
    order = np.argsort(-np.abs(parts), kind="stable")
    rows = [
        {"name": model.score.names[i], "value": _known(values[model.score.names[i]]), "unit": "",
         "contribution": float(parts[i])}
        for i in order[:SHOWN]
    ]  # fmt: skip
    rest = order[SHOWN:]
    if rest.size:
        rows.append(
            {
                "name": f"{rest.size} further features",
                "value": None,
                "unit": "",
                "contribution": float(parts[rest].sum()),
            }
        )
    return rows


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.5g}")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
