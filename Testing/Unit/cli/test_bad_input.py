"""Everything a stranger may type: exit code 2 and one line, or a stated fix; nothing half-written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nibabel as nib
import numpy as np
import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume, write_volume
from GliomaRadiomicsLib.imaging.grid import resample_spacing, to_canonical
from GliomaRadiomicsLib.imaging.nifti import encode_nifti
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient


class Ending(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Ending]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command line in the folder ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ending:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Ending(code, *capsys.readouterr())

    return run


@pytest.fixture
def image(phantom: PhantomPatient, tmp_path: Path) -> Callable[..., str]:
    """Writes an image into the working folder and gives its relative name."""

    def write(name: str, array: np.ndarray | None = None, volume: Volume | None = None) -> str:
        base = volume or phantom.volumes["t1ce"]
        write_volume(base if array is None else base.with_array(array), tmp_path / name)
        return name

    return write


def check_refused(ending: Ending, folder: Path, *words: str) -> None:
    """Exit code 2, one line on stderr with these words, and no output folder, finished or not."""
    assert ending.code == 2, ending
    lines = ending.err.strip().splitlines()
    assert len(lines) == 1, ending.err
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in ending.err + ending.out
    assert str(folder) not in lines[0]
    assert not [path.name for path in folder.iterdir() if path.name.lstrip(".").startswith("out")]


def test_no_arguments_and_no_images(cli: Cli, tmp_path: Path) -> None:
    check_refused(cli(), tmp_path, "COMMAND", "--help")
    check_refused(cli("analyze"), tmp_path, "--out")
    check_refused(cli("analyze", "--out", "out"), tmp_path, "no images given", "--case DIR")
    check_refused(cli("analize"), tmp_path, "analize")


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
    assert "the back of the head lies at the front" in ending.err
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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--age", "minusfive"], "minusfive"),
        (["--age", "-5"], "--age"),
        (["--age", "nan"], "--age"),
        (["--sex", "maybe"], "--sex"),
        (["--kps", "500"], "--kps"),
        (["--resection", "some"], "--resection"),
        (["--steps", "magic"], "magic"),
        (["--steps", ""], "--steps"),
        (["--steps", "features"], "outline of a tumour"),
        (["--device", "tpu"], "tpu"),
        (["--models", "segmentation"], "SYSTEM=BUNDLE"),
        (["--models", "segmentaton=x"], "segmentaton"),
        (["--models", "segmentation=nowhere/x"], "no model bundle"),
        (["--case", "."], "not both"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_options_that_make_no_sense(
    words: list[str], expected: str, cli: Cli, tmp_path: Path, phantom_files: dict[str, Path]
) -> None:
    check_refused(cli("analyze", "--flair", phantom_files["flair"], *words, "--out", "out"), tmp_path, expected)


def test_cuda_where_there_is_none(cli: Cli, tmp_path: Path, phantom_files: dict[str, Path], tiny_bundle: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("SKIPPED: needs a machine without CUDA")
    models = ["--models", f"segmentation={tiny_bundle}", "--device", "cuda"]
    ending = cli("analyze", "--flair", phantom_files["flair"], *models, "--out", "out")
    check_refused(ending, tmp_path, "no CUDA device")


def test_an_output_that_is_a_file_or_below_one(cli: Cli, tmp_path: Path, phantom_files: dict[str, Path]) -> None:
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/below"):
        check_refused(cli("analyze", "--flair", phantom_files["flair"], "--out", out), tmp_path, out)
    assert (tmp_path / "file").read_text() == "mine"


def test_demo_refuses_its_output_before_it_makes_the_phantom(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ending = cli("demo", "--out", "file")
    check_refused(ending, tmp_path, "file")
    assert ending.out == ""


def test_an_output_folder_with_something_else_in_it(cli: Cli, tmp_path: Path, phantom_files: dict[str, Path]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    ending = cli("analyze", "--flair", phantom_files["flair"], "--out", "mine")
    check_refused(ending, tmp_path, "mine", "thesis.txt")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_an_unwritable_output(
    number: int, cli: Cli, tmp_path: Path, phantom_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the parent were read-only: an administrator, who may run the tests, can write everywhere."""

    def refuse(self: Path, *args: object, **options: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    ending = cli("analyze", "--flair", phantom_files["flair"], "--out", "out")
    check_refused(ending, tmp_path, "out", os.strerror(number))


@pytest.mark.parametrize("suffix", [".nii.gz", ".html", ".json"])
def test_a_full_disk(
    suffix: str, cli: Cli, tmp_path: Path, phantom_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk runs full at the first file of each kind."""

    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    targets = {
        ".nii.gz": "GliomaRadiomicsLib.imaging.files.encode_nifti",
        ".html": "GliomaRadiomicsLib.pipeline.writing.write_report",
        ".json": "GliomaRadiomicsLib.pipeline.writing.write_result_json",
    }
    monkeypatch.setattr(targets[suffix], full)
    ending = cli("analyze", "--flair", phantom_files["flair"], "--steps", "report", "--out", "out")
    check_refused(ending, tmp_path, "No space left", "free space")


def test_an_internal_failure_is_one_line_without_trace(
    cli: Cli, tmp_path: Path, phantom_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **options: object) -> None:
        msg = "two\nlines"
        raise RuntimeError(msg)

    monkeypatch.setattr("GliomaRadiomicsLib.pipeline.writing.write_result_json", broken)
    words = ("preprocess", "--flair", phantom_files["flair"], "--out", "out")
    ending = cli(*words)
    assert ending.code == 1
    (line,) = ending.err.strip().splitlines()
    assert line.startswith("glioma-radiomics: internal failure: RuntimeError: two lines (run with --debug")
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" in cli("--debug", *words).err


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


def test_features_refuses_in_one_line(
    cli: Cli, tmp_path: Path, phantom_files: dict[str, Path], other_phantom: PhantomPatient
) -> None:
    flair, seg = phantom_files["flair"], phantom_files["seg"]
    (tmp_path / "p.yaml").write_text("setting: [1, 2")
    (tmp_path / "file").write_text("")
    small = tmp_path / "small.nii.gz"
    small.write_bytes(encode_nifti(Volume(np.ones((5, 5, 5), np.uint8), np.eye(4)), compress=True))
    for words, expected in (
        (["--image", "none.nii.gz", "--mask", seg, "--out", "out.csv"], "none.nii.gz"),
        (["--image", flair, "--mask", "none.nii.gz", "--out", "out.csv"], "none.nii.gz"),
        (["--image", flair, "--mask", seg, "--label", "9", "--out", "out.csv"], "9"),
        (["--image", flair, "--mask", "small.nii.gz", "--out", "out.csv"], "small.nii.gz"),
        (["--image", flair, "--mask", seg, "--params", "p.yaml", "--out", "out.csv"], "p.yaml"),
        (["--image", flair, "--mask", seg, "--out", "file/out.csv"], "out.csv"),
        (["--image", flair, "--mask", seg, "--backend", "magic", "--out", "out.csv"], "magic"),
    ):
        check_refused(cli("features", *words), tmp_path, expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["models", "info", "nobody"], "no model of this name"),
        (["models", "import", "none.zip"], "none.zip"),
        (["models"], "ACTION"),
        (["train", "segmentation", "none.csv", "--out", "b"], "none.csv"),
        (["train", "magic", "c.csv", "--out", "b"], "magic"),
        (["train", "segmentation", "c.csv", "--out", "My Model"], "My Model"),
        (["train", "segmentation", "c.csv", "--out", "b", "--device", "tpu"], "tpu"),
        (["train", "segmentation", "c.csv", "--out", "b", "--config", "none.yaml"], "none.yaml"),
        (["train", "segmentation", "c.csv", "--out", "b", "--config", "typo.yaml"], "did you mean 'phantoms'"),
        (["train", "segmentation", "c.csv", "--out", "b", "--config", "flat.yaml"], "--config"),
        (["train", "segmentation", "c.csv", "--out", "b"], "no label map"),
        (["evaluate", "nowhere/b", "c.csv", "--out", "o"], "no model bundle"),
        (["evaluate", "TINY", "c.csv", "--out", "o"], "no label map"),
        (["worker", "nowhere"], "job"),
    ],
)
def test_other_commands_refuse_in_one_line(
    words: list[str], expected: str, cli: Cli, tmp_path: Path, tiny_bundle: Path
) -> None:
    (tmp_path / "a.nii.gz").write_bytes(b"never read")
    (tmp_path / "c.csv").write_text("case,t1\na,a.nii.gz\n")
    (tmp_path / "typo.yaml").write_text("phantom: 3\n")
    (tmp_path / "flat.yaml").write_text("loop: 3\n")
    before = sorted(tmp_path.iterdir())
    ending = cli(*[str(tiny_bundle) if word == "TINY" else word for word in words])
    check_refused(ending, tmp_path, expected)
    assert sorted(path for path in tmp_path.iterdir() if path.suffix != ".work") == before
