"""Images and masks a stranger may give: exit code 2 and one line, or a stated fix; nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from endings import Cli, check_refused

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume, write_volume
from GliomaRadiomicsLib.imaging.grid import resample_spacing, to_canonical
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient


def test_a_missing_file(cli: Cli, tmp_path: Path) -> None:
    check_refused(cli("analyze", "--t1", "none.nii.gz", "--out", "out"), tmp_path, "none.nii.gz", "no such file")
    check_refused(cli("analyze", "--case", "nowhere", "--out", "out"), tmp_path, "nowhere", "no such folder")


@pytest.mark.parametrize(
    ("name", "content"),
    [("text.nii.gz", b"hello"), ("empty.nii.gz", b""), ("picture.png", b"\x89PNG"), ("text.nrrd", b"hello")],
)
def test_a_file_that_is_no_image(cli: Cli, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    check_refused(cli("analyze", "--flair", name, "--out", "out"), tmp_path, name)


def test_a_truncated_file(cli: Cli, tmp_path: Path, image: Callable[..., str]) -> None:
    whole = (tmp_path / image("t1.nii.gz")).read_bytes()
    (tmp_path / "t1.nii.gz").write_bytes(whole[: len(whole) // 2])
    check_refused(cli("analyze", "--t1", "t1.nii.gz", "--out", "out"), tmp_path, "t1.nii.gz")


def test_a_four_dimensional_image(cli: Cli, tmp_path: Path, phantom: PhantomPatient) -> None:
    import nibabel

    array = np.stack([phantom.volumes["t1"].array] * 2, axis=-1)
    nibabel.save(nibabel.Nifti1Image(array, phantom.volumes["t1"].affine), tmp_path / "four.nii.gz")
    check_refused(cli("analyze", "--t1", "four.nii.gz", "--out", "out"), tmp_path, "four.nii.gz", "80")


def test_a_single_time_point_is_taken_and_said(cli: Cli, tmp_path: Path, phantom: PhantomPatient) -> None:
    volume = phantom.volumes["t1"]
    for name, array in (("four.nii.gz", volume.array[..., None]), ("three.nii", volume.array)):
        nib.save(nib.Nifti1Image(array, volume.affine), tmp_path / name)
    said = cli("check", "--t1", "four.nii.gz").out
    assert "fixed         single-time-point            T1 is stored as 4-D with a single time point" in said
    assert "time point" not in cli("check", "--t1", "three.nii").out


def test_an_empty_slice_is_refused_by_check_and_run(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient
) -> None:
    array = phantom.volumes["t1"].array.copy()
    array[:, :, 30] = 0
    words = ["--t1", image("t1.nii.gz", array), "--flair", image("flair.nii.gz", phantom.volumes["flair"].array)]
    ending = cli("check", *words)
    assert ending.code == 2
    assert f"T1: axial slice 31 of {array.shape[2]} holds nothing" in ending.err
    assert "plausible for a head" not in ending.out
    assert "every image looks like" not in ending.out
    check_refused(cli("preprocess", *words, "--out", "out"), tmp_path, "T1: axial slice 31")


def test_half_a_head_is_refused_by_check_as_by_the_run(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient
) -> None:
    volume = phantom.volumes["t1ce"]
    half = Volume(volume.array[volume.shape[0] // 2 :], volume.affine)
    words = ["--t1ce", image("t1ce.nii.gz", volume=half)]
    ending = cli("check", *words)
    assert ending.code == 2
    assert "ends abruptly at the" in ending.err
    assert "plausible for a head" not in ending.out
    run = cli("preprocess", *words, "--out", "out")
    check_refused(run, tmp_path, "ends abruptly at the")
    assert run.err == ending.err
    assert "looking for the brain" not in run.out


def test_preprocessing_says_nothing_of_predictions(cli: Cli, image: Callable[..., str]) -> None:
    ending = cli("preprocess", "--flair", image("flair.nii.gz"), "--out", "out")
    assert ending.code == 0, ending
    assert "MGMT" not in ending.out


@pytest.mark.filterwarnings("error:threshold_otsu")
def test_a_localiser_is_refused_in_one_line_without_comfort(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient
) -> None:
    whole = phantom.volumes["t1"]
    few = whole.array[:, :, 10:70:20] + np.abs(np.random.default_rng(0).normal(0, 5, (*whole.shape[:2], 3)))
    localiser = Volume(few.astype(np.float32), whole.affine @ np.diag([1, 1, 20, 1]))
    ending = cli("check", "--t1", image("t1.nii.gz", volume=localiser), "--t1ce", image("t1ce.nii.gz"))
    assert ending.code == 2
    assert len(ending.err.strip().splitlines()) == 1
    assert "like a localiser" in ending.err
    assert "plausible for a head" not in ending.out


def test_zeros_constants_and_nan(cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient) -> None:
    array = phantom.volumes["t1ce"].array
    broken = array.copy()
    broken[40, 40, 40] = np.nan
    for name, bad, word in (
        ("zero", np.zeros_like(array), "zeros"),
        ("flat", np.full_like(array, 7), "constant"),
        ("nan", broken, "NaN"),
    ):
        ending = cli("analyze", "--t1ce", image(f"{name}.nii.gz", bad), "--out", "out")
        check_refused(ending, tmp_path, "T1ce", word)


def test_the_same_image_in_all_roles(cli: Cli, tmp_path: Path, image: Callable[..., str]) -> None:
    name = image("same.nii.gz")
    words = [word for role in ("t1", "t1ce", "t2", "flair") for word in (f"--{role}", name)]
    check_refused(cli("analyze", *words, "--out", "out"), tmp_path, "same image")


def test_other_grids_are_fixed_and_said(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient
) -> None:
    other = resample_spacing(phantom.volumes["flair"], (3.0, 2.5, 3.5))
    words = ["--t1ce", image("t1ce.nii.gz"), "--flair", image("flair.nii.gz", volume=other)]
    ending = cli("preprocess", *words, "--out", "out")
    assert ending.code == 0, ending
    assert "fixed: FLAIR" in ending.out
    assert "resampled" in ending.out
    assert not ending.err
    assert (tmp_path / "out" / "result.json").is_file()


def test_swapped_t1_and_t2_are_exchanged_and_said(cli: Cli, phantom_files: dict[str, Path]) -> None:
    roles = {"t1": "t2", "t1ce": "t1ce", "t2": "t1", "flair": "flair"}
    words = [word for role, other in roles.items() for word in (f"--{role}", phantom_files[other])]
    ending = cli("check", *words)
    assert ending.code == 0, ending
    line = next(line for line in ending.out.splitlines() if "sequences-swapped" in line)
    assert line.startswith("fixed")
    assert "T1 and T2 were given the other way round" in line


@pytest.mark.parametrize("name", ["t1.nii", "t1.nii.gz"])
def test_an_image_that_does_not_say_how_it_lies_is_warned_about(
    name: str, cli: Cli, tmp_path: Path, phantom: PhantomPatient
) -> None:
    volume = to_canonical(phantom.volumes["t1"])
    for code, file in ((0, name), (1, f"placed_{name}")):
        stored = nib.Nifti1Image(volume.array, volume.affine)
        stored.set_sform(volume.affine, code=code)
        stored.set_qform(volume.affine, code=code)
        nib.save(stored, tmp_path / file)
    ending = cli("check", "--t1", name)
    assert ending.code == 0, ending
    (line,) = [line for line in ending.out.splitlines() if "orientation-unknown" in line]
    assert line.startswith("warning")
    assert "left and right may be exchanged" in line
    assert "orientation-unknown" not in cli("check", "--t1", f"placed_{name}").out
    assert "left and right may be exchanged" in cli("preprocess", "--t1", name, "--out", "out").out


def test_a_turned_head_is_refused(cli: Cli, tmp_path: Path, phantom: PhantomPatient) -> None:
    volume = to_canonical(phantom.volumes["t1"])
    write_volume(volume.with_array(volume.array[:, ::-1]), tmp_path / "t1.nii.gz")
    ending = cli("analyze", "--t1", "t1.nii.gz", "--out", "out")
    assert ending.code == 2
    assert "the back of the head lies where the header says front" in ending.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["other patient", "elsewhere", "empty", "probability", "unknown labels", "missing"])
def test_masks_that_do_not_fit(
    kind: str,
    cli: Cli,
    tmp_path: Path,
    image: Callable[..., str],
    phantom: PhantomPatient,
    other_phantom: PhantomPatient,
    phantom_files: dict[str, Path],
) -> None:
    labels = phantom.label_map
    moved = labels.affine.copy()
    moved[:3, 3] += 60.0
    masks = {
        "other patient": other_phantom.label_map,
        "elsewhere": Volume(labels.array, moved),
        "empty": labels.with_array(np.zeros_like(labels.array)),
        "probability": labels.with_array(labels.array.astype(np.float32) * 0.3),
        "unknown labels": labels.with_array(labels.array * 9),
    }
    name = image("mask.nii.gz", volume=masks[kind]) if kind in masks else "mask.nii.gz"
    ending = cli("analyze", "--flair", phantom_files["flair"], "--mask", name, "--out", "out")
    check_refused(ending, tmp_path, "mask")


def test_a_mask_of_one_voxel_is_warned_about(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient, phantom_files: dict[str, Path]
) -> None:
    one = np.zeros_like(phantom.label_map.array)
    one[tuple(np.argwhere(phantom.label_map.array == 4)[0])] = 4
    name = image("one.nii.gz", volume=phantom.label_map.with_array(one))
    ending = cli(
        "analyze", "--flair", phantom_files["flair"], "--mask", name, "--steps", "features,grading", "--out", "out"
    )
    assert ending.code == 0, ending
    assert "warning: the mask is tiny (1 voxels" in ending.out
    assert (tmp_path / "out" / "features.csv").is_file()


def test_check_refuses_with_the_reason_on_stderr(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient
) -> None:
    name = image("zero.nii.gz", np.zeros_like(phantom.volumes["t1"].array))
    ending = cli("check", "--t1", name, "--flair", image("flair.nii.gz"))
    check_refused(ending, tmp_path, "zeros")
    assert any(line.split()[:2] == ["refused", "empty-image"] for line in ending.out.splitlines())


def test_a_bad_mask_is_listed_among_the_findings(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient
) -> None:
    labels = phantom.label_map
    name = image("mask.nii.gz", volume=labels.with_array(labels.array * 9))
    ending = cli("check", "--t1ce", image("t1ce.nii.gz"), "--mask", name, "--json")
    check_refused(ending, tmp_path, "unknown labels")
    refused = [finding for finding in json.loads(ending.out) if finding["severity"] == "refused"]
    assert [(finding["code"], finding["sequence"]) for finding in refused] == [("mask-labels", "mask")]


def test_label_3_is_said_to_be_read_as_enhancing(
    cli: Cli, tmp_path: Path, image: Callable[..., str], phantom: PhantomPatient, phantom_files: dict[str, Path]
) -> None:
    labels = phantom.label_map
    name = image("mask.nii.gz", volume=labels.with_array(np.where(labels.array == 4, 3, labels.array)))
    ending = cli("analyze", "--flair", phantom_files["flair"], "--mask", name, "--steps", "grading", "--out", "out")
    assert ending.code == 0, ending
    assert "warning: label 3 of the mask was read as enhancing tumour" in ending.out
    assert np.array_equal(read_volume(tmp_path / "out" / "segmentation.nii.gz").array, labels.array)
