"""An output folder of `analyze` for an invented patient, made without running the chain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.labels import SEQUENCES, region_volumes_ml
from GliomaRadiomicsLib.core.results import CaseResult, Evidence, Finding, GradingResult, SegmentationResult, Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume

TUMOUR_CENTRE = (0.62, 0.40, 0.55)
"""Centre of the tumour as a fraction of the grid along i, j, k."""


def oblique_affine(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> np.ndarray:
    """RAS affine of a grid turned about two axes, its centre near the origin."""
    a, b = 0.3, -0.2
    turn_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = turn_z @ turn_x @ np.diag([-1, -1, 1]) * spacing
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2) + (3.25, -7.5, 11.0)
    return affine


def invented_patient(
    shape: tuple[int, int, int] = (60, 72, 40), spacing: tuple[float, float, float] = (3.0, 2.5, 4.0)
) -> tuple[dict[str, Volume], Volume, Volume]:
    """Four sequences of an ellipsoid head, its 0/1/2/4 label map, and a heat map (0 to 1), on one oblique grid."""
    affine = oblique_affine(shape, spacing)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1) * np.array(spacing)
    size = np.array(shape) * spacing
    head = (((grid - size / 2) / (size * 0.42)) ** 2).sum(axis=-1)
    tumour = ((grid - size * TUMOUR_CENTRE) ** 2).sum(axis=-1)
    labels = np.zeros(shape, np.uint8)
    for radius, value in ((28.0, 2), (18.0, 4), (10.0, 1)):
        labels[tumour < radius**2] = value
    heat = np.exp(-tumour / 30.0**2).astype(np.float32)
    texture = np.random.default_rng(7).normal(0, 8, shape)
    sequences = {}
    for number, name in enumerate(SEQUENCES):
        image = np.where(head < 1, 200 + 60 * number + texture + 40 * (labels > 0), 0).astype(np.float32)
        sequences[name] = Volume(image, affine, name)
    return sequences, Volume(labels, affine, "segmentation"), Volume(heat, affine, "heat map")


def invented_result(labels: Volume) -> CaseResult:
    """A result with every part filled in; the figures mean nothing."""
    evidence = Evidence(cohort="invented", n=10, validation="none", auc=0.5, auc_ci=(0.4, 0.6))
    return CaseResult(
        inputs={name: {"sequence": name} for name in SEQUENCES},
        passport=[Finding("grid-resampled", "fixed", "resampled onto the grid of T1ce", "t2")],
        segmentation=SegmentationResult("invented", region_volumes_ml(labels.array, labels.voxel_volume_mm3)),
        grading={"cnn_grading": GradingResult(0.9, "high grade", Trust("caution", ["invented"]), evidence)},
        mgmt={"status": "abstained", "reason": "invented"},
        survival={"model": "invented", "probability": {"1y": 0.6, "3y": 0.2, "5y": 0.1}},
    )


def write_output_folder(folder: Path, **patient: tuple) -> tuple[dict[str, Volume], Volume, Volume]:
    """Write everything that `analyze` writes (but report and scene) for the invented patient into ``folder``."""
    sequences, labels, heat = invented_patient(**patient)
    (folder / "preprocessed").mkdir(parents=True)
    (folder / "heatmaps").mkdir()
    for name, volume in sequences.items():
        write_volume(volume, folder / "preprocessed" / f"{name}.nii.gz")
    write_label_map(labels, folder / "segmentation.nii.gz")
    write_volume(heat, folder / "heatmaps" / "cnn_grading-gradcam-hgg.nii.gz")
    write_volume(heat.with_array(1 - heat.array), folder / "heatmaps" / "cnn_grading-gradcam-lgg.nii.gz")
    rows = ["sequence,region,feature,value,reason", "t1ce,ET,firstorder_mean,321.5,", "flair,WT,shape_x,nan,too small"]
    (folder / "features.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    provenance = json.dumps({"versions": {"glioma-radiomics": "0"}, "note": "Ödem"}, ensure_ascii=False)
    (folder / "provenance.json").write_text(provenance, encoding="utf-8")
    result = json.dumps(invented_result(labels).to_dict(), indent=1)
    (folder / "result.json").write_text(result, encoding="utf-8")
    return sequences, labels, heat
