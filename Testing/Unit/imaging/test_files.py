from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume, read_volume_steps, write_label_map, write_volume

FORMATS = ["nii.gz", "nii", "nrrd", "mha"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_round_trip_keeps_voxels_dtype_and_oblique_geometry(tmp_path: Path, oblique: Volume, suffix: str) -> None:
    path = tmp_path / f"image.{suffix}"
    write_volume(oblique, path)
    back = read_volume(path, "again")
    assert back.name == "again"
    assert back.array.dtype == np.int16
    np.testing.assert_array_equal(back.array, oblique.array)
    np.testing.assert_allclose(back.affine, oblique.affine, atol=1e-5)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
def test_itk_sees_the_same_place(tmp_path: Path, oblique: Volume, suffix: str) -> None:
    path = tmp_path / f"image.{suffix}"
    write_volume(oblique, path)
    image = sitk.ReadImage(str(path))
    lps = np.array(image.TransformIndexToPhysicalPoint((11, 2, 6)))
    np.testing.assert_allclose(lps * [-1, -1, 1], (oblique.affine @ [11, 2, 6, 1])[:3], atol=2e-5)
    assert sitk.GetArrayFromImage(image)[6, 2, 11] == oblique.array[11, 2, 6]


@pytest.mark.parametrize("suffix", ["nii.gz", "nrrd", "mha"])
def test_reads_what_itk_wrote_as_nibabel_would(tmp_path: Path, oblique: Volume, suffix: str) -> None:
    image = sitk.GetImageFromArray(np.arange(2 * 3 * 4, dtype=np.float32).reshape(4, 3, 2))
    lps = np.diag([-1, -1, 1, 1]) @ oblique.affine
    image.SetSpacing(oblique.spacing)
    image.SetDirection((lps[:3, :3] / oblique.spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    sitk.WriteImage(image, str(tmp_path / f"x.{suffix}"))
    sitk.WriteImage(image, str(tmp_path / "x.nii"))
    ours, theirs = read_volume(tmp_path / f"x.{suffix}"), nib.load(tmp_path / "x.nii")
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-5)
    np.testing.assert_array_equal(ours.array, theirs.get_fdata())


def test_float64_becomes_float32_and_labels_uint8(tmp_path: Path, oblique: Volume) -> None:
    write_volume(oblique.with_array(oblique.array + 0.25), tmp_path / "f.nrrd")
    assert read_volume(tmp_path / "f.nrrd").array.dtype == np.float32
    write_label_map(oblique.with_array((oblique.array % 3).astype(np.int64)), tmp_path / "l.nii.gz")
    assert read_volume(tmp_path / "l.nii.gz").array.dtype == np.uint8
    with pytest.raises(RefusedInput, match="whole numbers"):
        write_label_map(oblique.with_array(oblique.array / 7.0), tmp_path / "l2.nii.gz")


def test_scaled_nifti_is_read_in_real_units(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.ones((3, 3, 3), np.int16), np.eye(4))
    image.header.set_slope_inter(0.5, 10)
    nib.save(image, tmp_path / "s.nii")
    raw = bytearray((tmp_path / "s.nii").read_bytes())
    raw[112:120] = np.array([0.5, 10], "<f4").tobytes()
    (tmp_path / "s.nii").write_bytes(bytes(raw))
    assert read_volume(tmp_path / "s.nii").array.dtype == np.float32
    stored = np.frombuffer(raw[352:354], "<i2")[0]
    assert read_volume(tmp_path / "s.nii").array[0, 0, 0] == pytest.approx(stored * 0.5 + 10)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("keep", [0.3, 0.95])
def test_truncated_file_is_refused_quietly(
    tmp_path: Path, oblique: Volume, suffix: str, keep: float, capfd: pytest.CaptureFixture
) -> None:
    path = tmp_path / f"image.{suffix}"
    write_volume(oblique, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(RefusedInput) as refused:
        read_volume(path)
    assert path.name in str(refused.value)
    assert refused.value.remedy
    assert capfd.readouterr() == ("", "")


def test_gzip_cut_after_the_voxels_is_still_refused(tmp_path: Path, oblique: Volume) -> None:
    path = tmp_path / "image.nii.gz"
    write_volume(oblique, path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(RefusedInput, match="truncated"):
        read_volume(path)


def test_a_large_image_is_unpacked_in_steps(tmp_path: Path) -> None:
    """In Slicer's own process nothing may take long; this one is 20 MB unpacked, and as two gzip streams."""
    image = Volume(np.random.default_rng(1).normal(size=(180, 180, 160)).astype(np.float32), np.eye(4))
    write_volume(image, tmp_path / "image.nii")
    plain = (tmp_path / "image.nii").read_bytes()
    half = len(plain) // 2
    packed = gzip.compress(plain[:half], 1) + gzip.compress(plain[half:], 1)
    (tmp_path / "image.nii.gz").write_bytes(packed)
    steps, number = read_volume_steps(tmp_path / "image.nii.gz", "dense"), 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            back = end.value
            break
        number += 1
    assert number >= 3
    assert back.name == "dense"
    np.testing.assert_array_equal(back.array, image.array)


@pytest.mark.parametrize("suffix", [*FORMATS, "mhd", "nhdr"])
@pytest.mark.parametrize("content", [b"patient,age\n1,54\n" * 60, b"", b"\x00" * 700])
def test_what_only_pretends_to_be_an_image_is_refused_quietly(
    tmp_path: Path, suffix: str, content: bytes, capfd: pytest.CaptureFixture
) -> None:
    path = tmp_path / f"image.{suffix}"
    path.write_bytes(content)
    with pytest.raises(RefusedInput, match=path.name):
        read_volume(path)
    assert capfd.readouterr() == ("", "")


def test_missing_file_folder_and_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="no such file"):
        read_volume(tmp_path / "none.nii.gz")
    with pytest.raises(RefusedInput, match="folder"):
        read_volume(tmp_path)
    (tmp_path / "slice.dcm").write_bytes(b"x")
    with pytest.raises(
        RefusedInput, match=r"not an image format.*found \.dcm.*convert it to \.nii\.gz, \.nrrd or \.mha$"
    ):
        read_volume(tmp_path / "slice.dcm")
    (tmp_path / "lonely.mhd").write_text(
        "NDims = 3\nDimSize = 2 2 2\nElementType = MET_SHORT\nElementDataFile = a.raw\n"
    )
    with pytest.raises(RefusedInput, match="data file is missing"):
        read_volume(tmp_path / "lonely.mhd")


@pytest.mark.parametrize("suffix", ["nii.gz", "nrrd", "mha"])
def test_other_than_three_dimensions_or_scalars_is_refused(tmp_path: Path, suffix: str) -> None:
    images = {
        "4-D": sitk.Image([4, 4, 4, 2], sitk.sitkInt16),
        "2-D": sitk.Image([4, 4], sitk.sitkInt16),
        "numbers|5-D": sitk.Image([4, 4, 4], sitk.sitkVectorFloat32, 2),
    }
    for found, image in images.items():
        path = tmp_path / f"bad.{suffix}"
        sitk.WriteImage(image, str(path))
        with pytest.raises(RefusedInput, match=found):
            read_volume(path)


def test_colour_and_complex_nifti_are_refused(tmp_path: Path) -> None:
    colour = np.zeros((3, 3, 3), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    for array in (colour, np.zeros((3, 3, 3), np.complex64)):
        nib.save(nib.Nifti1Image(array, np.eye(4)), tmp_path / "c.nii")
        with pytest.raises(RefusedInput, match="not single numbers"):
            read_volume(tmp_path / "c.nii")


@pytest.mark.parametrize("suffix", ["nii.gz", "nrrd", "mha"])
def test_one_time_point_counts_as_three_dimensional(tmp_path: Path, suffix: str) -> None:
    image = sitk.Image([4, 5, 6, 1], sitk.sitkInt16)
    sitk.WriteImage(image, str(tmp_path / f"x.{suffix}"))
    assert read_volume(tmp_path / f"x.{suffix}").shape == (4, 5, 6)


def test_slightly_sheared_nifti_is_squared_and_a_strong_shear_refused(tmp_path: Path) -> None:
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[0, 1] = 2e-3
    nib.save(nib.Nifti1Image(np.ones((20, 20, 20), np.int16), affine), tmp_path / "a.nii")
    axes = read_volume(tmp_path / "a.nii").affine[:3, :3]
    np.testing.assert_allclose(axes.T @ axes, np.diag(np.diag(axes.T @ axes)), atol=1e-7)
    affine[0, 1] = 0.3
    image = nib.Nifti1Image(np.ones((20, 20, 20), np.int16), affine)
    image.set_qform(None, code=0)
    nib.save(image, tmp_path / "b.nii")
    with pytest.raises(RefusedInput, match="right angles"):
        read_volume(tmp_path / "b.nii")
    image.set_qform(np.diag([2.0, 2, 2, 1]), code=1)
    nib.save(image, tmp_path / "c.nii")
    np.testing.assert_allclose(read_volume(tmp_path / "c.nii").affine, np.diag([2.0, 2, 2, 1]), atol=1e-6)


def test_failed_write_leaves_nothing_and_keeps_the_old_file(tmp_path: Path, oblique: Volume) -> None:
    with pytest.raises(RefusedInput, match="cannot be written"):
        write_volume(oblique, tmp_path / "no" / "folder" / "x.nii.gz")
    with pytest.raises(RefusedInput, match="cannot be written"):
        write_volume(oblique, tmp_path / "no" / "folder" / "x.nrrd")
    with pytest.raises(RefusedInput, match="no format"):
        write_volume(oblique, tmp_path / "x.mhd")
    (tmp_path / "taken.nii.gz").mkdir()
    with pytest.raises(RefusedInput, match="cannot be written"):
        write_volume(oblique, tmp_path / "taken.nii.gz")
    assert [p.name for p in tmp_path.iterdir()] == ["taken.nii.gz"]


def test_writing_twice_gives_the_same_bytes(tmp_path: Path, oblique: Volume) -> None:
    write_volume(oblique, tmp_path / "a.nii.gz")
    write_volume(oblique, tmp_path / "b.nii.gz")
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


@pytest.mark.parametrize("suffix", FORMATS)
def test_full_disk_is_refused_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    """A limit on the file size stands for the full disk: the write fails half-way."""
    pytest.importorskip("resource")
    script = (
        "import resource, signal, sys, numpy as np\n"
        "from GliomaRadiomicsLib.core.errors import RefusedInput\n"
        "from GliomaRadiomicsLib.core.volume import Volume\n"
        "from GliomaRadiomicsLib.imaging.files import write_volume\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "array = np.random.default_rng(0).integers(0, 30000, (40, 40, 40)).astype(np.int16)\n"
        "try:\n    write_volume(Volume(array, np.eye(4)), sys.argv[1])\n"
        "except RefusedInput as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / f"x.{suffix}")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert "free space" in done.stdout
    assert list(tmp_path.iterdir()) == []
