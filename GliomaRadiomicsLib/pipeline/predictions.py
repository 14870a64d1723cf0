"""What the systems say about a case: grade, IDH status and survival; each with its evidence or the reason for none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult, GradingResult
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.pipeline.run import CaseRun
from GliomaRadiomicsLib.systems import registry
from GliomaRadiomicsLib.systems.protocol import CaseData, System

NOT_ASKED = {"status": "unavailable", "reason": "the step grading was not asked for, or no tumour was outlined"}
NO_MGMT = {
    "status": "abstained",
    "reason": "no model of MGMT methylation is installed; MRI alone has not been shown to predict it reliably",
}


def predict_case(run: CaseRun) -> None:
    """Run every registered system on the case; results, heat maps and the models used go into ``run``."""
    assert run.label_map is not None
    case = CaseData(
        run.passport.volumes,
        run.label_map,
        run.passport.brain_mask,
        run.settings.clinical,
        run.features,
        automatic_outline=run.passport.mask is None,
    )
    for name, entry in registry.SYSTEMS.items():
        if entry.task != "mgmt":
            _predict(run, name, entry.task, case)


def fill_in_reasons(result: CaseResult) -> None:
    """Say why there is no prediction where there is none."""
    result.idh = result.idh or dict(NOT_ASKED)
    result.survival = result.survival or dict(NOT_ASKED)
    result.mgmt = result.mgmt or dict(NO_MGMT)


def bundle_of(run: CaseRun, system: str) -> Path:
    """Folder of the bundle chosen for a system, else of the starter model; noted in ``run``."""
    chosen = run.settings.models.get(system)
    folder = store.find(chosen) if chosen else store.starter(system)
    metadata = load_metadata(folder)
    run.models[system] = f"{metadata['name']} {metadata['version']}"
    run.weights[system] = {name: entry["sha256"] for name, entry in metadata["files"].items()}
    return folder


def _predict(run: CaseRun, name: str, task: str, case: CaseData) -> None:
    system: System = registry.load(name, bundle_of(run, name))
    predicted: Any = system.predict(case)
    if isinstance(predicted, GradingResult):
        run.result.grading[name] = predicted
    elif task == "idh":
        run.result.idh = predicted
    else:
        run.result.survival = predicted
    for method, heatmap in system.explain(case).items():
        run.heatmaps[f"{name}-{method}"] = heatmap
