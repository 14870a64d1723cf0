"""What the systems say about a case: grade, IDH status and survival; each with its evidence or the reason for none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult, GradingResult
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.models.map_figures import faithfulness_of
from GliomaRadiomicsLib.models.metadata import METADATA_FILE
from GliomaRadiomicsLib.pipeline.agreement import agreement_of, compare
from GliomaRadiomicsLib.pipeline.run import CaseRun
from GliomaRadiomicsLib.systems import registry
from GliomaRadiomicsLib.systems.protocol import CaseData, System

NOT_ASKED = {"status": "unavailable", "reason": "the step grading was not asked for, or no tumour was outlined"}
NO_MGMT = {
    "status": "abstained",
    "reason": "no model of MGMT methylation is installed; MRI alone has not been shown to predict it reliably",
}

_ONE_RESULT: tuple[registry.Task, ...] = ("idh", "survival")
_OWN_PLACE = ("mgmt", "idh")
"""Molecular outcomes that have a place of their own in a result; others lie under ``molecular``."""


def predict_case(run: CaseRun) -> None:
    """Run the systems of `systems_to_run` on the case; results, heat maps and the models used go into ``run``."""
    assert run.label_map is not None
    case = CaseData(
        run.passport.volumes,
        run.label_map,
        run.passport.brain_mask,
        run.settings.clinical,
        run.features,
        automatic_outline=run.result.outline_source != "given",
        corrected_outline=run.result.outline_source == "corrected",
    )
    for name in systems_to_run(run.settings.models):
        _predict(run, name, registry.SYSTEMS[name].task, case)
    run.result.grading = compare(run.result.grading)
    run.result.agreement = agreement_of(run.result.grading)


def systems_to_run(chosen: Mapping[str, str]) -> list[str]:
    """The systems that have a bundle: one the user chose, else a starter model.

    For MGMT methylation there is no starter model; an imported bundle of that name is used in its place.

    A result holds several gradings, but one IDH status and one survival: there a system the user chose a bundle for
    takes the place of the starter model.

    Args:
        chosen: Bundle by system, as in the settings.

    Raises:
        RefusedInput: If bundles of two systems are chosen for a task of which a result holds one.
    """
    running = [name for name in registry.names() if name in chosen or _has_default(name)]
    for task in _ONE_RESULT:
        rivals = [name for name in registry.names(task) if name in chosen]
        if len(rivals) > 1:
            raise RefusedInput(
                what=f"bundles of two systems are chosen for {task}, and a result holds one",
                where="--models",
                found=", ".join(rivals),
                remedy="choose one of them, and run the case again for the other",
            )
        running = [name for name in running if not rivals or registry.SYSTEMS[name].task != task or name in rivals]
    return running


def fill_in_reasons(result: CaseResult, *, asked: bool) -> None:
    """Say why there is no prediction where there is none; ``asked`` where the run was to predict."""
    result.idh = result.idh or dict(NOT_ASKED)
    result.survival = result.survival or dict(NOT_ASKED)
    result.mgmt = result.mgmt or dict(NO_MGMT if asked else NOT_ASKED)


def bundle_folder(system: str, chosen: Mapping[str, str]) -> Path:
    """Folder of the bundle chosen for a system, else of the starter model or the user's."""
    wanted = chosen.get(system) or ("" if store.has_starter(system) else system)
    return store.find(wanted) if wanted else store.starter(system)


def bundle_of(run: CaseRun, system: str) -> Path:
    """Folder of the bundle chosen for a system, else of the starter model or the user's; noted in ``run``."""
    folder = bundle_folder(system, run.settings.models)
    metadata = load_metadata(folder)
    run.models[system] = f"{metadata['name']} {metadata['version']}"
    run.weights[system] = {name: entry["sha256"] for name, entry in metadata["files"].items()}
    return folder


def _predict(run: CaseRun, name: str, task: str, case: CaseData) -> None:
    folder = bundle_of(run, name)
    system: System = registry.load(name, folder)
    predicted: Any = system.predict(case)
    if isinstance(predicted, GradingResult):
        run.result.grading[name] = predicted
    elif task == "mgmt":
        _keep_molecular(run, system.target, predicted)  # type: ignore[attr-defined]
    elif task == "idh":
        run.result.idh = predicted
    else:
        run.result.survival = predicted
    for method, heatmap in system.explain(case).items():
        run.heatmaps[f"{name}-{method}"] = heatmap
        measured = faithfulness_of(load_metadata(folder), method)
        if measured:
            run.result.faithfulness[f"{name}-{method}"] = measured


def _keep_molecular(run: CaseRun, target: str, predicted: dict[str, Any]) -> None:
    """Put a prediction where its outcome belongs: a bundle trained for IDH gives the IDH status."""
    if target in _OWN_PLACE:
        setattr(run.result, target, predicted)
    else:
        run.result.molecular[target] = predicted


def _has_default(name: str) -> bool:
    """Whether there is a starter model, or, where none can be shipped, a bundle of the user under the system's name."""
    if store.has_starter(name):
        return True
    return registry.SYSTEMS[name].task == "mgmt" and (store.user_folder() / name / METADATA_FILE).is_file()
