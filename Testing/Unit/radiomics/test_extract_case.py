"""All regions of all sequences: complete, never silently skipped, and the same as one by one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import CASE_SETTINGS, MASK, extract, extract_case

SHAPE = (20, 18, 12)
AFFINE = np.diag([1.0, 1.0, 1.5, 1.0])


@pytest.fixture(scope="module")
def patient():
    rng = np.random.default_rng(7)
    brain = np.zeros(SHAPE, dtype=bool)
    brain[2:-2, 2:-2, 1:-1] = True
    volumes = {
        name: Volume((rng.normal(300, 50, SHAPE) * brain).astype(np.float32), AFFINE, name)
        for name in ("t1ce", "flair")
    }
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[5:14, 5:13, 3:9] = 2
    labels[7:12, 7:11, 4:8] = 4
    return volumes, Volume(labels, AFFINE, "labels")


@pytest.fixture(scope="module")
def rows(patient):
    return extract_case(*patient)


def test_every_sequence_and_region_has_every_feature(rows):
    found = {(row.sequence, row.region) for row in rows}
    assert found == {(s, r) for s in ("t1ce", "flair", MASK) for r in ("WT", "TC", "ET", "ED", "NCR_NET")}
    assert len(rows) == len({(row.sequence, row.region, row.feature) for row in rows}) == 5 * (14 + 2 * 93)


def test_absent_region_is_nan_with_reason(rows):
    absent = [row for row in rows if row.region == "NCR_NET"]
    assert all(math.isnan(row.value) and row.reason == "the region is not in the label map" for row in absent)
    assert all(math.isnan(row.value) == bool(row.reason) for row in rows)


@pytest.mark.parametrize("changes", [{"resampledPixelSpacing": (2, 2, 2)}, {"preCrop": True, "padDistance": 1}])
def test_other_grid_equals_single_extraction(patient, changes):
    volumes, labels = patient
    settings = replace(CASE_SETTINGS, **changes)
    rows = extract_case(volumes, labels, ("WT",), settings=settings)
    array = volumes["flair"].array.astype(np.float64)
    brain = array[array != 0]
    scores = volumes["flair"].with_array((array - brain.mean()) / brain.std(ddof=1) * 100)
    expected = {name: value for name, value, _ in extract(scores, labels, label=(1, 2, 4), settings=settings)}
    found = {row.feature: row.value for row in rows if row.sequence in ("flair", MASK)}
    assert found == pytest.approx(expected, rel=1e-9)
    whole = extract_case(volumes, labels, ("WT",))
    assert (found == {row.feature: row.value for row in whole if row.sequence in ("flair", MASK)}) == (
        "preCrop" in changes
    )


def test_label_map_on_another_grid_is_corrected_if_asked(patient, rows):
    volumes, labels = patient
    affine = AFFINE.copy()
    affine[:3, 3] = (1, 1, 1.5)
    smaller = Volume(labels.array[1:, 1:, 1:], affine, "labels")
    with pytest.raises(RefusedInput, match="set correctMask"):
        extract_case(volumes, smaller, ("WT",))
    found = extract_case(volumes, smaller, ("WT",), settings=replace(CASE_SETTINGS, correctMask=True))
    assert found == [row for row in rows if row.region == "WT"]


def test_equals_single_extraction_of_z_scores(patient, rows):
    volumes, labels = patient
    array = volumes["flair"].array.astype(np.float64)
    brain = array[array != 0]
    scores = (array - brain.mean()) / brain.std(ddof=1) * 100
    expected = extract(volumes["flair"].with_array(scores), labels, label=(1, 2, 4), settings=CASE_SETTINGS)
    found = {row.feature: row.value for row in rows if row.region == "WT" and row.sequence in ("flair", MASK)}
    assert found == pytest.approx({name: value for name, value, _ in expected}, rel=1e-9)


def test_scale_of_the_scanner_does_not_matter(patient, rows):
    volumes, labels = patient
    doubled = {name: volume.with_array(volume.array * 2) for name, volume in volumes.items()}
    again = {(r.sequence, r.region, r.feature): r.value for r in extract_case(doubled, labels, ("ET",))}
    first = {(r.sequence, r.region, r.feature): r.value for r in rows if r.region == "ET"}
    assert again == pytest.approx(first, rel=1e-6)


def test_brain_mask_decides_what_is_normalised(patient):
    volumes, labels = patient
    half = np.zeros(SHAPE, dtype=np.uint8)
    half[:10] = 1
    narrow = extract_case(volumes, labels, ("ET",), brain_mask=labels.with_array(half))
    wide = extract_case(volumes, labels, ("ET",))
    assert [row.value for row in narrow] != [row.value for row in wide]


def test_one_bad_sequence_does_not_hide_the_other(patient):
    volumes, labels = patient
    spoiled = {**volumes, "t1ce": volumes["t1ce"].with_array(np.zeros(SHAPE, dtype=np.float32))}
    found = extract_case(spoiled, labels, ("WT",))
    assert all("normalise" in row.reason for row in found if row.sequence == "t1ce")
    assert not any(row.reason for row in found if row.sequence != "t1ce")


def test_other_grid_is_refused(patient):
    volumes, labels = patient
    with pytest.raises(RefusedInput, match="mm apart"):
        extract_case(volumes, Volume(labels.array, np.diag([1.0, 1.0, 1.4, 1.0])))


def test_unknown_region_is_refused(patient):
    with pytest.raises(RefusedInput, match="WT"):
        extract_case(*patient, ("EDEMA",))


def test_progress_and_cancel(patient):
    told = []
    extract_case(*patient, ("WT", "ET"), Progress(lambda fraction, message: told.append(fraction)))
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(Cancelled):
        extract_case(*patient, ("WT",), Progress(is_cancelled=lambda: True))
