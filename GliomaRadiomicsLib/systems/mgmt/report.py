"""What a result says about one case: the reason to doubt before the number, and the evidence beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import Evidence, Trust
from GliomaRadiomicsLib.models.figures import evidence_of
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.volumetric_grading.model import probability

AUC_ID = "test_auc"
CHANCE = 0.5
NO_BETTER = "not better than chance on its validation cohort"


def abstained(metadata: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """No prediction, and why."""
    return {"status": "abstained", "reason": reason, "evidence": asdict(evidence_of(metadata, AUC_ID))}


def predicted(
    metadata: Mapping[str, Any], settings: MgmtSettings, log_odds: Mapping[str, float], leading: str
) -> dict[str, Any]:
    """The prediction as `result.json` has it; ``reason`` stands before the number and is empty only where it may.

    Args:
        metadata: Of the bundle.
        settings: It was trained with.
        log_odds: Calibrated, by sequence, and of what predicts.
        leading: What predicts: ``fused`` or ``radiomics``.
    """
    words, evidence = settings.words, evidence_of(metadata, AUC_ID)
    p = probability(log_odds[leading])
    used = [role for role in settings.modalities if role in log_odds]
    absent = [role for role in settings.modalities if role not in used] if leading == "fused" else []
    doubts = [chance_level(evidence), _without(absent)]
    reasons = [doubt for doubt in doubts if doubt]
    return {
        "status": "predicted",
        "reason": "; ".join(reasons),
        "label": words.positive if p >= 0.5 else words.negative,
        words.key: p,
        "sequences_used": [SEQUENCE_NAMES[role] for role in used] or ["features of the outlined tumour"],
        "trust": asdict(Trust("caution" if reasons else "ok", reasons)),
        "evidence": asdict(evidence),
    }


def chance_level(evidence: Evidence) -> str:
    """Why the bundle's own figure gives no ground to believe it; empty if it does."""
    if evidence.auc is None or evidence.auc_ci is None:
        return "this bundle states no AUC on patients held out"
    low, high = evidence.auc_ci
    if low > CHANCE:
        return ""
    return f"{NO_BETTER}: AUC {evidence.auc:.2f}, 95 % interval {low:.2f} to {high:.2f}, {evidence.n} patients"


def _without(absent: Sequence[str]) -> str:
    names = ", ".join(SEQUENCE_NAMES[role] for role in absent)
    return f"made without {names}; the evidence is of patients who mostly had all sequences" if names else ""
