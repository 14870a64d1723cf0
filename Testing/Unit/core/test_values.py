"""Errors, volumes, settings, hashes and labels: the values every layer shares."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABEL_VALUES, REGIONS, region_volumes_ml
from GliomaRadiomicsLib.core.provenance import sha256_file, sha256_volume, versions
from GliomaRadiomicsLib.core.settings import AnalyzeSettings, ClinicalData
from GliomaRadiomicsLib.core.volume import Volume

AFFINE = np.array([[-0.9, 0.1, 0, 12], [0.1, 0.95, 0, -7], [0, 0, 5.0, 3], [0, 0, 0, 1.0]])


def volume(shape: tuple[int, int, int] = (3, 4, 5), affine: np.ndarray = AFFINE) -> Volume:
    return Volume(np.arange(np.prod(shape), dtype=np.int16).reshape(shape), affine, "t1")


def test_a_refusal_is_one_line_of_where_what_found_and_remedy() -> None:
    error = RefusedInput(what="not\nan  age", where="--age", found=-5, remedy="give years")
    assert str(error) == "--age: not an age (found -5); give years"
    assert str(RefusedInput(what="empty mask")) == "empty mask"
    assert str(RefusedInput(what="bad", found=0)) == "bad (found 0)"
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("array", [np.zeros((3, 4)), np.zeros((3, 4, 5, 2))])
def test_a_volume_is_three_dimensional(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="3-D"):
        Volume(array, AFFINE)


@pytest.mark.parametrize("affine", [np.eye(3), np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_a_volume_has_a_place(affine: np.ndarray) -> None:
    with pytest.raises(ValueError, match="affine"):
        volume(affine=affine)


def test_spacing_and_voxel_volume_come_from_the_affine() -> None:
    diagonal = volume(affine=np.diag([-2.0, 3.0, 0.5, 1.0]))
    assert diagonal.spacing == (2.0, 3.0, 0.5)
    assert diagonal.voxel_volume_mm3 == pytest.approx(3.0)


def test_the_same_grid_is_judged_at_the_far_corner() -> None:
    turned = AFFINE.copy()
    turned[0, 2] += 0.01
    assert volume().same_grid(volume())
    assert volume().grid_distance_mm(volume(affine=turned)) == pytest.approx(0.04)
    assert not volume().same_grid(volume(affine=turned))
    assert volume().same_grid(volume(affine=turned), tolerance_mm=0.05)
    assert not volume().same_grid(volume((4, 3, 5)))


def test_other_values_keep_place_and_shape() -> None:
    other = volume().with_array(np.ones((3, 4, 5)), "mask")
    assert np.array_equal(other.affine, AFFINE)
    assert other.name == "mask"
    with pytest.raises(ValueError, match="fit"):
        volume().with_array(np.ones((5, 4, 3)))


def test_regions_are_unions_of_labels_in_millilitres() -> None:
    labels = np.array([0, 1, 1, 2, 2, 2, 4, 4, 4, 4])
    found = region_volumes_ml(labels, 500.0)
    assert found == {"NCR_NET": 1.0, "ED": 1.5, "ET": 2.0, "WT": 4.5, "TC": 3.0}
    assert set(REGIONS["WT"]) == set(LABEL_VALUES)


@pytest.mark.parametrize(
    ("clinical", "option"),
    [
        ({"age": -5}, "--age"),
        ({"age": 121}, "--age"),
        ({"age": float("nan")}, "--age"),
        ({"age": "fifty"}, "--age"),
        ({"age": True}, "--age"),
        ({"sex": "x"}, "--sex"),
        ({"kps": 110}, "--kps"),
        ({"kps": "good"}, "--kps"),
        ({"resection": "all"}, "--resection"),
    ],
)
def test_clinical_data_that_cannot_be_true_is_refused(clinical: dict[str, Any], option: str) -> None:
    with pytest.raises(RefusedInput) as refusal:
        ClinicalData(**clinical).check()
    assert refusal.value.where == option
    assert refusal.value.remedy


def test_possible_clinical_data_is_accepted() -> None:
    for age in (0, 120, 54.5, np.float32(54), np.int64(54), None):
        ClinicalData(age=age, sex="F", kps=90, resection="gtr").check()


def test_settings_refuse_unknown_steps_and_devices() -> None:
    with pytest.raises(RefusedInput, match="segmentation, features"):
        AnalyzeSettings(steps=("segmentation", "magic")).check()
    with pytest.raises(RefusedInput, match="auto, cpu or cuda"):
        AnalyzeSettings(device="tpu").check()  # type: ignore[arg-type]
    with pytest.raises(RefusedInput, match="--age"):
        AnalyzeSettings(ClinicalData(age=500)).check()
    AnalyzeSettings().check()


def test_hash_of_a_file_is_the_published_one(tmp_path: Path) -> None:
    """Known answer of FIPS 180-4 for the three letters abc (NIST example values)."""
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256_file(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hash_of_a_volume_covers_values_and_place() -> None:
    expected = hashlib.sha256(volume().array.tobytes() + np.round(AFFINE, 6).tobytes()).hexdigest()
    assert sha256_volume(volume()) == expected
    moved = AFFINE.copy()
    moved[2, 3] += 0.1
    changed = volume().array.copy()
    changed[0, 0, 0] += 1
    assert len({expected, sha256_volume(volume(affine=moved)), sha256_volume(volume().with_array(changed))}) == 3
    transposed = Volume(np.asfortranarray(volume().array), AFFINE)
    assert sha256_volume(transposed) == expected


def test_versions_name_product_and_packages() -> None:
    assert {"glioma-radiomics", "python", "platform", "numpy", "torch"} <= set(versions())
