"""Whether the patient of a run is one of those that a model used was trained on."""

from __future__ import annotations

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.pipeline.predictions import bundle_folder
from GliomaRadiomicsLib.pipeline.run import CaseRun
from GliomaRadiomicsLib.systems.seen import IMAGES, has_seen, image_fingerprint

CODE = "trained-on"


def warn_of_training_patient(run: CaseRun) -> None:
    """Add the finding `CODE` if a model that the run used was trained on one of its images, as they were given."""
    models = {system: load_metadata(bundle_folder(system, run.settings.models)) for system in run.models}
    telling = {system: metadata for system, metadata in models.items() if metadata["training"].get(IMAGES)}
    given = {image_fingerprint(volume) for volume in run.given.values()} if telling else set()
    known = [system.replace("_", " ") for system, metadata in telling.items() if has_seen(metadata, given)]
    if known:
        message = (
            f"this patient was among those that {_listed(known)} {'were' if len(known) > 1 else 'was'} trained on: "
            "what was measured of their accuracy does not hold for this case"
        )
        run.result.passport.append(Finding(CODE, "warning", message))


def _listed(names: list[str]) -> str:
    return " and ".join([*[", ".join(names[:-1])] * (len(names) > 1), names[-1]])
