"""What a bundle states beside its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.systems.kept_of_patients import HOLDS_DAYS_OF_DEATH
from GliomaRadiomicsLib.systems.lgg_survival.clinical import Coding
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.lgg_survival.signature import FittedSignature

if TYPE_CHECKING:
    from GliomaRadiomicsLib.statistics.cox_table import CoxTable
    from GliomaRadiomicsLib.systems.lgg_survival.nomogram import FittedNomogram
    from GliomaRadiomicsLib.systems.lgg_survival.rows import Row

NAME = "lgg_survival"
PAPER = "Glioma grading and survival of lower grades, Jinling Hospital 2023 (CNN and radiomics)"


def describe(
    settings: LggSettings,
    rows: Sequence[Row],
    coding: Coding,
    signature: FittedSignature,
    fitted: Mapping[str, FittedNomogram],
    left_out: Mapping[str, int],
) -> dict[str, Any]:
    """Metadata without evidence, as `models.metadata.check_metadata` wants it."""
    weights = dict(zip(signature.signature.names, signature.signature.coefficients, strict=True))
    extractor = signature.extractor
    return {
        "name": settings.name,
        "system": NAME,
        "version": "1.0",
        "licence": settings.licence,
        "attribution": [PAPER, *settings.attribution],
        "input": {
            "sequences": list(settings.sequences),
            "label_map": "0/1/2/4 on the same grid; the section with most tumour is used",
            "clinical": [*coding.items] or "none",
        },
        "settings": _plain(asdict(settings)),
        "training": {
            "cohort": settings.cohort,
            "n": len(rows),
            "n_deaths": sum(row.event for row in rows),
            "n_with_grade": sum(row.grade is not None for row in rows),
            **left_out,
            "deep_features": "none" if extractor is None else extractor.origin["text"],
            "trained_network": extractor is not None and extractor.is_trained,
            "backbone": None if extractor is None else extractor.origin,
            "n_candidate_features": len(signature.radiomic) + len(signature.deep),
            "signature": {name: float(f"{weight:.4g}") for name, weight in weights.items()},
        },
        "cox_tables": {name: [_table(table) for table in one.selection.tables] for name, one in fitted.items()},
        "intended_use": "Research: risk and survival at 1, 3 and 5 years of adults with a glioma of WHO grade 2 or 3.",
        "not_for": [
            "Diagnosis, treatment decisions, or telling a patient how long he will live",
            "WHO grade 4, treated or recurrent tumours, children",
        ],
        "limitations": _limitations(signature),
    }


def _limitations(signature: FittedSignature) -> list[str]:
    limits = [
        "Intervals hold the sampling error of the Cox model, not that of the signature or of another cohort.",
        "The nomogram rests on signatures of patients held out; the p of its covariates take no account of the "
        "selection.",
        HOLDS_DAYS_OF_DEATH,
    ]
    if signature.extractor is not None and signature.extractor.origin["kind"] == "random":
        limits.append(f"The network began as {signature.extractor.origin['text']}; the paper's began with ImageNet.")
    return limits


def _table(table: CoxTable) -> dict[str, Any]:
    keys = ("name", "hazard_ratio", "lower", "upper", "p", "proportional_p", "n", "n_events")
    return {"kind": table.kind, "rows": [{key: getattr(row, key) for key in keys} for row in table.rows],
            "notes": list(table.notes)}  # fmt: skip


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
