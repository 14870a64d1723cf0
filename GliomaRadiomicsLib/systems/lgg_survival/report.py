"""From a model and a patient to the part of `result.json` called ``survival``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.systems.lgg_survival.clinical import SIGNATURE, items_of
from GliomaRadiomicsLib.systems.lgg_survival.fitting import CoxPart, Fitted
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.survival.movable import movable_model
from GliomaRadiomicsLib.systems.survival.report import c_index_evidence, contributions, patient_on_nomogram, predicted


def survival_result(
    fitted: Fitted, name: str, part: CoxPart, covariates: Mapping[str, float], case: CaseData
) -> dict[str, Any]:
    """Prediction of one patient as plain data, with the keys of `systems.survival`."""
    metadata, words = fitted.metadata, fitted.coding.words()
    used = [term.name for term in part.cox.terms]
    wanted = fitted.models["integrated"].cox.terms if "integrated" in fitted.models else ()
    missing = [words.get(term.name, term.name) for term in wanted if term.name not in covariates]
    reasons = [*_reasons(fitted, missing, covariates[SIGNATURE], case), *fitted.coding.strange(items_of(case))]
    if SIGNATURE not in used:
        reasons.append("the images have no say here: beside the clinical items the signature told nothing")
    return {
        "status": "predicted",
        "model": f"{metadata['name']} {metadata['version']}",
        "inputs_used": ["imaging" if term == SIGNATURE else words.get(term, term) for term in used],
        "inputs_missing": missing,
        **predicted(part.cox, part.median_risk, covariates),
        "kaplan_meier": part.groups,
        "nomogram": patient_on_nomogram(part.nomogram, covariates, words),
        "trust": {"flag": "caution" if reasons else "ok", "reasons": reasons},
        "evidence": evidence_of(metadata, name),
        "contributions": contributions(part.cox, covariates, words),
        "movable": [
            movable_model(one.cox, one.nomogram, covariates, words)
            for one in fitted.models.values()
            if one.nomogram is not None
        ],
    }


def abstained(metadata: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """No prediction, and why."""
    return {"status": "abstained", "reason": reason, "evidence": evidence_of(metadata, "signature")}


def evidence_of(metadata: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The C-index of patients held out, of the model and of the clinical items alone."""
    data = c_index_evidence(metadata, f"cv_{name}_c")
    clinical = figure(metadata, "cv_clinical_c")
    if clinical is not None and "c_index" in data:
        data |= {"c_index_clinical_alone": clinical.value, "c_index_clinical_alone_ci": clinical.ci}
    return data


def _reasons(fitted: Fitted, missing: list[str], score: float, case: CaseData) -> list[str]:
    low, high = fitted.range
    origin = fitted.metadata["training"]["backbone"]
    by_hand = " and corrected by hand" if case.corrected_outline else ""
    checks = (
        (case.clinical.grade is None, "the WHO grade is not given; the model knows grades 2 and 3 only"),
        (not low <= score <= high, "the signature is outside the range of the training patients"),
        (bool(missing), f"not known: {', '.join(missing)}; the signature alone is used"),
        (origin is not None and origin["kind"] == "random", f"deep features of {(origin or {}).get('text')}"),
        (case.automatic_outline, f"the tumour was outlined automatically{by_hand}; look at the outline"),
    )
    return [words for holds, words in checks if holds]
