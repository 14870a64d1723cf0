"""The guard on phantoms: ordinary ones pass, altered ones are named."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.foreground import head_mask
from GliomaRadiomicsLib.imaging.grid import resample_like, resample_spacing
from GliomaRadiomicsLib.imaging.guard.aligned import check_aligned
from GliomaRadiomicsLib.imaging.guard.cavity import CAVITY_ML, cavity_ml
from GliomaRadiomicsLib.imaging.guard.lesions import lesions_of
from GliomaRadiomicsLib.imaging.guard.modality import computed_tomography, slices_of
from GliomaRadiomicsLib.imaging.guard.raw import check_raw
from GliomaRadiomicsLib.imaging.guard.template import UPRIGHT, fit_brain
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom

_spec = importlib.util.spec_from_file_location("guard_cases", Path(__file__).with_name("guard_cases.py"))
assert _spec
assert _spec.loader
guard_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guard_cases)

GRID = {"shape": (80, 80, 56), "spacing_mm": 3.0}


@pytest.fixture(scope="module")
def patient() -> PhantomPatient:
    return make_phantom(2, grade=4, **GRID)


@pytest.fixture(scope="module")
def raw_patient() -> PhantomPatient:
    return make_phantom(0, grade=3, raw=True, shape=(120, 120, 78), spacing_mm=2.0)


@pytest.fixture(scope="module")
def head() -> PhantomPatient:
    return make_phantom(1, grade=3, skull=True, shape=(80, 90, 80), spacing_mm=3.0)


def test_ordinary_patients_pass_and_are_said_to(patient: PhantomPatient, raw_patient: PhantomPatient) -> None:
    found = check_aligned(patient.volumes, patient.brain_mask, patient.label_map, ClinicalData(age=60.0))
    assert [(f.code, f.severity) for f in found] == [("usual-case", "ok")]
    for images in (patient.volumes, raw_patient.volumes):
        assert [(f.code, f.severity) for f in check_raw(images)] == [("usual-images", "ok")]


def test_every_message_says_what_to_do_and_names_the_sequence(patient: PhantomPatient) -> None:
    image = guard_cases.bottle(0.02, 0.1, np.random.default_rng(0))
    for finding in check_raw({"flair": image}) + check_raw(
        {"t2": guard_cases.turned(patient.volumes["t2"], 1, (0, 1))}
    ):
        assert finding.sequence in ("flair", "t2")
        assert finding.severity == "refused"
        assert finding.message.startswith(("FLAIR: ", "T2: "))
        assert "; " in finding.message


@pytest.mark.parametrize(("times", "axes"), [*guard_cases.QUARTER_TURNS, (2, (0, 1)), (2, (1, 2))])
def test_a_turned_brain_is_refused(patient: PhantomPatient, times: int, axes: tuple[int, int]) -> None:
    images = {role: guard_cases.turned(volume, times, axes) for role, volume in patient.volumes.items()}
    assert guard_cases.codes(check_aligned(images, guard_cases.turned(patient.brain_mask, times, axes))) == {
        "brain-turned"
    }
    assert guard_cases.codes(check_raw({"t1": images["t1"]})) == {"head-turned"}


def test_what_lies_where_is_said_in_words(patient: PhantomPatient) -> None:
    assert fit_brain(patient.brain_mask).lead < -0.05
    upside_down = fit_brain(guard_cases.turned(patient.brain_mask, 2, (1, 2)))
    assert upside_down.describe() == (
        "the back of the head lies where the header says front and "
        "the bottom of the head lies where the header says top"
    )
    assert upside_down.turn != UPRIGHT
    on_its_side = fit_brain(guard_cases.turned(patient.brain_mask, 1, (0, 2))).describe()
    assert "a side of the head lies where the header says top" in on_its_side


def test_left_and_right_exchanged_cannot_be_seen_and_is_not_claimed(patient: PhantomPatient) -> None:
    mirrored = patient.brain_mask.with_array(np.ascontiguousarray(patient.brain_mask.array[::-1]))
    assert fit_brain(mirrored).lead < 0


def test_the_affine_decides_not_the_order_of_the_axes(patient: PhantomPatient) -> None:
    stored = patient.brain_mask.affine @ np.array([[0, 0, 1, 0], [0, -1, 0, 79], [1, 0, 0, 0], [0, 0, 0, 1]])

    def as_stored(volume: Volume) -> Volume:
        return Volume(np.ascontiguousarray(volume.array[:, ::-1].transpose(2, 1, 0)), stored, volume.name)

    images = {role: as_stored(volume) for role, volume in patient.volumes.items()}
    assert guard_cases.codes(check_aligned(images, as_stored(patient.brain_mask))) == set()
    assert guard_cases.codes(check_raw(images)) == set()


@pytest.mark.parametrize(("times", "axes"), guard_cases.QUARTER_TURNS)
def test_a_head_with_skull_turned_by_a_quarter_is_named(
    raw_patient: PhantomPatient, times: int, axes: tuple[int, int]
) -> None:
    for role in ("t1", "t2"):
        image = guard_cases.turned(resample_spacing(raw_patient.volumes[role], 3.0), times, axes)
        assert guard_cases.codes(check_raw({role: image})) & {"head-turned", "head-cut-off"}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("first", [True, False])
def test_half_a_brain_and_half_a_head_are_named(
    patient: PhantomPatient, raw_patient: PhantomPatient, axis: int, first: bool
) -> None:
    images = {role: guard_cases.halved(volume, axis, first) for role, volume in patient.volumes.items()}
    assert "brain-cut-off" in guard_cases.codes(
        check_aligned(images, guard_cases.halved(patient.brain_mask, axis, first))
    )
    assert guard_cases.codes(check_raw({"t1": images["t1"]})) == {"head-cut-off"}
    half_head = guard_cases.cropped(resample_spacing(raw_patient.volumes["t1ce"], 3.0), axis)
    found = check_raw({"t1ce": half_head})
    assert guard_cases.codes(found) == {"head-cut-off"}
    upright = int(np.argmax(np.abs(half_head.affine[2, :3])))
    assert found[0].severity == ("warning" if axis == upright else "refused")


def test_a_head_that_lacks_a_slab_at_one_side_is_warned_about_and_used(head: PhantomPatient) -> None:
    image = head.volumes["t1"]
    used = np.flatnonzero(head_mask(image).array.any(axis=(1, 2)))
    array = image.array[used[0] + int(0.24 * len(used)) :]
    (found,) = check_raw({"t1": Volume(array, image.affine, "t1")})
    assert (found.code, found.severity) == ("head-cut-off", "warning")


@pytest.mark.parametrize("noise", [0.01, 0.1])
@pytest.mark.parametrize("bias", [0.0, 0.4])
@pytest.mark.parametrize("cylinder", [True, False])
def test_a_phantom_bottle_is_refused(noise: float, bias: float, cylinder: bool) -> None:
    image = guard_cases.bottle(noise, bias, np.random.default_rng(5), cylinder=cylinder)
    assert guard_cases.codes(check_raw({"t1": image})) == {"phantom-bottle"}


@pytest.mark.parametrize("offset", [0.0, 1024.0])
def test_computed_tomography_is_refused(head: PhantomPatient, offset: float) -> None:
    image = guard_cases.tomography(head.tissue, np.random.default_rng(0), offset)
    found = check_raw({"t1": image})
    assert guard_cases.codes(found) == {"ct-image"}
    assert "give the MRI" in found[0].message


@pytest.mark.parametrize(("top", "dtype"), [(1.0, np.float32), (255.0, np.uint8), (-1.0, np.float32)])
def test_computed_tomography_on_another_scale_is_refused(head: PhantomPatient, top: float, dtype: type) -> None:
    image = guard_cases.tomography(head.tissue, np.random.default_rng(0))
    values = image.array.astype(np.float64)
    share = (values - values.min()) / (values.max() - values.min())
    scaled = image.with_array((share * top if top > 0 else 6.0 * share - 1.5).astype(dtype))
    found = check_raw({"t1": scaled})
    assert guard_cases.codes(found) == {"ct-image"}
    assert "on another scale" in found[0].message


def test_mri_is_not_taken_for_rescaled_tomography(patient: PhantomPatient, head: PhantomPatient) -> None:
    for images in (patient.volumes, head.volumes):
        for image in images.values():
            low, high = float(image.array.min()), float(image.array.max())
            grey = np.round((image.array - low) / (high - low) * 255.0).astype(np.uint8)
            for same in (image, image.with_array(grey)):
                assert computed_tomography(same) == ""


def test_mri_scaled_to_where_ct_lies_is_not_taken_for_it(head: PhantomPatient) -> None:
    inside = head.brain_mask.array > 0
    for image in head.volumes.values():
        for place in (40.0, 1060.0):
            scaled = image.with_array(image.array / np.median(image.array[inside]) * place)
            assert "ct-image" not in guard_cases.codes(check_raw({"t1": scaled}))


def test_localisers_are_named(head: PhantomPatient) -> None:
    image = head.volumes["t1"]
    few = Volume(image.array[:, :, ::12], image.affine @ np.diag([1, 1, 12, 1]), "t1")
    assert (slices_of(few).number, slices_of(few).distance_mm) == (7, pytest.approx(36.0))
    assert guard_cases.codes(check_raw({"t1": few})) == {"localiser"}
    far = Volume(image.array[:, :, ::4], image.affine @ np.diag([1, 1, 4, 1]), "t1")
    assert "slices-far-apart" in guard_cases.codes(check_raw({"t1": far}))


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_t1_given_again_as_t1ce_shows_no_contrast_agent(patient: PhantomPatient, noise: float) -> None:
    images = guard_cases.copied_t1(patient.volumes, patient.brain_mask, noise, np.random.default_rng(1))
    assert guard_cases.codes(check_aligned(images, patient.brain_mask)) == {"no-contrast-agent"}


def test_contrast_agent_is_said_to_be_unchecked_without_t1(patient: PhantomPatient) -> None:
    found = check_aligned({"t1ce": patient.volumes["t1ce"]}, patient.brain_mask)
    assert guard_cases.codes(found) == set()
    assert {"contrast-agent-not-checked", "cavity-not-checked"} <= {finding.code for finding in found}


def test_an_operated_brain_is_named(patient: PhantomPatient) -> None:
    assert guard_cases.codes(
        check_aligned(guard_cases.operated(patient.volumes, patient.brain_mask), patient.brain_mask)
    ) == {"resection-cavity"}


def test_a_brain_that_lies_tilted_has_no_cavity_unless_operated() -> None:
    upright = make_phantom(4, grade=4, shape=(80, 80, 64), spacing_mm=3.0)
    tilt = np.eye(4)
    tilt[:3, :3] = Rotation.from_euler("zy", (-14, 10), degrees=True).as_matrix()

    def tilted(volume: Volume, *, label: bool = False) -> Volume:
        return resample_like(Volume(volume.array, tilt @ volume.affine, volume.name), volume, label=label)

    images = {role: tilted(volume) for role, volume in upright.volumes.items()}
    brain = tilted(upright.brain_mask, label=True)
    assert cavity_ml(images, brain) < 1.0
    assert cavity_ml(guard_cases.operated(images, brain), brain) > CAVITY_ML


def test_metastases(patient: PhantomPatient) -> None:
    labels = np.zeros(patient.label_map.shape, np.uint8)
    for corner in ((20, 30, 30), (50, 30, 30), (35, 50, 35)):
        labels[tuple(slice(c, c + 4) for c in corner)] = 4
    several = patient.label_map.with_array(labels)
    assert lesions_of(several).separate == 3
    found = check_aligned(patient.volumes, patient.brain_mask, several)
    assert guard_cases.codes(found) == {"metastasis-like"}
    assert "3 separate enhancing lesions" in found[0].message
    labels = np.zeros(patient.label_map.shape, np.uint8)
    labels[20:36, 30:46, 25:41] = 2
    labels[26:30, 36:40, 30:34] = 4
    assert guard_cases.codes(check_aligned(patient.volumes, patient.brain_mask, several.with_array(labels))) == {
        "metastasis-like"
    }
    labels[24:32, 34:42, 28:36] = 4
    assert guard_cases.codes(check_aligned(patient.volumes, patient.brain_mask, several.with_array(labels))) == set()


@pytest.mark.parametrize(("age", "expected"), [(17.9, {"child"}), (18.0, set()), (None, set())])
def test_children_are_named_and_an_unknown_age_is_not(
    patient: PhantomPatient, age: float | None, expected: set[str]
) -> None:
    assert guard_cases.codes(check_aligned({}, patient.brain_mask, clinical=ClinicalData(age=age))) == expected


@pytest.mark.parametrize(("scale", "expected"), [(0.75, {"brain-size"}), (1.0, set()), (1.2, {"brain-size"})])
def test_a_brain_of_no_adult(patient: PhantomPatient, scale: float, expected: set[str]) -> None:
    mask = patient.brain_mask
    other = Volume(mask.array, mask.affine @ np.diag([scale, scale, scale, 1.0]), mask.name)
    assert guard_cases.codes(check_aligned({}, other)) == expected


def test_a_head_mask_is_not_judged_as_a_brain(head: PhantomPatient) -> None:
    whole = head.brain_mask.with_array((head.tissue.array > 0).astype(np.uint8))
    found = check_aligned(head.volumes, whole)
    assert guard_cases.codes(found) == set()
    assert [finding.code for finding in found] == ["guard-brain-not-checked"]


def test_it_takes_seconds_of_a_processor_not_minutes(patient: PhantomPatient, raw_patient: PhantomPatient) -> None:
    check_raw(raw_patient.volumes)
    start = time.process_time()
    check_raw(raw_patient.volumes)
    check_aligned(patient.volumes, patient.brain_mask, patient.label_map)
    assert time.process_time() - start < 6.0
