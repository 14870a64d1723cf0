"""What the bundle of a survival model states beside its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from GliomaRadiomicsLib.systems.kept_of_patients import HOLDS_DAYS_OF_DEATH
from GliomaRadiomicsLib.systems.scale_free.quantities import QUANTITIES
from GliomaRadiomicsLib.systems.survival.covariates import CLINICAL, Patient, known_items
from GliomaRadiomicsLib.systems.survival.model import Signature


def describe(
    patients: Sequence[Patient], settings: Mapping[str, Any], signature: Signature, left_out: Mapping[str, int]
) -> dict[str, Any]:
    """Metadata without evidence, as `models.metadata.check_metadata` wants it."""
    known = {f"n_with_{item}": sum(item in known_items(p.clinical) for p in patients) for item in CLINICAL}
    return {
        "name": settings["name"],
        "system": "survival",
        "version": "1.0",
        "licence": settings["licence"],
        "attribution": list(settings["attribution"]),
        "input": {
            "t1ce": "intensities as the scanner made them (any scale, bias correction allowed, no z-scores)",
            "label_map": "0/1/2/4 on the same grid; all labels together are the whole tumour",
            "age": "years, optional",
            "idh": "mutant or wildtype as measured in tissue, optional; never the prediction of another model",
            "resection": "gtr, str or biopsy, optional; known after surgery only",
        },
        "training": {
            "cohort": settings["cohort"],
            "n": len(patients),
            "n_deaths": sum(p.event for p in patients),
            **known,
            **left_out,
            "model": "Elastic-Net Cox signature (L1 share .5, penalty by 5-fold cross-validation), then a Cox model of "
            "the held-out signature and the clinical items known; one model for every combination of items",
            "signature": {
                QUANTITIES[name].name: round(weight, 4)
                for name, weight in zip(signature.names, signature.coefficients, strict=True)
            },
        },
        "intended_use": "Research: risk, risk group and survival at 1, 3 and 5 years of adults with a glioma before "
        "treatment, with intervals, beside the curves of the training cohort.",
        "not_for": [
            "Diagnosis, treatment decisions, or telling a patient how long he will live",
            "Treated or recurrent tumours, children, metastases",
            "Images whose intensities were shifted (z-scores)",
        ],
        "limitations": [
            "Intervals hold the sampling error of the Cox model, not that of the signature, of another cohort or of "
            "another treatment; the truth is less certain than they look.",
            "Censoring is heavy late: survival at 5 years rests on few patients.",
            HOLDS_DAYS_OF_DEATH,
        ],
    }
