"""What a run says before and while it works: only what it does, and what is wrong before anything is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.pipeline import inputs


def said(out: Path, steps: tuple[str, ...], **sources: Any) -> list[str]:
    """The messages of a run."""
    messages: list[str] = []
    progress = Progress(lambda fraction, message: messages.append(message))
    analyze_case(out=out, settings=AnalyzeSettings(steps=steps), progress=progress, **sources)
    return messages


def test_steps_that_do_not_run_are_not_announced(phantom: PhantomPatient, tmp_path: Path) -> None:
    messages = said(tmp_path / "out", (), flair=phantom.volumes["flair"])
    assert messages == ["reading the images", "checking the images", "normalising", "done"]
    masked = said(tmp_path / "masked", ("segmentation",), flair=phantom.volumes["flair"], mask=phantom.label_map)
    assert "taking the given mask" in masked
    assert not any("segmenting" in message for message in masked)
    for out in ("out", "masked"):
        assert not (tmp_path / out / "heatmaps").exists()


def test_a_result_that_is_replaced_is_announced(phantom: PhantomPatient, tmp_path: Path) -> None:
    sentence = f"replaces the earlier result in {tmp_path / 'out'}"
    assert sentence not in said(tmp_path / "out", (), flair=phantom.volumes["flair"])
    assert said(tmp_path / "out", (), flair=phantom.volumes["flair"])[0] == sentence


@pytest.mark.parametrize(
    ("settings", "changed", "expected"),
    [
        ({"models": {"segmentation": "nowhere"}}, {}, "no model of this name"),
        ({"models": {"segmentation": "./nowhere"}}, {}, "no model bundle"),
        ({"models": {"segmentation": "volumetric_grading"}}, {}, "of another system.*give a bundle of segmentation"),
        ({"device": "cuda"}, {}, "no CUDA device here"),
        ({}, {"flair": "none.nii.gz"}, "none.nii.gz: no such file"),
        ({}, {"flair": "image.png"}, "not an image format"),
        ({}, {"mask": "none.nii.gz"}, "none.nii.gz: no such file"),
        ({}, {"out": "image.png"}, "the output is a file"),
        ({}, {"out": "image.png/below"}, "output folder cannot be written"),
    ],
)
def test_it_is_refused_before_an_image_is_read(
    settings: dict[str, Any],
    changed: dict[str, str],
    expected: str,
    phantom_files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*args: object) -> None:
        pytest.fail("an image was read")

    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(inputs, "read_volume", never)
    monkeypatch.chdir(tmp_path)
    Path("image.png").write_text("picture")
    files = {"out": "out", **{role: phantom_files[role] for role in ("t1", "flair")}} | changed
    with pytest.raises(RefusedInput, match=expected):
        analyze_case(settings=AnalyzeSettings(**settings), **files)
    assert [path.name for path in tmp_path.iterdir()] == ["image.png"]


def test_paths_and_models_are_refused_without_torch(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    code = (
        "import sys; from GliomaRadiomicsLib.cli.main import main; words = sys.argv[1:]; "
        "codes = [main([*words, '--mask', 'none.nii.gz']), main([*words, '--models', 'segmentation=nowhere'])]; "
        "print(codes, 'torch' in sys.modules)"
    )
    words = ["analyze", "--flair", str(phantom_files["flair"]), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[2, 2] False"
