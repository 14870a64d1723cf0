"""Raw phantom patients through the whole preparation with the starter network, against the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.itk import to_itk
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.imaging.space import Space, resample_labels
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.pipeline.preparation.alignment import align
from GliomaRadiomicsLib.pipeline.preparation.brains import Brain, agreed_brain
from GliomaRadiomicsLib.pipeline.preparation.findings import findings_of
from GliomaRadiomicsLib.pipeline.preparation.prepare import Prepared, is_needed, prepare_case
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice

ROLES = ("t1", "t1ce", "t2", "flair")


@pytest.fixture(scope="module")
def raw() -> PhantomPatient:
    return make_phantom(7, grade=4, raw=True, shape=(120, 120, 78), spacing_mm=2.0)


@pytest.fixture(scope="module")
def prepared(raw: PhantomPatient) -> Prepared:
    return prepare_case(raw.volumes, "t1ce", lambda: store.starter("brain_extraction"), "cpu", Progress())


@pytest.fixture(scope="module")
def swapped(raw: PhantomPatient, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CaseResult]:
    """T1 and T2 given the other way round, with a mask on the T1ce; no step but the preparation."""
    out = tmp_path_factory.mktemp("swapped") / "out"
    named = {
        "t1": raw.volumes["t2"],
        "t2": raw.volumes["t1"],
        "t1ce": raw.volumes["t1ce"],
        "flair": raw.volumes["flair"],
    }
    mask = raw.raw_label_maps["t1ce"]
    return out, analyze_case(out=out, mask=mask, settings=AnalyzeSettings(steps=("report",)), **named)


@pytest.mark.parametrize("role", ["t1", "t2", "flair"])
def test_every_image_is_laid_onto_the_reference(raw: PhantomPatient, prepared: Prepared, role: str) -> None:
    brain = raw.brain_mask
    places = np.argwhere(brain.array != 0)[::211] @ brain.affine[:3, :3].T + brain.affine[:3, 3]
    places = np.column_stack([places, np.ones(len(places))])
    there = places @ raw.transforms[role].T
    in_working = places @ raw.transforms["t1ce"].T
    error = np.linalg.norm((there - in_working @ prepared.space.movements[role].T)[:, :3], axis=1)
    before = np.linalg.norm((there - in_working)[:, :3], axis=1)
    assert before.mean() > 5.0
    assert error.mean() < 1.0
    assert error.max() < 2.0
    assert prepared.record["sequences"][role]["alignment"]["state"] == "registered"
    assert prepared.record["sequences"][role]["alignment"]["shift_mm"] == pytest.approx(before.mean(), abs=2.0)


@pytest.mark.parametrize("role", ROLES)
def test_brain_and_labels_lie_right_on_every_image(raw: PhantomPatient, prepared: Prepared, role: str) -> None:
    brain = prepared.space.to_native(prepared.brain_mask, role, label=True)
    assert brain.same_grid(raw.volumes[role])
    assert dice(brain.array > 0, raw.brain_masks[role].array > 0) > 0.95
    truth = Volume(raw.label_map.array, raw.transforms["t1ce"] @ raw.label_map.affine)
    labels = prepared.space.to_native(resample_labels(truth, prepared.space.working), role, label=True)
    assert dice(labels.array > 0, raw.raw_label_maps[role].array > 0) > 0.93


def test_prepared_images_are_stripped_and_less_shaded(prepared: Prepared) -> None:
    outside = prepared.brain_mask.array == 0
    for role, volume in prepared.volumes.items():
        assert not volume.array[outside].any(), role
        assert prepared.aligned[role].array[outside].any(), role
        assert prepared.record["sequences"][role]["shading"]["corrected"]


def test_what_needs_no_preparation_is_left_alone() -> None:
    cubes = {"t1ce": Volume(np.zeros((4, 4, 4)), np.eye(4)), "t2": Volume(np.zeros((4, 4, 4)), np.eye(4))}
    assert not is_needed(cubes, "t1ce", skull_stripped=True)
    assert is_needed(cubes, "t1ce", skull_stripped=False)
    moved = np.eye(4)
    moved[0, 3] = 1.0
    assert is_needed({**cubes, "t2": Volume(np.zeros((4, 4, 4)), moved)}, "t1ce", skull_stripped=True)
    assert is_needed({"t1ce": Volume(np.zeros((4, 4, 4)), np.diag([1, 1, 5, 1]))}, "t1ce", skull_stripped=True)


def test_exchanged_sequences_are_found_once_the_skull_is_off(
    raw: PhantomPatient, swapped: tuple[Path, CaseResult]
) -> None:
    out, result = swapped
    assert {"t1", "t2"} == set(result.inputs["exchanged"])
    line = next(finding for finding in result.passport if finding.code == "sequences-swapped")
    assert line.severity == "fixed"
    space = Space.from_dict(json.loads((out / "provenance.json").read_text())["space"])
    for role in ROLES:
        assert space.native[role].same_grid(raw.volumes[role]), role
        assert result.inputs["sequences"][role]["shape"] == list(raw.volumes[role].shape)
        assert result.preparation["sequences"][role]["shape"] == list(raw.volumes[role].shape)


def test_a_given_mask_comes_back_voxel_by_voxel(raw: PhantomPatient, swapped: tuple[Path, CaseResult]) -> None:
    out, _ = swapped
    written = read_volume(out / "segmentation.nii.gz")
    assert written.same_grid(raw.volumes["t1ce"], 1e-4)
    assert np.array_equal(written.array, raw.raw_label_maps["t1ce"].array)


def test_the_passport_says_what_was_done(swapped: tuple[Path, CaseResult]) -> None:
    out, result = swapped
    codes = [finding.code for finding in result.passport]
    assert {"brain-extracted", "shading-corrected", "working-grid"} <= set(codes)
    assert codes.count("registered") == 3
    assert not {"not-skull-stripped", "grid-resampled"} & set(codes)
    assert {"brain extraction", "registration", "resampling", "shading correction"} <= set(result.timing_s)
    for role in ("t1", "t2", "flair"):
        assert (out / "preprocessed" / f"{role}.tfm").is_file()
    assert "Preparation" in (out / "report.html").read_text()


def test_the_shading_that_was_taken_out_is_kept(
    raw: PhantomPatient, prepared: Prepared, swapped: tuple[Path, CaseResult]
) -> None:
    out, result = swapped
    provenance = json.loads((out / "provenance.json").read_text())
    assert provenance["shading"] == result.files["shading"]
    assert result.files["shading"].keys() == set(ROLES)
    inside = prepared.brain_mask.array > 0
    for role, name in result.files["shading"].items():
        field = read_volume(out / name)
        assert field.same_grid(prepared.brain_mask, 1e-3)
        shaded = field.array * prepared.volumes[role].array
        assert shaded[inside] == pytest.approx(prepared.aligned[role].array[inside], rel=5e-3, abs=1e-3)
        assert (out / name).stat().st_size < 1_000_000


def test_what_is_not_written_is_not_announced(prepared: Prepared) -> None:
    written = findings_of(prepared.record, outlined=True)[-1].message
    only_images = findings_of(prepared.record, outlined=False)[-1].message
    assert "the label map and the heat maps are brought back onto the grid of T1ce" in written
    assert "1 mm voxels in the position of T1ce" in only_images
    assert not any(word in only_images for word in ("label", "heat"))


def test_images_agree_on_the_brain_by_how_sure_each_is() -> None:
    """Left: two unsure images say no by a hair, one is sure. Right: as many say yes by a hair, one is sure of no."""
    grid = Volume(np.zeros((4, 2, 2), np.uint8), np.diag([2.0, 2.0, 2.0, 1.0]))
    space = Space.unchanged("t1", {"t1": grid, "t1ce": grid, "t2": grid})
    left = np.arange(4)[:, None, None] * np.ones(grid.shape) < 2
    hair, sure = np.where(left, 0.45, 0.55), np.where(left, 0.95, 0.05)
    shares = {"t1": hair, "t1ce": hair, "t2": sure}

    def brain(share: np.ndarray, *, known: bool) -> Brain:
        mask = grid.with_array((share > 0.5).astype(np.uint8))
        return Brain(mask, True, 1.0, share=grid.with_array(share.astype(np.float32)) if known else None)

    agreed, _ = agreed_brain({role: brain(share, known=True) for role, share in shares.items()}, space)
    voted, _ = agreed_brain({role: brain(share, known=False) for role, share in shares.items()}, space)
    assert np.array_equal(agreed.array > 0, left)
    assert np.array_equal(voted.array > 0, ~left)


def test_an_image_that_cannot_be_aligned_is_left_out_with_the_reason(raw: PhantomPatient) -> None:
    small = {role: raw.volumes[role] for role in ("t1ce", "t2")}
    wrong = np.zeros(small["t2"].shape, np.uint8)
    wrong[: wrong.shape[0] // 4, : wrong.shape[1] // 4] = 1
    brains = {
        "t1ce": Brain(raw.brain_masks["t1ce"], found=True, volume_ml=1400.0),
        "t2": Brain(small["t2"].with_array(wrong), found=True, volume_ml=200.0),
    }
    found = align(small, brains, "t1ce", Progress())["t2"]
    assert found.state == "refused"
    assert found.reason.startswith("the brains do not overlap"), "the name stands before it where it is told"
    assert "leave this sequence out" in found.reason


def test_the_transform_files_lead_from_the_prepared_images_to_the_given_ones(
    raw: PhantomPatient, swapped: tuple[Path, CaseResult]
) -> None:
    out, _ = swapped
    prepared = {role: read_volume(out / "preprocessed" / f"{role}.nii.gz") for role in ROLES}
    brain = sitk.GetArrayFromImage(to_itk(read_volume(out / "preprocessed" / "brain_mask.nii.gz"))) > 0
    given = {"t1": raw.volumes["t1"], "t1ce": raw.volumes["t1ce"], "t2": raw.volumes["t2"]}
    for role, volume in given.items():
        transform = sitk.ReadTransform(str(out / "preprocessed" / f"{role}.tfm"))
        there = sitk.GetArrayFromImage(sitk.Resample(to_itk(volume), to_itk(prepared[role]), transform))
        ours = sitk.GetArrayFromImage(to_itk(prepared[role]))
        assert np.corrcoef(there[brain], ours[brain])[0, 1] > 0.85, role
