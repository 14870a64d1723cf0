"""The phantom patient: reproducible, anatomically plausible, and true to its own labels."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import ED, ET, NCR_NET, SEQUENCES
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom, write_phantom
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

FAST = {"shape": (96, 96, 80), "spacing_mm": 2.0}
GRADES = (2, 3, 4)


@cache
def patient(seed: int, grade: int) -> PhantomPatient:
    return make_phantom(seed, grade=grade, **FAST)


@cache
def raw_patient() -> PhantomPatient:
    return make_phantom(4, grade=4, raw=True, shape=(64, 64, 54), spacing_mm=3.0)


def tissue_mean(case: PhantomPatient, sequence: str, tissue: Tissue) -> float:
    """Mean of a healthy tissue away from its borders (partial volume) where it is thick enough."""
    where = (case.tissue.array == tissue) & (case.label_map.array == 0)
    inner = ndimage.binary_erosion(where)
    return float(case.volumes[sequence].array[inner if inner.sum() > 50 else where].mean())


def test_the_same_seed_gives_the_same_patient() -> None:
    again = make_phantom(1, grade=4, **FAST)
    for name in SEQUENCES:
        np.testing.assert_array_equal(again.volumes[name].array, patient(1, 4).volumes[name].array)
    np.testing.assert_array_equal(again.label_map.array, patient(1, 4).label_map.array)


def test_another_seed_gives_another_brain_and_tumour() -> None:
    assert (patient(1, 4).brain_mask.array != patient(2, 4).brain_mask.array).sum() > 1000
    assert (patient(1, 4).label_map.array != patient(2, 4).label_map.array).sum() > 500


def test_the_brain_does_not_depend_on_the_grade() -> None:
    np.testing.assert_array_equal(patient(1, 2).brain_mask.array, patient(1, 4).brain_mask.array)


def test_a_fast_patient_takes_little_time() -> None:
    began = time.process_time()
    make_phantom(7, **FAST)
    assert time.process_time() - began < 3.0


@pytest.mark.parametrize("seed", [0, 1])
def test_the_anatomy_is_the_same_at_another_spacing(seed: int) -> None:
    fine, coarse = patient(seed, 4), make_phantom(seed, grade=4, shape=(64, 64, 54), spacing_mm=3.0)
    for volume in ("brain_mask", "label_map"):
        a, b = ((getattr(p, volume).array > 0).sum() * p.label_map.voxel_volume_mm3 for p in (fine, coarse))
        assert a == pytest.approx(b, rel=0.1)


def test_the_default_grid_is_that_of_brats() -> None:
    case = make_phantom(0, grade=2)
    expected = np.array([[-1, 0, 0, 0], [0, -1, 0, 239], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert case.label_map.shape == (240, 240, 155)
    np.testing.assert_allclose(case.volumes["t1"].affine, expected, atol=1e-9)
    assert 1000 < case.brain_mask.array.sum() / 1000 < 1800


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_labels_fit_the_grade(seed: int) -> None:
    assert set(np.unique(patient(seed, 2).label_map.array)) == {0, NCR_NET, ED}
    assert set(np.unique(patient(seed, 4).label_map.array)) == {0, NCR_NET, ED, ET}
    third = patient(seed, 3).label_map.array
    assert {0, NCR_NET, ED} <= set(np.unique(third)) <= {0, NCR_NET, ED, ET}
    assert (third == ET).sum() < 0.15 * (third > 0).sum()


@pytest.mark.parametrize("grade", GRADES)
def test_labels_and_images_stay_inside_the_brain(grade: int) -> None:
    case = patient(1, grade)
    outside = case.brain_mask.array == 0
    assert not case.label_map.array[outside].any()
    assert not any(case.volumes[name].array[outside].any() for name in SEQUENCES)


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tumour_volume_is_that_of_a_glioma(seed: int, grade: int) -> None:
    volume_ml = (patient(seed, grade).label_map.array > 0).sum() * 8.0 / 1000.0
    assert 5.0 < volume_ml < 190.0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tissue_contrast_has_the_order_of_each_sequence(seed: int) -> None:
    white, grey, fluid = Tissue.WHITE, Tissue.GREY, Tissue.CSF
    case = patient(seed, 4)
    t1, t2, flair = ([tissue_mean(case, name, t) for t in (white, grey, fluid)] for name in ("t1", "t2", "flair"))
    assert t1[0] > t1[1] > t1[2]
    assert t2[0] < t2[1] < t2[2]
    assert flair[2] < 0.75 * flair[0]


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_oedema_is_brighter_than_white_matter_on_flair(seed: int, grade: int) -> None:
    case = patient(seed, grade)
    flair = case.volumes["flair"].array
    assert flair[case.tissue.array == Tissue.OEDEMA].mean() > 1.2 * tissue_mean(case, "flair", Tissue.WHITE)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_only_enhancing_tumour_takes_up_contrast_agent(seed: int) -> None:
    case = patient(seed, 4)

    def uptake(where: np.ndarray) -> float:
        ratio = case.volumes["t1ce"].array[where].mean() / tissue_mean(case, "t1ce", Tissue.WHITE)
        return float(ratio / (case.volumes["t1"].array[where].mean() / tissue_mean(case, "t1", Tissue.WHITE)))

    enhancing = uptake(case.label_map.array == ET)
    assert enhancing > 1.25
    assert enhancing > 1.2 * uptake(case.tissue.array == Tissue.OEDEMA)


def test_the_tumour_pushes_the_brain_aside_by_its_volume() -> None:
    from GliomaRadiomicsLib.imaging.phantom_tumour import undo_push

    tumour = _one_focus(radius=20.0, push=0.5)
    x = np.array([25.0, 40.0, 60.0], dtype=np.float32)
    zero = np.zeros_like(x)
    was, _, _ = undo_push(tumour, x, zero, zero, np.ones_like(x))
    shift = x - was
    assert shift[0] > 1.5
    assert (np.diff(shift) < 0).all()
    assert (np.diff(was) > 0).all()
    np.testing.assert_allclose(x**3 - was**3, 0.5 * 20.0**3, rtol=1e-3)
    held, _, _ = undo_push(tumour, x, zero, zero, zero)
    np.testing.assert_allclose(held, x, atol=1e-4)


def _one_focus(radius: float, push: float):  # noqa: ANN202
    from dataclasses import replace

    from GliomaRadiomicsLib.imaging.phantom_brain import draw_brain
    from GliomaRadiomicsLib.imaging.phantom_tumour import Focus, draw_tumour

    rng = np.random.default_rng(0)
    tumour = draw_tumour(rng, 4, draw_brain(rng))
    return replace(tumour, foci=(Focus((0.0, 0.0, 0.0), radius, (1.0, 1.0, 1.0)),), push=push)


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_true_transform_maps_the_labels_of_a_raw_patient(name: str) -> None:
    case = raw_patient()
    reference, native = case.label_map, case.raw_label_maps[name]
    to_native = np.linalg.inv(native.affine) @ case.transforms[name] @ reference.affine
    back = _resample(native.array, to_native, reference.shape) > 0
    unmoved = _resample(native.array, np.linalg.inv(native.affine) @ reference.affine, reference.shape) > 0
    truth = reference.array > 0
    assert _dice(back, truth) >= 0.9
    assert _dice(unmoved, truth) < _dice(back, truth)


def test_raw_sequences_have_own_grids_rigid_motion_and_a_head() -> None:
    case = raw_patient()
    assert len({case.volumes[name].shape for name in SEQUENCES}) == 4
    for name in SEQUENCES:
        rotation = case.transforms[name][:3, :3]
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
        assert np.degrees(np.arccos((np.trace(rotation) - 1) / 2)) <= 15.0
        image, brain = case.volumes[name], case.brain_masks[name]
        assert image.same_grid(brain)
        noise = np.median(image.array)
        assert (image.array[brain.array == 0] > 5 * noise).sum() > 0.2 * brain.array.sum()


def _resample(array: np.ndarray, matrix: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    return ndimage.affine_transform(array, matrix[:3, :3], matrix[:3, 3], output_shape=shape, order=0)


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_skull_is_kept_on_request() -> None:
    case = make_phantom(1, skull=True, shape=(100, 115, 80), spacing_mm=2.0)
    around = case.tissue.array[case.brain_mask.array == 0]
    assert {Tissue.BONE, Tissue.FAT, Tissue.CSF} <= set(np.unique(around))


def test_written_files_read_back(tmp_path) -> None:
    from GliomaRadiomicsLib.imaging.files import read_volume

    case = patient(1, 4)
    files = write_phantom(case, tmp_path / "case")
    assert sorted(f.name for f in files.values()) == sorted(f"phantom_{r}.nii.gz" for r in (*SEQUENCES, "seg"))
    label_map = read_volume(files["seg"])
    assert label_map.same_grid(case.label_map)
    np.testing.assert_array_equal(label_map.array, case.label_map.array)


@pytest.mark.parametrize("wrong", [{"grade": 1}, {"spacing_mm": 0.1}, {"shape": (20, 20, 20)}])
def test_what_cannot_be_made_is_refused(wrong: dict) -> None:
    with pytest.raises(RefusedInput, match="grade|spacing|hold the brain"):
        make_phantom(0, **wrong)
