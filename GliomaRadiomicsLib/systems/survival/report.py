"""From a model and a patient to the part of `result.json` called ``survival``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.statistics.cox import CoxModel
from GliomaRadiomicsLib.statistics.cox_prediction import SurvivalPrediction, predict_survival
from GliomaRadiomicsLib.systems.scale_free.quantities import QUANTITIES
from GliomaRadiomicsLib.systems.scale_free.trust import trust_of
from GliomaRadiomicsLib.systems.survival.covariates import CLINICAL, ITEM_WORDS, SIGNATURE, WORDS, set_name
from GliomaRadiomicsLib.systems.survival.fitting import SurvivalModel
from GliomaRadiomicsLib.systems.survival.validation import GRID_DAYS, GROUPS, YEAR, YEARS

_DIGITS = 4


def survival_result(
    model: SurvivalModel,
    metadata: Mapping[str, Any],
    measured: Mapping[str, float],
    entries: Mapping[str, float],
    clinical: Mapping[str, float],
    *,
    automatic_outline: bool = False,
    corrected_outline: bool = False,
) -> dict[str, Any]:
    """Prediction of one patient as plain data.

    Args:
        model: The model whose clinical items the patient has.
        metadata: Of the bundle.
        measured: Of the image, for the trust.
        entries: What the signature sees.
        clinical: Columns of the clinical items.
        automatic_outline: Whether the tumour was outlined by the segmentation.
        corrected_outline: Whether that outline was corrected by hand.
    """
    cox = model.fitted.cox
    assert cox is not None
    covariates = {SIGNATURE: model.fitted.signature.score(entries), **clinical}
    unknown = [item for item in CLINICAL if item not in model.items]
    trust = trust_of(
        {**measured, **clinical},
        model.ranges,
        QUANTITIES,
        automatic_outline=automatic_outline,
        corrected_outline=corrected_outline,
    )
    trust.reasons.extend(f"{ITEM_WORDS[item]} was not given" for item in unknown)
    return {
        "status": "predicted",
        "model": f"{metadata['name']} {metadata['version']}",
        "inputs_used": ["imaging", *model.items],
        "inputs_missing": unknown,
        **predicted(cox, model.median_risk, covariates),
        "kaplan_meier": model.groups,
        "nomogram": patient_on_nomogram(model.nomogram, covariates, WORDS),
        "trust": {"flag": "caution" if trust.reasons else "ok", "reasons": trust.reasons},
        "evidence": evidence(metadata, model.items),
        "contributions": contributions(cox, covariates, WORDS),
    }


def evidence(metadata: Mapping[str, Any], items: tuple[str, ...]) -> dict[str, Any]:
    """What the prediction rests on: C-index held out and, where measured, on other scanners."""
    prefix = set_name(items)
    data = c_index_evidence(metadata, f"cv_{prefix}_c")
    if "c_index" not in data:
        return data
    for key, name in (("clinical_alone", f"cv_{prefix}_clinical_c"), ("external", f"tcga_{prefix}_c")):
        other = figure(metadata, name)
        if other is not None:
            data |= {f"c_index_{key}": other.value, f"c_index_{key}_ci": other.ci, f"c_index_{key}_n": other.n}
    return data


def c_index_evidence(metadata: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The C-index of this name as evidence, with whom it was measured on; without ``c_index`` where it was not."""
    found = figure(metadata, name)
    if found is None:
        return {"cohort": metadata["training"].get("cohort", "not stated"), "validation": "none"}
    return {
        "cohort": found.cohort,
        "n": found.n,
        "validation": found.validation,
        "c_index": found.value,
        "c_index_ci": found.ci,
    }


def predicted(cox: CoxModel, median_risk: float, covariates: Mapping[str, float]) -> dict[str, Any]:
    """Risk, group, survival with intervals, median and curve of one patient by a Cox model.

    Args:
        cox: The model.
        median_risk: Linear predictor above which a patient is at high risk.
        covariates: The patient's, by name.
    """
    longest = min(cox.baseline.last_time, YEARS[-1] * YEAR + GRID_DAYS)
    grid = np.arange(0.0, longest, GRID_DAYS).tolist()
    times = [*(year * YEAR for year in YEARS), *grid]
    columns = {term.name: [covariates[term.name]] for term in cox.terms}
    (found,) = predict_survival(cox, columns, times)
    years = len(YEARS)
    return {
        "risk": round(found.relative_hazard, _DIGITS),
        "risk_group": GROUPS[int(found.linear_predictor > median_risk)].split()[0],
        "probability": {f"{year}y": _rounded(found.survival[i]) for i, year in enumerate(YEARS)},
        "probability_ci": {
            f"{year}y": [_rounded(found.lower[i]), _rounded(found.upper[i])] for i, year in enumerate(YEARS)
        },
        "median_days": found.median,
        "ci": list(found.median_interval),
        "curve": _curve(found, grid, years),
    }


def _curve(found: SurvivalPrediction, grid: list[float], first: int) -> dict[str, list[Any]]:
    return {
        "days": grid,
        "probability": [_rounded(value) for value in found.survival[first:]],
        "lower": [_rounded(value) for value in found.lower[first:]],
        "upper": [_rounded(value) for value in found.upper[first:]],
    }


def patient_on_nomogram(
    nomogram: Mapping[str, Any] | None, covariates: Mapping[str, float], words: Mapping[str, str]
) -> dict[str, Any] | None:
    """The nomogram with words for its axes and the patient's own values."""
    if nomogram is None:
        return None
    names = [axis["term"]["name"] for axis in nomogram["axes"]]
    return {
        **nomogram,
        "words": {name: words.get(name, name) for name in names},
        "patient": {name: round(covariates[name], _DIGITS) for name in names},
    }


def contributions(cox: CoxModel, covariates: Mapping[str, float], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Log hazard ratio of each covariate against the training mean."""
    return [
        {
            "name": words.get(name, name),
            "value": round(covariates[name], _DIGITS),
            "unit": "",
            "contribution": coefficient * (covariates[name] - mean),
        }
        for name, coefficient, mean in zip(cox.names, cox.coefficients, cox.means, strict=True)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
