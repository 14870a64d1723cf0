"""DICOM out and in again: the same numbers at the same places, whatever the files are called and packed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from dicom_series import box, only_series, write_enhanced
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.case import open_case, read_case
from GliomaRadiomicsLib.imaging.dicom.read import iterate_series, read_series
from GliomaRadiomicsLib.imaging.dicom.write import RSNA_FOLDERS, write_case, write_series
from GliomaRadiomicsLib.imaging.itk import from_itk
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient

PLACE_MM = 1e-4


def read_back(folder: Path) -> Volume:
    return read_series(only_series(folder)).volume


def assert_same_in_space(found: Volume, wanted: Volume, tolerance: float = 0.0) -> None:
    """Equal values at equal places; DICOM readers turn the slice axis so that the axes are right-handed in LPS."""
    if np.linalg.det(wanted.affine) < 0:
        flip = np.eye(4)
        flip[2, 2], flip[2, 3] = -1, wanted.shape[2] - 1
        wanted = Volume(wanted.array[:, :, ::-1], wanted.affine @ flip)
    assert found.shape == wanted.shape
    assert found.grid_distance_mm(wanted) <= PLACE_MM
    assert np.abs(found.array.astype(np.float64) - wanted.array).max() <= tolerance


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turn=st.integers(0, 2**32 - 1),
    spacing=st.tuples(*[st.floats(0.3, 7.0)] * 3),
    origin=st.tuples(*[st.floats(-300, 300)] * 3),
    flips=st.tuples(*[st.booleans()] * 3),
    axes=st.permutations((0, 1, 2)),
    shuffle=st.integers(0, 99),
)
def test_geometry_of_any_right_angled_grid(
    tmp_path_factory: pytest.TempPathFactory,
    turn: int,
    spacing: tuple,
    origin: tuple,
    flips: tuple,
    axes: tuple,
    shuffle: int,
) -> None:
    affine = np.eye(4)
    signs = np.where(flips, -1.0, 1.0)
    affine[:3, :3] = (Rotation.random(random_state=turn).as_matrix() * signs * spacing)[:, axes]
    affine[:3, 3] = origin
    volume = Volume(np.random.default_rng(turn).integers(-500, 900, (5, 7, 9)).astype(np.int16), affine)
    folder = tmp_path_factory.mktemp("any")
    write_series(volume, folder, shuffle=shuffle)
    found = read_back(folder)
    assert_same_in_space(found, volume)
    assert found.array.dtype == np.int16


@pytest.mark.filterwarnings("ignore:The DICOM readers are highly experimental")
def test_geometry_agrees_with_itk_and_nibabel(tmp_path: Path, oblique: Volume) -> None:
    from nibabel.nicom.dicomwrappers import wrapper_from_data

    volume = box(affine=oblique.affine)
    write_series(volume, tmp_path, shuffle=3)
    found = read_back(tmp_path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    assert_same_in_space(found, from_itk(reader.Execute()))
    wrapper = wrapper_from_data(pydicom.dcmread(next(tmp_path.iterdir())))
    rows, columns = wrapper.image_orient_patient.T
    assert np.allclose(np.diag([-1, -1, 1]) @ rows * volume.spacing[0], found.affine[:3, 0], atol=1e-6)
    assert np.allclose(np.diag([-1, -1, 1]) @ columns * volume.spacing[1], found.affine[:3, 1], atol=1e-6)


@pytest.mark.parametrize("compression", ["", "rle", "jpeg", "jpeg2000"])
def test_compressed_and_plain_pixels_are_the_same(tmp_path: Path, compression: str) -> None:
    volume = box(low=-300)
    paths = write_series(volume, tmp_path, compression=compression)  # type: ignore[arg-type]
    assert pydicom.dcmread(paths[0]).file_meta.TransferSyntaxUID.is_compressed == bool(compression)
    assert_same_in_space(read_back(tmp_path), volume)


@pytest.mark.parametrize("compression", ["", "jpeg"])
def test_slope_and_intercept_are_applied_once(tmp_path: Path, compression: str) -> None:
    numbers = np.random.default_rng(0).normal(0.0, 3.0, box().shape).astype(np.float32)
    numbers[:2] = 0.0
    volume = box().with_array(numbers)
    write_series(volume, tmp_path, compression=compression)  # type: ignore[arg-type]
    found = read_back(tmp_path)
    assert_same_in_space(found, volume, np.abs(numbers).max() / 65534 * 1.01)
    assert (found.array[:2] == 0).all()


def test_whole_numbers_beyond_int16_stay_exact(tmp_path: Path) -> None:
    volume = box().with_array(np.linspace(0, 65535, box().array.size).reshape(box().shape).astype(np.uint16))
    write_series(volume, tmp_path)
    assert_same_in_space(read_back(tmp_path), volume)


def test_odd_ways_to_store_pixels_equal_gdcm(tmp_path: Path) -> None:
    """12 of 16 bits, unsigned, big endian, without preamble: as another reader reads them."""
    paths = write_series(box(low=0), tmp_path)
    for index, path in enumerate(paths):
        data = pydicom.dcmread(path)
        data.BitsStored, data.HighBit, data.PixelRepresentation = 12, 11, 0
        data.RescaleSlope, data.RescaleIntercept = f"{1 + index % 2}", "-24"
        data.save_as(path)
    found = read_back(tmp_path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in paths])
    assert np.array_equal(found.array, from_itk(reader.Execute()).array)


def test_files_without_preamble_and_suffix_below_many_folders(tmp_path: Path) -> None:
    volume = box()
    paths = write_series(volume, tmp_path / "a" / "b")
    for number, path in enumerate(paths):
        data = pydicom.dcmread(path)
        del data.file_meta
        target = tmp_path / "a" / str(number % 3) / f"IM{97 * number % 31}"
        target.parent.mkdir(exist_ok=True)
        path.unlink()
        data.save_as(target, implicit_vr=True, little_endian=True, enforce_file_format=False)
    (tmp_path / "a" / "readme.txt").write_text("not DICOM")
    (tmp_path / "a" / "empty").write_bytes(b"")
    assert_same_in_space(read_back(tmp_path), volume)
    (series, _), *more = iterate_series(tmp_path)
    assert not more
    assert len(series.slices) == volume.shape[2]


def test_enhanced_multi_frame_files(tmp_path: Path, oblique: Volume) -> None:
    volume = box(affine=oblique.affine)
    write_enhanced(volume, tmp_path / "enhanced.dcm")
    found = read_back(tmp_path)
    assert_same_in_space(found, volume.with_array(volume.array * 2 + 5))


def test_a_case_in_the_layout_of_the_challenge(tmp_path: Path, phantom: PhantomPatient) -> None:
    write_case(phantom.volumes, tmp_path / "00000", shuffle=5)
    assert {path.name for path in (tmp_path / "00000").iterdir()} == set(RSNA_FOLDERS.values())
    case = open_case(tmp_path / "00000")
    found = read_case(case)
    assert list(found) == ["t1", "t1ce", "t2", "flair"]
    for role, volume in phantom.volumes.items():
        assert_same_in_space(found[role], volume, np.abs(volume.array).max() / 65534 * 1.01)
        assert case.chosen[role].recognised.confidence > 0.8


def test_folders_alone_tell_the_sequences(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("SeriesDescription", "EchoTime", "RepetitionTime", "InversionTime", "ContrastBolusAgent"))
    write_case({role: box(seed=n) for n, role in enumerate(RSNA_FOLDERS)}, tmp_path, tags=nothing)
    chosen = open_case(tmp_path).chosen
    assert {role: one.slices[0].path.parent.name for role, one in chosen.items()} == RSNA_FOLDERS


def test_contrasts_tell_where_nothing_else_does(tmp_path: Path, phantom: PhantomPatient) -> None:
    order = ("flair", "t1ce", "t2", "t1")
    for number, role in enumerate(order, start=1):
        uid = {"StudyInstanceUID": "1.2.3.4"}
        write_series(phantom.volumes[role], tmp_path / str(number), number=number, tags=uid)
    chosen = open_case(tmp_path).chosen
    assert {role: one.number for role, one in chosen.items()} == {"t1": 4, "t1ce": 2, "t2": 3, "flair": 1}
    assert "contrasts inside the brain" in chosen["t1"].notes[0].message
    (noise := tmp_path / "noise").mkdir()
    for number in range(4):
        write_series(box(seed=number), noise / str(number), number=number, tags={"StudyInstanceUID": "1.2.3.4"})
    edited = {"StudyInstanceUID": "1.2.3.4", "EchoTime": 40.0}
    write_series(box(seed=9), noise / "last", number=30, tags=edited)
    with pytest.raises(RefusedInput, match="no series was recognised") as refused:
        open_case(noise)
    said = str(refused.value)
    columns, rows, slices = box().shape
    assert all(f"{place}: {columns} x {rows} pixels, {slices} slices every" in said for place in range(1, 6))
    assert "TE 40 ms, such as last/" in said
    assert "30" not in said
    assert "by its number in this list, as in --t1ce 3" in said


def test_what_is_written_is_a_valid_mr_image_without_patient(tmp_path: Path) -> None:
    first, second = (pydicom.dcmread(path) for path in write_series(box(), tmp_path)[:2])
    assert first.SOPClassUID.name == "MR Image Storage"
    assert not first.PatientName
    assert not first.PatientID
    assert not first.StudyDate
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    again = pydicom.dcmread(write_series(box(), tmp_path / "again")[0])
    assert again.StudyInstanceUID != first.StudyInstanceUID


def test_sheared_volumes_are_not_written(tmp_path: Path) -> None:
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    affine[1, 2] = 0.5
    with pytest.raises(RefusedInput, match="right angles"):
        write_series(box(affine=affine), tmp_path)


def test_a_real_raw_case_survives(shared_data: Path, tmp_path: Path) -> None:
    from GliomaRadiomicsLib.imaging.files import read_volume

    folder = shared_data / "raw_case" / "TCGA-FG-6692"
    volumes = {role: read_volume(folder / f"TCGA-FG-6692_{role}.nii.gz", role) for role in RSNA_FOLDERS}
    found = read_case(open_case(write_case(volumes, tmp_path, shuffle=1)))
    for role, volume in volumes.items():
        limit = 0.0 if volume.array.dtype.kind in "iu" else np.abs(volume.array).max() / 65534 * 1.01
        assert_same_in_space(found[role], volume, limit)


def test_a_patient_of_600_slices_is_read_within_five_seconds(tmp_path: Path) -> None:
    write_case({role: box(seed=n, shape=(240, 240, 150)) for n, role in enumerate(RSNA_FOLDERS)}, tmp_path, shuffle=1)
    began = time.process_time()
    volumes = read_case(open_case(tmp_path))
    assert time.process_time() - began < 5.0
    assert len(volumes) == 4
