"""The files of the output folder, from a finished `CaseRun`."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.imaging.space import moved
from GliomaRadiomicsLib.pipeline.inputs import CaseInputs
from GliomaRadiomicsLib.pipeline.run import CaseRun
from GliomaRadiomicsLib.pipeline.scene import write_scene
from GliomaRadiomicsLib.reports.html import write_report
from GliomaRadiomicsLib.reports.images import ReportImages
from GliomaRadiomicsLib.reports.tables import write_features_csv, write_result_json


def write_tables(run: CaseRun) -> None:
    """Features as CSV and the heat maps."""
    if run.features:
        write_features_csv(run.features, run.folder / "features.csv")
        run.result.files["features"] = "features.csv"
    target = run.folder / "heatmaps"
    if run.heatmaps:
        target.mkdir()
    for name, heatmap in run.heatmaps.items():
        native = run.space.to_native(heatmap.with_array(heatmap.array.astype(np.float32)))
        write_volume(native, target / f"{name}.nii.gz")
    run.result.files["heatmaps"] = {name: f"heatmaps/{name}.nii.gz" for name in run.heatmaps}


def write_case_report(run: CaseRun, provenance: dict[str, Any]) -> None:
    """The HTML report; the last thing written but for the JSON files, so that it knows of every warning and step."""
    space, prepared = run.space, run.prepared
    images = ReportImages(
        run.normalised,
        run.label_map,
        run.heatmaps,
        run.passport.brain_mask,
        stored=moved(space.native[space.reference], space.movements[space.reference]),
        before=prepared.before if prepared else {},
        aligned=prepared.aligned if prepared else {},
    )
    run.result.files["report"] = "report.html"
    run.result.timing_s = dict(run.progress.timings)
    write_report(run.result, images, run.folder / "report.html", features=run.features, provenance=provenance)


def write_case_scene(run: CaseRun, provenance: dict[str, Any]) -> None:
    """``scene.mrb``; a failure is a warning, not the end of the run.

    The images are in it as given, voxel by voxel; where they were aligned, their headers lay them onto the reference.
    """
    lasting = run.result.files["volumes"]
    images = run.folder / "images"
    images.mkdir()
    for role in run.passport.volumes:
        there = Volume(run.given[role].array, run.space.aligned_affine(role), role)
        write_volume(there, images / f"{role}.nii")
    run.result.files["volumes"] = {role: f"images/{role}.nii" for role in run.passport.volumes}
    write_json(run, provenance)
    problem = write_scene(run.folder)
    shutil.rmtree(images)
    run.result.files["volumes"] = lasting
    if problem:
        run.result.passport.append(Finding("scene-not-written", "warning", problem))
    else:
        run.result.files["scene"] = "scene.mrb"


def provenance_of(run: CaseRun, inputs: CaseInputs) -> dict[str, Any]:
    """Hashes, settings, versions and timings: enough to replay the run; models by name and version, not by path.

    ``reuse`` is when the earlier result was made whose preparation was taken over.
    """
    return {
        "created": run.result.created,
        "inputs_sha256": inputs.hashes,
        "weights_sha256": run.weights,
        "settings": {
            **asdict(run.settings),
            "models": run.models,
            "reuse": None if run.earlier is None else run.earlier.created,
        },
        "versions": run.result.versions,
        "space": run.space.to_dict(),
        "shading": run.result.files.get("shading", {}),
        "normalisation": run.normalisations,
        "timing_s": dict(run.progress.timings),
    }


def write_json(run: CaseRun, provenance: dict[str, Any]) -> None:
    """``provenance.json``, then ``result.json``."""
    run.result.timing_s = dict(run.progress.timings)
    text = json.dumps({**provenance, "timing_s": run.result.timing_s}, indent=2)
    (run.folder / "provenance.json").write_text(text)
    write_result_json(run.result, run.folder / "result.json")
