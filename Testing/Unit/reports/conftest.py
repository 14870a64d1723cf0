"""A small head, its result and its features, made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from GliomaRadiomicsLib.core.labels import SEQUENCES, region_volumes_ml
from GliomaRadiomicsLib.core.results import (
    CaseResult,
    Evidence,
    FeatureRow,
    Finding,
    GradingResult,
    SegmentationResult,
    Trust,
)
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.reports.images import ReportImages

SHAPE = (48, 56, 40)
DICE = {
    "cohort": "18 patients",
    "validation": "site left out",
    "n": 18,
    "dice": {"WT": [0.813, 0.744, 0.873], "TC": [0.572, 0.422, 0.698]},
}
AFFINE = np.array([[-3.0, 0, 0, 72], [0, -3.0, 0, 84], [0, 0, 3.0, -60], [0, 0, 0, 1]])


def ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
    grid = np.indices(SHAPE)
    return sum((axis - middle) ** 2 for axis, middle in zip(grid, centre, strict=True)) <= radius**2


@pytest.fixture(scope="session")
def images() -> ReportImages:
    brain = ball((24, 28, 20), 18)
    labels = np.zeros(SHAPE, np.uint8)
    for value, radius in ((2, 8), (4, 5), (1, 3)):
        labels[ball((32, 30, 22), radius)] = value
    noise = np.random.default_rng(0).normal(0, 5, SHAPE)
    volumes = {role: Volume(np.where(brain, 100 + 40 * (labels > 0) + noise, 0.0), AFFINE) for role in SEQUENCES}
    heatmap = Volume(np.where(ball((32, 30, 22), 6), 1.0, 0.0), AFFINE)
    return ReportImages(volumes, Volume(labels, AFFINE), {"cnn_grading-gradcam": heatmap}, Volume(brain, AFFINE))


@pytest.fixture
def result(images: ReportImages) -> CaseResult:
    """A fresh result, for a test that changes it."""
    return make_result(images)


@pytest.fixture(scope="session")
def unchanged_result(images: ReportImages) -> CaseResult:
    """A result for tests that only read."""
    return make_result(images)


def make_result(images: ReportImages) -> CaseResult:
    evidence = Evidence("TCGA, manual masks", 167, "5-fold CV", 0.91, (0.86, 0.95), "sites differ")
    contributions = [
        {"name": "Enhancing volume", "value": 45.1, "unit": "ml", "contribution": 1.5},
        {"name": "Oedema volume", "value": 84.0, "unit": "ml", "contribution": -0.4},
    ]
    grade = GradingResult(0.93, "WHO grade 4", Trust("caution", ["oedema is unusual"], 0.8), evidence, contributions)
    sequences = {role: {"sha256": "ab" * 32, "shape": list(SHAPE), "spacing_mm": [3.0] * 3} for role in SEQUENCES}
    return CaseResult(
        inputs={"sequences": sequences, "mask": False, "clinical": {"age": 61.0, "sex": "M"}},
        passport=[Finding("grid-equal", "ok", "One grid."), Finding("hot", "warning", "Bright spot.", "t2")],
        segmentation=SegmentationResult(
            "starter 1.0", region_volumes_ml(images.label_map.array, 27.0), {"expected_dice_WT": 0.9}, ["t1ce"], DICE
        ),
        grading={"volumetric_grading": grade},
        mgmt={"status": "abstained", "reason": "no model"},
        timing_s={"segmentation": 3.9},
        versions={"numpy": "1.26"},
        created="2026-03-01T09:05:07+01:00",
    )


@pytest.fixture(scope="session")
def features() -> list[FeatureRow]:
    return [
        FeatureRow("t1", "WT", "firstorder_Mean", 123.456789012345),
        FeatureRow("t1ce", "WT", "firstorder_Mean", 3.2e11),
        FeatureRow("t1", "ET", "glcm_Correlation", math.nan, "region is flat, one grey level"),
        FeatureRow("mask", "WT", "original_shape_Maximum3DDiameter", 51.6),
        FeatureRow("mask", "WT", "original_shape_Maximum2DDiameterSlice", 48.2),
    ]
