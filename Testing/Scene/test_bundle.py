"""The scene file: complete, atomic, readable again, and showing the tumour where it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.output_folder import write_output_folder

from GliomaRadiomicsLib.core.labels import LABELS, SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.views import tumour_centre
from GliomaRadiomicsLib.scene.volumes import volume_from_node

RENDERER = Path(__file__).resolve().parents[1] / "support" / "render_scene.py"


def run_bundle(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "GliomaRadiomicsLib.scene.bundle", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Volume], Volume, Volume]:
    folder = tmp_path_factory.mktemp("bundle") / "out"
    patient = write_output_folder(folder)
    done = run_bundle(folder, "--patient", "Case A")
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(folder.glob(".partial-*"))
    return folder / "scene.mrb", *patient


def named(scene: Any, name: str) -> Any:
    node = scene.GetFirstNodeByName(name)
    assert node is not None, f"no node called {name}"
    return node


def test_reopened_every_node_name_colour_and_place_is_there(scene: Any, bundle: tuple) -> None:
    path, sequences, labels, heat = bundle
    assert scene.ReadFromMRB(str(path), True)
    expected = {
        f"Case A {title}": sequences[key] for key, title in zip(sequences, ("T1", "T1ce", "T2", "FLAIR"), strict=True)
    }
    expected |= {"Case A label map": labels, "Case A cnn_grading gradcam hgg": heat}
    for name, volume in expected.items():
        found = volume_from_node(named(scene, name))
        assert found.grid_distance_mm(volume) < 2e-5, name
        np.testing.assert_allclose(found.array, volume.array, err_msg=name)
    segmentation = named(scene, "Case A segmentation").GetSegmentation()
    for label in LABELS:
        segment = segmentation.GetSegment(label.key)
        assert segment.GetColor() == pytest.approx(label.colour)
        assert label.type[1] in segment.GetTerminology()
    heat_display = named(scene, "Case A cnn_grading gradcam hgg").GetDisplayNode()
    assert heat_display.GetApplyThreshold()
    assert heat_display.GetColorNode().GetName() == "Case A cnn_grading gradcam hgg colours"
    assert heat_display.GetColorNode().GetNumberOfColors() == 256
    assert named(scene, "Case A label map").GetDisplayNode().GetColorNode().GetColorName(4) == "ET"
    assert named(scene, "Case A features").GetTable().GetNumberOfRows() == 2
    assert "Ödem" in named(scene, "Case A provenance").GetText()
    assert named(scene, "Case A survival").GetNthPlotSeriesNode(0).GetTableNode() is not None
    for slice_name in ("Red", "Yellow", "Green"):
        composite = scene.GetSingletonNode(slice_name, "vtkMRMLSliceCompositeNode")
        assert composite.GetBackgroundVolumeID() == named(scene, "Case A T1ce").GetID()
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert red.GetSliceOffset() == pytest.approx(tumour_centre(labels)[2], abs=1e-3)
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView


def test_a_run_on_the_images_of_an_opened_scene_file_keeps_them(scene: Any, bundle: tuple) -> None:
    from GliomaRadiomicsLib.scene.writer import write_result

    path, sequences, *_ = bundle
    assert scene.ReadFromMRB(str(path), True)
    images = {key: named(scene, f"Case A {SEQUENCE_NAMES[key]}") for key in sequences}
    segmentation = named(scene, "Case A segmentation")
    before = scene.GetNumberOfNodesByClass("vtkMRMLDisplayableNode")
    again = write_result(path.parent, volume_nodes=images, scene=scene)
    assert all(scene.IsNodePresent(node) for node in images.values())
    assert not scene.IsNodePresent(segmentation)
    assert again.segmentationNode.GetName() == "Case A segmentation"
    assert scene.GetNumberOfNodesByClass("vtkMRMLDisplayableNode") == before
    assert scene.GetNodesByName("Case A label map colours").GetNumberOfItems() == 1
    write_result(path.parent, volume_nodes=images, patient="Case A", scene=scene)
    assert all(scene.IsNodePresent(node) for node in images.values())


def test_pictures_show_the_tumour_where_it_is(bundle: tuple, tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("trame_slicer", reason="SKIPPED: needs trame-slicer for pictures")
    from PIL import Image

    path, _, labels, heat = bundle
    pictures = Path(os.environ.get("GLIOMA_RADIOMICS_PICTURES") or tmp_path_factory.mktemp("pictures"))
    done = subprocess.run(
        [sys.executable, str(RENDERER), str(path), str(pictures)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (pictures / "facts.json").is_file(), done.stderr[-2000:]
    facts = json.loads((pictures / "facts.json").read_text())
    for view, matrix in facts.items():
        colours = np.asarray(Image.open(pictures / f"{view}.png").convert("RGB")).astype(int)
        checked = 0
        for (row, column), value in label_at_pixels(labels, np.array(matrix), colours.shape[:2]):
            red, green, blue = colours[row, column]
            shown = {0: red == green == blue, 1: red > green + 20, 2: green > red + 20, 4: min(red, green) > blue + 20}
            assert shown[value], f"{view}: pixel {row},{column} should show label {value}, is {red},{green},{blue}"
            checked += value > 0
        assert checked > 20
    three_d = np.asarray(Image.open(pictures / "3d.png").convert("RGB")).astype(int)
    assert (three_d[..., 1] > three_d[..., 2] + 30).mean() > 0.1
    middle = three_d[three_d.shape[0] // 2, three_d.shape[1] // 2]
    assert middle[0] > middle[2] + 60
    plain = np.asarray(Image.open(pictures / "axial.png").convert("RGB")).astype(int)
    hot = np.asarray(Image.open(pictures / "axial-heat.png").convert("RGB")).astype(int)
    assert_heat_only_above_threshold(heat, np.array(facts["axial"]), np.abs(hot - plain).sum(axis=-1))


def pixel_ras(matrix: np.ndarray, shape: tuple[int, int], row: int, column: int) -> np.ndarray:
    return (matrix @ [column, shape[0] - 1 - row, 0, 1])[:3]


def value_at(volume: Volume, ras: np.ndarray, reach: int) -> list[float] | None:
    """Values in a neighbourhood of ``reach`` voxels, or None outside the image."""
    index = np.round((np.linalg.inv(volume.affine) @ [*ras, 1])[:3]).astype(int)
    low, high = index - reach, index + reach + 1
    if (low < 0).any() or (high > volume.shape).any():
        return None
    return list(np.unique(volume.array[low[0] : high[0], low[1] : high[1], low[2] : high[2]]))


def label_at_pixels(labels: Volume, matrix: np.ndarray, shape: tuple[int, int]) -> list[tuple[tuple[int, int], int]]:
    """Pixels whose surroundings all carry one label, with that label."""
    found = []
    for row in range(0, shape[0], 3):
        for column in range(0, shape[1], 3):
            values = value_at(labels, pixel_ras(matrix, shape, row, column), reach=1)
            if values is not None and len(values) == 1:
                found.append(((row, column), int(values[0])))
    return found


def assert_heat_only_above_threshold(heat: Volume, matrix: np.ndarray, change: np.ndarray) -> None:
    """Heat changes the picture where the map is high (but for the outlines drawn above it), and nowhere else."""
    top = float(heat.array.max())
    high, low = [], []
    for row in range(0, change.shape[0], 6):
        for column in range(0, change.shape[1], 6):
            values = value_at(heat, pixel_ras(matrix, change.shape, row, column), reach=1)
            if values is not None and min(values) > 0.35 * top:
                high.append(change[row, column])
            elif values is not None and max(values) < 0.2 * top:
                low.append(change[row, column])
    assert min(len(high), len(low)) > 20
    assert np.mean(np.array(high) > 20) > 0.8
    assert max(low) == 0


def test_a_folder_without_result_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run_bundle(tmp_path)
    assert done.returncode == 2
    assert "result.json" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_an_earlier_scene_as_it_was(output: Path) -> None:
    (output / "scene.mrb").write_bytes(b"earlier")
    (output / "segmentation.nii.gz").write_bytes(b"damaged")
    done = run_bundle(output)
    assert done.returncode == 2
    assert "segmentation" in done.stderr
    assert (output / "scene.mrb").read_bytes() == b"earlier"
    assert not list(output.glob(".partial-*"))
