"""Every recipe of docs/scripting.md, run as it stands on the page."""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.recipes import headings, opening, recipe, run_code

from GliomaRadiomicsLib.core.errors import RefusedInput


def follow(console: Any, number: int, **names: Any) -> dict[str, Any]:
    """Run a recipe after the page's opening, whose two folders are ours."""
    import slicer

    begun = run_code(opening(), {"slicer": slicer})
    assert begun["logic"] is console.logic
    return run_code(recipe(number), {**begun, "data": console.data, "out": console.out, **names})


def test_there_are_ten_recipes_with_one_block_each() -> None:
    assert list(headings()) == list(range(1, 11))
    for number in headings():
        compile(recipe(number), f"recipe {number}", "exec")


def test_1_four_files(console: Any, played_worker: None, capsys: pytest.CaptureFixture[str]) -> None:
    left = follow(console, 1)
    assert list(left["images"]) == list(console.asked()["inputs"]) == ["t1", "t1ce", "t2", "flair"]
    assert console.asked()["clinical"]["age"] == 54
    assert console.asked()["clinical"]["sex"] == "F"
    volume = left["result"].result.segmentation.volumes_ml["WT"]
    assert f"whole tumour {volume:.1f} ml" in capsys.readouterr().out


def test_2_the_phantom_by_the_real_worker(real_run: Any) -> None:
    """Run by the fixture `real_run`, for all recipes once."""
    report = real_run.folder / "report.html"
    assert report.is_file()
    assert real_run.printed.split(": ")[-1].strip() == str(report)
    assert real_run.segments == ["NCR_NET", "ED", "ET"]
    result = json.loads((real_run.folder / "result.json").read_text(encoding="utf-8"))
    assert result["segmentation"]["volumes_ml"]["WT"] > 1


def test_3_your_own_outline(console: Any, played_worker: None, capsys: pytest.CaptureFixture[str]) -> None:
    left = follow(console, 3)
    asked = console.asked()
    assert asked["mask"]
    assert asked["steps"] == ["features", "grading"]
    assert int(capsys.readouterr().out.split()[0]) == left["result"].featureTableNode.GetNumberOfRows() > 100


def test_4_without_waiting(console: Any, played_worker: None, capsys: pytest.CaptureFixture[str]) -> None:
    left = follow(console, 4)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["25%", "aligning"]
    assert lines[-1].split() == ["100%", "ready"]
    assert left["result"].segmentationNode is not None


def test_4_tells_what_was_wrong(console: Any, played_worker: None) -> None:
    console.logic.jobOptions["environment"]["FAKE_WORKER"] = "refuse"
    with pytest.raises(RefusedInput, match="image is constant"):
        follow(console, 4)


def test_5_to_the_tumour_and_a_picture(
    console: Any, phantom: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    import slicer

    follow(console, 5, **phantom)
    assert "slices through the enhancing tumour" in capsys.readouterr().out
    labels = phantom["result"].labelMapNode
    places = np.argwhere(slicer.util.arrayFromVolume(labels) == 4)
    axial = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
    heights = [labels.GetOrigin()[2] + labels.GetSpacing()[2] * k for k in (places[:, 0].min(), places[:, 0].max())]
    assert heights[0] <= axial.GetSliceOffset() <= heights[1]
    matplotlib_image = pytest.importorskip("matplotlib.image")
    picture = matplotlib_image.imread(console.out / "axial.png")
    assert picture.shape[:2] == (512, 512)
    assert picture[..., :3].std() > 0.05, "an empty picture"


def test_6_a_heat_map_over_the_image(console: Any, phantom: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    import slicer

    follow(console, 6, **phantom)
    assert "volumetric_grading/occlusion" in capsys.readouterr().out
    composite = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert composite.GetForegroundVolumeID() == phantom["result"].heatmapNodes["volumetric_grading/occlusion"].GetID()
    assert composite.GetForegroundOpacity() == pytest.approx(0.6)


def test_7_numbers_and_a_table(console: Any, phantom: dict[str, Any]) -> None:
    follow(console, 7, **phantom)
    with (console.out / "numbers.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    result = phantom["result"].result
    assert float(row["WT ml"]) == pytest.approx(result.segmentation.volumes_ml["WT"])
    graded = result.grading["volumetric_grading"]
    assert float(row["volumetric_grading probability of grade 4"]) == pytest.approx(graded.probability_hgg)
    assert row["volumetric_grading trust"] == graded.trust.flag


def test_8_several_patients_as_a_script(
    console: Any,
    played_worker: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(sys, "argv", ["cohort.py", str(console.data / "cases"), str(tmp_path)])
    follow(console, 8)
    lines = dict(
        line.split(" ", 1) for line in capsys.readouterr().out.splitlines() if line[:3] in ("one", "two", "thr")
    )
    assert lines["two"].startswith("FAILED:")
    assert "two_t1ce" in lines["two"]
    assert "'WT'" in lines["one"]
    assert "'WT'" in lines["three"]
    assert console.exits == [1]
    for case in ("one", "three"):
        with zipfile.ZipFile(tmp_path / case / "scene.mrb") as archive:
            assert any(name.endswith(".mrml") for name in archive.namelist())


def test_9_your_own_model(console: Any, played_worker: None, capsys: pytest.CaptureFixture[str]) -> None:
    follow(console, 9)
    assert console.asked()["models"] == {"volumetric_grading": str(console.out / "my-model")}
    assert "Evidence(" in capsys.readouterr().out


def test_10_again_after_an_edit_by_the_real_worker(
    console: Any, phantom: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(phantom["result"].result.segmentation.volumes_ml)
    left = follow(console, 10, **phantom)
    after = left["result"].result.segmentation.volumes_ml
    assert after["ED"] < 0.2 * before["ED"]
    assert after["ET"] == pytest.approx(before["ET"])
    assert f"ED: {before['ED']:.1f} -> {after['ED']:.1f} ml" in capsys.readouterr().out
    assert left["result"].result.segmentation.model.endswith(", corrected by hand")
