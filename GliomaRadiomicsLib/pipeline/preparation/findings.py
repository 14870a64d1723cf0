"""What the preparation did, as lines of the input passport."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.settings import BRAIN_EXTRACTIONS
from GliomaRadiomicsLib.pipeline.preparation.brains import HD_BET

LEAST_AGREEMENT = 0.93
"""Lower Dice between the brains of two aligned images is doubtful."""


def findings_of(record: dict[str, Any], *, outlined: bool) -> list[Finding]:
    """Passport lines of a preparation record; ``outlined`` where a label map is written or made in this run."""
    sequences: dict[str, dict[str, Any]] = record["sequences"]
    found = _brain(record, sequences)
    for role, one in sequences.items():
        found += _alignment(role, one, sequences[record["reference"]], SEQUENCE_NAMES[record["reference"]])
    found += _shading(sequences)
    return [*found, Finding("working-grid", "fixed", _working_grid(record, outlined))]


def _working_grid(record: dict[str, Any], outlined: bool) -> str:
    size, name = f"{record['working_spacing_mm']:g} mm voxels", SEQUENCE_NAMES[record["results_on"]]
    if outlined:
        return f"the work was done on {size}; the label map and the heat maps are brought back onto the grid of {name}"
    return f"the images written have {size} in the position of {name}; the way back is in provenance.json (space)"


def _names(roles: list[str]) -> str:
    return ", ".join(SEQUENCE_NAMES[role] for role in roles)


def _brain(record: dict[str, Any], sequences: dict[str, dict[str, Any]]) -> list[Finding]:
    looked = [role for role, one in sequences.items() if one["brain"]["source"] in BRAIN_EXTRACTIONS.values()]
    found = []
    if looked:
        by = " by HD-BET" if any(sequences[role]["brain"]["source"] == HD_BET for role in looked) else ""
        message = f"{_names(looked)}: skull and scalp were removed{by}; the brain has {record['brain_ml']:.0f} ml"
        found.append(Finding("brain-extracted", "fixed", message))
    for role in looked:
        for doubt in sequences[role]["brain"]["doubts"]:
            message = f"{SEQUENCE_NAMES[role]}: {doubt}; check the brain mask, or give skull-stripped images"
            found.append(Finding("brain-doubtful", "warning", message, role))
    agreement = record["brain_agreement"]
    if looked and agreement is not None and agreement < LEAST_AGREEMENT:
        message = (
            f"the brains of two aligned images agree less than usual (Dice {agreement:.2f}, usual "
            f"{LEAST_AGREEMENT:g} or more): check the brain mask and that all images are of one patient"
        )
        found.append(Finding("brains-differ", "warning", message))
    return found


def _alignment(role: str, one: dict[str, Any], main: dict[str, Any], reference: str) -> list[Finding]:
    name, alignment = SEQUENCE_NAMES[role], one["alignment"]
    state = alignment["state"]
    if state == "registered":
        message = (
            f"{name} was moved by {alignment['shift_mm']:.1f} mm and {alignment['rotation_degrees']:.1f} degrees onto "
            f"{reference} (brain overlap {alignment['brain_overlap']:.2f})"
        )
        return [Finding("registered", "fixed", message, role)]
    if state == "headers":
        other = (one["shape"], one["spacing_mm"]) != (main["shape"], main["spacing_mm"])
        message = f"{name} was resampled through its header onto {reference}; no movement fits better"
        return [Finding("headers-agree", "fixed" if other else "ok", message, role)]
    if state == "refused":
        message = f"{name} was left out: {alignment['reason']}"
        return [Finding("registration-failed", "warning", message, role)]
    return []


def _shading(sequences: dict[str, dict[str, Any]]) -> list[Finding]:
    found = []
    corrected = [role for role, one in sequences.items() if one.get("shading", {}).get("corrected")]
    if corrected:
        found.append(Finding("shading-corrected", "fixed", f"{_names(corrected)}: the coils' shading was removed (N4)"))
    reasons: dict[str, list[str]] = {}
    for role, one in sequences.items():
        if "shading" in one and not one["shading"]["corrected"]:
            reasons.setdefault(one["shading"]["reason"], []).append(role)
    for reason, roles in reasons.items():
        message = f"{_names(roles)}: the shading was not corrected ({reason})"
        found.append(Finding("shading-not-corrected", "ok", message))
    return found
