"""Options, outputs and commands a stranger may type: exit code 2 and one line; nothing half-written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from endings import Cli, check_refused

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.nifti import encode_nifti
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient


def test_no_arguments_and_no_images(cli: Cli, tmp_path: Path) -> None:
    check_refused(cli(), tmp_path, "COMMAND", "--help")
    check_refused(cli("analyze"), tmp_path, "--out")
    check_refused(cli("analyze", "--out", "out"), tmp_path, "no images given", "--case DIR")
    check_refused(cli("analize"), tmp_path, "analize")


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


@pytest.mark.parametrize("raw", [True, False])
def test_demo_makes_the_phantom_that_was_asked_for(raw: bool, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def make(**options: object) -> None:
        asked.update(options)
        raise RefusedInput(what="made no phantom")

    monkeypatch.setattr("GliomaRadiomicsLib.imaging.phantom.make_phantom", make)
    assert "made no phantom" in cli("demo", "--seed", "7", *["--raw"][: int(raw)], "--out", "out").err
    assert asked == {"seed": 7, "raw": raw}


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
        (["train", "segmentation", "c.csv", "--out", "b", "--config", "none.yaml"], "--config: no such file"),
        (["train", "segmentation", "c.csv", "--out", "b", "--config", "bad.yaml"], "bad.yaml line 3: cannot be read"),
        (["train", "segmentation", "c.csv", "--out", "b", "--config", "latin.yaml"], "UTF-8"),
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
    (tmp_path / "bad.yaml").write_text("steps: 3\nfolds: 2\n  seed: [1\n")
    (tmp_path / "latin.yaml").write_bytes(b"cohort: \xe4\n")
    before = sorted(tmp_path.iterdir())
    ending = cli(*[str(tiny_bundle) if word == "TINY" else word for word in words])
    check_refused(ending, tmp_path, expected)
    assert sorted(path for path in tmp_path.iterdir() if path.suffix != ".work") == before
