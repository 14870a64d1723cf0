"""Whether a patient's result is still what a run would give now: same inputs, settings, models and version."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.provenance import sha256_file
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.pipeline.cohort_plan import PatientTask
from GliomaRadiomicsLib.pipeline.inputs import read_inputs, sources_of_job
from GliomaRadiomicsLib.pipeline.predictions import bundle_folder, systems_to_run

_PREPARING = ("segmentation", "brain_extraction")


@dataclass(frozen=True)
class Expected:
    """What a result must have been made with.

    Attributes:
        settings: As in a provenance, without what is the patient's own.
        weights: SHA-256 of the models' files, by system; of all that may run.
        predicting: Systems that run on every patient with an outline.
        models: Name and version by system.
    """

    settings: dict[str, Any]
    weights: dict[str, dict[str, str]]
    predicting: tuple[str, ...]
    models: dict[str, str]


def expected_of(settings: AnalyzeSettings) -> Expected:
    """What results made with these settings, and the models installed now, are recognised by."""
    predicting = systems_to_run(settings.models) if "grading" in settings.steps else []
    weights, models = {}, {}
    for system in (*_PREPARING, *predicting):
        try:
            metadata = load_metadata(bundle_folder(system, settings.models))
        except RefusedInput:
            continue
        weights[system] = {name: entry["sha256"] for name, entry in metadata["files"].items()}
        models[system] = f"{metadata['name']} {metadata['version']}"
    return Expected(_common(asdict(settings)), weights, tuple(predicting), models)


def is_same(task: PatientTask, expected: Expected) -> bool:
    """Whether the patient's folder holds a complete result of these inputs made in this way."""
    try:
        result = json.loads((Path(task.out) / "result.json").read_text(encoding="utf-8"))
        provenance = json.loads((Path(task.out) / "provenance.json").read_text(encoding="utf-8"))
        return (
            result["versions"]["glioma-radiomics"] == VERSION
            and provenance["settings"]["clinical"] == task.clinical
            and all((Path(task.out) / name).is_file() for name in result["files"].values() if isinstance(name, str))
            and _common(provenance["settings"]) == expected.settings
            and _same_models(provenance["weights_sha256"], expected, outlined=bool(result["segmentation"]))
            and provenance["inputs_sha256"] == _hashes(task)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _common(settings: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in settings.items() if key not in ("clinical", "models", "reuse")}
    return kept | {"steps": list(kept["steps"])}


def _same_models(weights: dict[str, Any], expected: Expected, *, outlined: bool) -> bool:
    ran = [system for system in weights if system not in _PREPARING]
    should = list(expected.predicting) if outlined else []
    return sorted(ran) == sorted(should) and all(
        expected.weights.get(system) == files for system, files in weights.items()
    )


def _hashes(task: PatientTask) -> dict[str, str]:
    """SHA-256 of the inputs as `result.json` has them; `RefusedInput` is a ValueError, and the run will tell it."""
    files = {**task.inputs, **({"mask": task.mask} if task.mask else {})}
    if task.dicom is None and all(Path(path).is_file() for path in files.values()):
        return {role: sha256_file(path) for role, path in files.items()}
    return read_inputs(sources_of_job(task.inputs, task.dicom), task.mask).hashes
