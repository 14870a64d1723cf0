"""What the card says of this system."""

from __future__ import annotations

from collections import Counter
from typing import Any

from GliomaRadiomicsLib.systems.fused_grading.fusion import Fusion, HeldOut
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.case import FACTS

_SHOWN = 12


def kept_table(held: HeldOut, fusion: Fusion) -> dict[str, Any]:
    """How often each feature was kept: what changes from fold to fold is chance."""
    counts = Counter(name for one in held.fusions for name in one.names)
    rows = [[name, counts.pop(name, 0), "yes"] for name in fusion.names]
    rows += [[name, times, "no"] for name, times in counts.most_common(max(0, _SHOWN - len(rows)))]
    return {
        "title": f"Features kept (of {len(held.fusions)} folds)",
        "columns": ["Feature", "Folds", "In the model"],
        "rows": rows,
    }


def own_words(settings: FusedSettings, fusion: Fusion, n_joining: int = 0) -> dict[str, Any]:
    """Entries of the metadata that are this system's."""
    field = " x ".join(f"{size:g}" for size in settings.field_mm)
    return {
        "input": {
            "patch": f"{' x '.join(map(str, settings.patch))} voxels over {field} mm around the tumour",
            "radiomics": f"788 features of the whole tumour on {settings.radiomics_sequence}, z-scored in the brain",
            **({"facts": f"also candidates: {', '.join(FACTS.values())}"} if settings.facts else {}),
        },
        "training": {
            "model": "3-D ResNet-18 with squeeze-and-excitation and radiomic features, after Jinling Hospital 2023; "
            f"{8 * settings.width} deep features; z-score, Levene, LASSO, random forest, support vector machine",
            "network_trained_on": "its training patients" if settings.deep == "trained" else "helper cases alone",
            "n_helper_cases_in_selection": n_joining,
            "steps": settings.steps,
            "features": list(fusion.names),
            "n_deep_features_kept": len(fusion.deep),
            "c": fusion.machine.c,
            "gamma": fusion.machine.gamma,
            "calibration": "Platt scaling on inner folds of the training patients",
        },
        "intended_use": "Research: the probability of WHO grade 4 against 2/3 of a glioma before treatment, by deep "
        "and radiomic features together, with what each contributed.",
        "limitations": _limitations(settings, fusion),
    }


def _limitations(settings: FusedSettings, fusion: Fusion) -> list[str]:
    found = [
        "The features that are kept change from fold to fold (see the table): with few patients the choice is chance.",
        "The radiomic features are measured on the outline: another outline gives other values.",
    ]
    if settings.deep == "trained":
        found.append(
            "As in the paper the deep features of the training patients come from a network that was trained on them, "
            "so that they look better there than on others; the figures are of patients held out."
        )
    if not fusion.deep:
        found.append("No deep feature was kept: the heat map explains the network's own grade, not this system's.")
    return found
