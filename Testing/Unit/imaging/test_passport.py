from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import find_case, read_label_map
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.grid import crop, resample_spacing, to_canonical
from GliomaRadiomicsLib.imaging.passport import Passport, inspect

_spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
assert _spec
assert _spec.loader
synthetic = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)

Case = tuple[dict[str, Volume], Volume]


@pytest.fixture
def case() -> Case:
    return synthetic.make_case()


def codes(passport: Passport, severity: str | None = None) -> list[str]:
    return [finding.code for finding in passport.findings if severity in (None, finding.severity)]


def refusal(volumes: dict[str, Volume], code: str, **options: Volume | None) -> str:
    """The refusal, after checking that listing everything names the same thing under ``code``."""
    with pytest.raises(RefusedInput) as refused:
        inspect(volumes, **options)
    listed = inspect(volumes, collect=True, **options)
    assert listed.refused
    assert code in codes(listed, "refused")
    assert str(refused.value) in [finding.message for finding in listed.findings]
    assert refused.value.remedy
    return str(refused.value)


def moved(volume: Volume, *millimetres: float) -> Volume:
    affine = volume.affine.copy()
    affine[:3, 3] += millimetres
    return Volume(volume.array, affine, volume.name)


def test_nothing_wrong_says_what_was_checked(case: Case) -> None:
    volumes, mask = case
    passport = inspect(volumes, mask=mask)
    assert {finding.severity for finding in passport.findings} == {"ok"}
    assert codes(passport) == [
        "all-sequences",
        "image-values",
        "sizes",
        "one-grid",
        "skull-stripped",
        "images-distinct",
        "same-brain",
        "sequence-order",
        "labels-present",
        "mask-in-brain",
    ]
    assert list(passport.volumes) == list(SEQUENCES)
    assert passport.reference == "t1ce"
    assert passport.skull_stripped
    assert passport.mask is not None
    np.testing.assert_array_equal(passport.mask.array, mask.array)
    np.testing.assert_array_equal(passport.brain_mask.array > 0, volumes["t1"].array > 0)


@pytest.mark.parametrize("dropped", [(), ("t1ce",), ("t1ce", "t1"), ("t1ce", "t1", "t2")])
def test_reference_and_missing_sequences(case: Case, dropped: tuple) -> None:
    volumes = {role: volume for role, volume in case[0].items() if role not in dropped}
    passport = inspect(volumes)
    assert passport.reference == ("t1ce", "t1", "t2", "flair")[len(dropped)]
    messages = [finding.message for finding in passport.findings if finding.code == "missing-sequences"]
    assert bool(messages) == bool(dropped)
    assert all(SEQUENCE_NAMES[role] in messages[0] for role in dropped)


def test_no_or_unknown_image_is_refused_even_when_listing(case: Case) -> None:
    with pytest.raises(RefusedInput, match="no image"):
        inspect({}, collect=True)
    with pytest.raises(RefusedInput, match="unknown sequence.*dwi"):
        inspect({"dwi": case[0]["t1"]}, collect=True)


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (lambda a: np.zeros_like(a), "empty-image", "T2: image of zeros only"),
        (lambda a: np.full_like(a, 7), "constant-image", r"T2: constant image \(found 7 everywhere\)"),
        (lambda a: np.where(np.arange(a.size).reshape(a.shape) < 3, np.nan, a), "non-finite", "T2: NaN.*3 voxels"),
        (lambda a: np.where(a == a.max(), np.inf, a), "non-finite", "infinite"),
    ],
)
def test_images_without_usable_values_are_refused(case: Case, spoil: Callable, code: str, message: str) -> None:
    volumes = {**case[0], "t2": case[0]["t2"].with_array(spoil(case[0]["t2"].array))}
    assert re.search(message, refusal(volumes, code))
    assert "t2" not in inspect(volumes, collect=True).volumes
    assert inspect({"t2": volumes["t2"]}, collect=True).volumes == {}


@pytest.mark.parametrize(("value", "axis"), [(0, 2), (0, 0), (7, 1)])
def test_a_slice_without_contents_between_others_is_refused_by_its_number(case: Case, value: int, axis: int) -> None:
    array = case[0]["t1"].array.copy()
    np.moveaxis(array, axis, 0)[30] = value
    said = refusal({**case[0], "t1": case[0]["t1"].with_array(array)}, "empty-slice")
    plane = ("sagittal", "coronal", "axial")[axis]
    assert f"T1: {plane} slice 31 of {array.shape[axis]} holds nothing" in said


def test_several_empty_slices_are_all_named(case: Case) -> None:
    array = case[0]["flair"].array.copy()
    array[:, :, [20, 21, 22, 23]] = 0
    assert "axial slices 21 to 24 of 52 hold nothing" in refusal(
        {"flair": case[0]["flair"].with_array(array)}, "empty-slice"
    )
    array[:, :, 21] = case[0]["flair"].array[:, :, 21]
    assert "axial slices 21, 23 and 24 of 52" in refusal({"flair": case[0]["flair"].with_array(array)}, "empty-slice")


def test_empty_slices_at_the_ends_and_a_single_bright_voxel_are_no_fault(case: Case) -> None:
    array = case[0]["t1"].array.copy()
    array[:, :, :6], array[:, :, -6:] = 0, 0
    array[:, :, 30] = 0
    array[20, 25, 30] = 50
    assert "empty-slice" not in codes(inspect({"t1": case[0]["t1"].with_array(array)}))


@pytest.mark.parametrize("change", [lambda a: a.copy(), lambda a: (a * 2.5).astype(np.float32)])
def test_same_image_in_two_roles_is_refused(case: Case, change: Callable) -> None:
    volumes = {**case[0], "t1ce": case[0]["t1"].with_array(change(case[0]["t1"].array))}
    assert "T1 and T1ce are the same image" in refusal(volumes, "duplicate-image")


@pytest.mark.parametrize("pair", list(combinations(SEQUENCES, 2)))
def test_swapped_sequences_are_exchanged_and_named(case: Case, pair: tuple[str, str]) -> None:
    a, b = pair
    passport = inspect({**case[0], a: case[0][b], b: case[0][a]})
    (finding,) = [finding for finding in passport.findings if finding.severity != "ok"]
    assert (finding.code, finding.severity) == ("sequences-swapped", "fixed")
    assert f"{SEQUENCE_NAMES[a]} and {SEQUENCE_NAMES[b]} were given the other way round" in finding.message
    assert passport.exchanged == pair
    for role, volume in passport.volumes.items():
        np.testing.assert_array_equal(volume.array, case[0][role].array)


def test_an_exchanged_t1ce_lends_its_own_grid(case: Case) -> None:
    volumes = {**case[0], "t1ce": resample_spacing(case[0]["t1ce"], (1.0, 2.0, 3.0))}
    passport = inspect({**volumes, "t1ce": volumes["t2"], "t2": volumes["t1ce"]}, mask=case[1])
    assert passport.reference == "t1ce"
    assert passport.volumes["t1ce"].same_grid(volumes["t1ce"])
    assert codes(passport, "ok").count("grid-resampled") == 3


def test_two_swapped_sequences_alone_are_left_with_a_warning(case: Case) -> None:
    passport = inspect({"t1": case[0]["t2"], "t2": case[0]["t1"]})
    assert codes(passport, "warning") == ["missing-sequences", "sequences-swapped"]
    assert passport.exchanged is None
    np.testing.assert_array_equal(passport.volumes["t1"].array, case[0]["t2"].array)


def test_wrong_order_of_three_is_named(case: Case) -> None:
    v = case[0]
    passport = inspect({"t1": v["t2"], "t1ce": v["t1ce"], "t2": v["flair"], "flair": v["t1"]})
    (finding,) = [finding for finding in passport.findings if finding.severity == "warning"]
    assert "T1 looks like T2, T2 looks like FLAIR, FLAIR looks like T1" in finding.message


def test_other_grids_are_resampled_and_stated(case: Case) -> None:
    volumes = {
        **case[0],
        "t2": resample_spacing(case[0]["t2"], (2.0, 2.0, 6.0)),
        "flair": to_canonical(case[0]["flair"]),
    }
    passport = inspect(volumes, mask=case[1])
    assert codes(passport, "ok").count("grid-resampled") == 2
    assert {finding.severity for finding in passport.findings} == {"ok"}
    stated = next(finding for finding in passport.findings if finding.sequence == "t2")
    assert "84 x 99 x 26 voxels of 2.00 x 2.00 x 6.00 mm" in stated.message
    assert "lies on another grid than T1ce (56 x 66 x 52 voxels" in stated.message
    assert "analyze and preprocess align it" in stated.message
    assert all(image.same_grid(case[0]["t1ce"]) for image in passport.volumes.values())
    np.testing.assert_allclose(passport.volumes["flair"].array, case[0]["flair"].array, atol=0.01)


def test_image_elsewhere_is_refused_in_millimetres(case: Case) -> None:
    volumes = {**case[0], "flair": moved(case[0]["flair"], 0, 150, 0)}
    assert "FLAIR" in refusal(volumes, "no-overlap")
    assert "150 mm apart" in refusal(volumes, "no-overlap")
    shifted = inspect({**case[0], "flair": moved(case[0]["flair"], 0, 40, 0)})
    assert "poor-overlap" in codes(shifted, "warning")


def test_negative_intensities(case: Case) -> None:
    t1 = case[0]["t1"].array.astype(np.float32)
    scored = np.where(t1 > 0, (t1 - t1[t1 > 0].mean()) / t1[t1 > 0].std(), 0)
    accepted = inspect({**case[0], "t1": case[0]["t1"].with_array(scored)})
    assert "negative-intensities" in codes(accepted, "ok")
    assert codes(accepted, "warning") == []
    tomography = inspect({**case[0], "t1": case[0]["t1"].with_array(t1 - 1000)})
    assert "negative-intensities" in codes(tomography, "warning")


def test_label_map_given_as_image_is_noticed(case: Case) -> None:
    assert "few-values" in codes(inspect({"flair": case[1]}), "warning")


def test_lost_spacing_and_implausible_sizes_are_noticed(case: Case) -> None:
    rng = np.random.default_rng(0)
    stack = Volume(rng.integers(0, 900, (512, 512, 20)).astype(np.int16), np.eye(4), "t2")
    passport = inspect({"t2": stack})
    (finding,) = [f for f in passport.findings if f.code == "unit-spacing"]
    assert finding.severity == "warning"
    assert "512 x 512 x 20" in finding.message
    tenfold = Volume(case[0]["t1"].array, np.diag([30.0, 30, 30, 1]), "t1")
    assert "head-size" in codes(inspect({"t1": tenfold}), "warning")


def test_skull_is_noticed(case: Case) -> None:
    volumes, mask = synthetic.make_case(skull=True)
    passport = inspect(volumes, mask=mask)
    assert codes(passport, "warning") == ["not-skull-stripped"]
    assert "sequence-order-not-checked" in codes(passport)
    assert not passport.skull_stripped
    assert passport.brain_mask.array.sum() > (case[0]["t1"].array > 0).sum()
    mixed = inspect({**volumes, "t2": case[0]["t2"]})
    assert not mixed.skull_stripped
    np.testing.assert_array_equal(mixed.brain_mask.array > 0, case[0]["t2"].array > 0)


def test_mask_on_another_grid_is_resampled(case: Case) -> None:
    volumes, mask = case
    fine = resample_spacing(mask, 1.5, label=True)
    for given in (fine, to_canonical(mask), crop(mask, (slice(5, 40), slice(10, 50), slice(10, 50)))):
        passport = inspect(volumes, mask=given)
        assert codes(passport, "fixed") == ["mask-resampled"]
        assert passport.mask is not None
        assert passport.mask.same_grid(volumes["t1ce"])
        assert (passport.mask.array != mask.array).mean() < 1e-3
    assert codes(inspect(volumes, mask=moved(mask, 0.5, 0, 0)), "fixed") == ["mask-resampled"]


def test_mask_on_the_grid_of_another_sequence_fits(case: Case) -> None:
    volumes, mask = case
    shifted = {**volumes, "flair": moved(volumes["flair"], 4, 0, 0)}
    passport = inspect(shifted, mask=moved(mask, 4, 0, 0))
    assert "mask-resampled" in codes(passport, "fixed")


def test_mask_elsewhere_is_refused_in_millimetres(case: Case) -> None:
    volumes, mask = case
    assert "25.0 mm" in refusal(volumes, "mask-elsewhere", mask=moved(mask, 0, 25, 0))
    lost = Volume(mask.array[:40, :40, :40], np.eye(4), "mask")
    assert "mm away" in refusal(volumes, "mask-elsewhere", mask=lost)


def test_mask_of_another_patient_is_refused(case: Case) -> None:
    volumes, mask = case
    outside = mask.with_array(np.roll(mask.array, -16, axis=0))
    assert "outside the brain" in refusal(volumes, "mask-outside-brain", mask=outside)
    elsewhere = mask.with_array(np.roll(mask.array, 16, axis=0)[:, ::-1])
    assert "another patient" in refusal(volumes, "mask-no-contrast", mask=elsewhere)


def test_empty_tiny_and_partial_masks(case: Case) -> None:
    volumes, mask = case
    assert "empty mask" in refusal(volumes, "mask-empty", mask=mask.with_array(np.zeros_like(mask.array)))
    single = np.zeros_like(mask.array)
    single[20, 26, 30] = 4
    passport = inspect(volumes, mask=mask.with_array(single))
    assert codes(passport, "warning") == ["mask-tiny"]
    absent = next(finding for finding in passport.findings if finding.code == "labels-absent")
    assert absent.severity == "ok"
    assert "Peritumoural oedema" in absent.message
    assert "Enhancing" not in absent.message


def test_mask_labels(case: Case) -> None:
    volumes, mask = case
    assert "5" in refusal(volumes, "mask-labels", mask=mask.with_array(np.where(mask.array == 1, 5, mask.array)))
    newer = inspect(volumes, mask=mask.with_array(np.where(mask.array == 4, 3, mask.array)))
    assert codes(newer, "warning") == ["mask-relabelled"]
    assert "BraTS 2012" in next(f.message for f in newer.findings if f.code == "mask-relabelled")
    assert newer.mask is not None
    np.testing.assert_array_equal(newer.mask.array, mask.array)


def test_listing_goes_on_after_a_refusal(case: Case) -> None:
    volumes = {**case[0], "t1": case[0]["t1"].with_array(np.zeros_like(case[0]["t1"].array))}
    passport = inspect(volumes, mask=case[1].with_array(case[1].array * 0), collect=True)
    assert codes(passport, "refused") == ["empty-image", "mask-empty"]
    assert "sequence-order" in codes(passport, "ok")


REAL = ("BraTS2021_01484", "Brats18_TCIA02_606_1", "BraTS2021_01479")


def test_real_patients_pass_their_swaps_and_foreign_masks_do_not(shared_data: Path) -> None:
    masks = {name: read_label_map(find_case(shared_data / "cases" / name)["seg"]) for name in REAL}
    for number, name in enumerate(REAL):
        paths = find_case(shared_data / "cases" / name)
        volumes = {role: read_volume(paths[role], role) for role in SEQUENCES}
        assert {f.severity for f in inspect(volumes, mask=masks[name]).findings} == {"ok"}, name
        foreign = inspect(volumes, mask=masks[REAL[number - 1]], collect=True)
        assert foreign.refused, name
        a, b = (("t1", "t2"), ("t1", "flair"), ("t1", "t1ce"))[number]
        swapped = inspect({**volumes, a: volumes[b], b: volumes[a]})
        assert codes(swapped, "fixed") == ["sequences-swapped"], name
        assert swapped.exchanged in ((a, b), (b, a)), name


def test_raw_patient_is_put_on_one_grid_and_called_unstripped(shared_data: Path) -> None:
    paths = find_case(shared_data / "raw_case" / "TCGA-FG-6692")
    passport = inspect({role: read_volume(paths[role], role) for role in SEQUENCES})
    assert codes(passport, "warning") == ["not-skull-stripped"]
    assert codes(passport, "fixed") == []
    assert codes(passport, "ok").count("grid-resampled") == 2
    assert not passport.refused
