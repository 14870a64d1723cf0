"""Every tab of the results on a real scene: what is shown, and what the buttons do to the nodes."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.event_loop import until

from GliomaRadiomicsLib.scene.restore import find_result
from GliomaRadiomicsLib.scene.views import add_view_nodes
from GliomaRadiomicsLib.scene.volumes import image_array, volume_from_node
from GliomaRadiomicsLib.scene.writer import write_result


@pytest.fixture(scope="session")
def survival() -> dict[str, Any]:
    from support.full_result import predicted_survival

    return predicted_survival()


@pytest.fixture
def output(tmp_path: Path, survival: dict[str, Any]) -> Path:
    from support.full_result import write_full_output

    return write_full_output(tmp_path / "out", survival)


@pytest.fixture
def shown(widget: Any, scene: Any, output: Path) -> Any:
    """The panel with a result, and slice views in the scene."""
    add_view_nodes(scene)
    nodes = write_result(output, patient="Case A", scene=scene)
    widget.panel.show_new(nodes, "Case A", output)
    return widget


def cells(table: Any) -> list[list[str]]:
    rows, columns = range(table.rowCount), range(table.columnCount)
    return [[table.item(row, column).text().replace("\u200b", "") for column in columns] for row in rows]


def composites(scene: Any) -> list[Any]:
    count = scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")
    return [scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode") for index in range(count)]


def erase(node: Any, segment: str) -> None:
    """Take a segment's voxels away, as the Segment Editor does."""
    import slicer
    from slicer import vtkOrientedImageData

    image = vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment, image)
    image_array(image)[:] = 0
    slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(
        image, node, segment, slicer.vtkSlicerSegmentationsModuleLogic.MODE_REPLACE
    )


def test_opening_the_panel_imports_nothing_that_has_to_be_installed(module: Any) -> None:
    root = Path(module.__file__).parents[1]
    names = sorted((root / "GliomaRadiomicsLib" / "panel").glob("*.py"))
    assert len(names) > 10
    script = f"""
import sys
sys.path[:0] = [{str(root)!r}, {str(root / "Testing")!r}]
import slicer
from support import pyside_standin, slicer_base_stub
from GliomaRadiomicsLib.scene import headless
headless.boot(); pyside_standin.install(slicer); slicer_base_stub.install(slicer)
for name in {[path.stem for path in names]!r}:
    __import__("GliomaRadiomicsLib.panel." + name)
from GliomaRadiomicsLib.interface.models import model_rows
model_rows()
heavy = ("torch", "monai", "sklearn", "nibabel", "SimpleITK", "pandas", "matplotlib", "skimage", "lightning_fabric")
print([name for name in heavy if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip().endswith("[]")


def test_without_a_result_there_is_nothing_to_press(widget: Any) -> None:
    buttons = ["jump", "edit", "recompute", "survivalChart", "featureCopy", "openReport", "saveReport", "exportMrb"]
    assert not any(getattr(widget.ui, f"{name}Button").enabled for name in buttons)
    assert widget.ui.resultTabs.isHidden()
    assert widget.ui.summaryLabel.text == "No result yet."
    assert widget.ui.openReportButton.toolTip == "Run an analysis first."


def test_the_tabs_are_as_high_as_the_one_in_front(shown: Any) -> None:
    tabs = shown.ui.resultTabs
    tabs.currentIndex = 4
    settle()
    assert (shown.ui.featureTable.isHidden(), shown.ui.featureTable.parent().isHidden()) == (False, False)
    high = tabs.sizeHint().height()
    tabs.currentIndex = 5
    settle()
    assert tabs.sizeHint().height() < high


def test_tumour_rows_have_volumes_and_segments_to_hide(shown: Any) -> None:
    table, node = shown.ui.tumourTable, shown.panel.nodes.segmentationNode
    rows = cells(table)
    assert [row[0] for row in rows][:2] == ["Whole tumour", "Tumour core"]
    assert all(row[1].endswith(" ml") for row in rows)
    assert table.isColumnHidden(2)
    enhancing = next(index for index, row in enumerate(rows) if row[0] == "Enhancing tumour")
    import qt

    table.item(enhancing, 0).setCheckState(qt.Qt.Unchecked)
    assert not node.GetDisplayNode().GetSegmentVisibility("ET")
    assert node.GetDisplayNode().GetSegmentVisibility("ED")
    shown.ui.surfaceCheckBox.click()
    assert not node.GetDisplayNode().GetVisibility3D()


def test_jump_brings_every_slice_to_the_region(shown: Any, scene: Any) -> None:
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    red.JumpSliceByOffsetting(0.0, 0.0, -70.0)
    shown.ui.jumpButton.click()
    labels = volume_from_node(shown.panel.nodes.labelMapNode)
    inside = np.argwhere(labels.array > 0)
    centre = (labels.affine @ [*inside.mean(axis=0), 1.0])[:3]
    assert abs(red.GetSliceToRAS().GetElement(2, 3) - centre[2]) < 3.0


def test_an_edited_outline_can_be_computed_again_and_is_compared(
    shown: Any, scene: Any, worker: Any, errors: list[str], output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.pipeline.job import Job

    jobs: list[dict[str, Any]] = []
    start_job = Job.start
    monkeypatch.setattr(Job, "start", lambda job, told: (jobs.append(told), start_job(job, told))[1])
    assert not shown.ui.recomputeButton.enabled
    assert "Edit the outline first" in shown.ui.recomputeButton.toolTip
    shown.exit()
    erase(shown.panel.nodes.segmentationNode, "ET")
    shown.enter()
    assert shown.ui.recomputeButton.enabled
    worker("succeed")
    shown.ui.recomputeButton.click()
    assert errors == []
    until(lambda: not shown.panel.run.is_running)
    assert errors == []
    assert jobs[0]["mask"] is not None
    assert jobs[0]["reuse"] == str(output)
    assert jobs[0]["clinical"]["age"] == shown.panel.before.inputs.get("clinical", {}).get("age")
    assert not shown.ui.tumourTable.isColumnHidden(2)
    assert "from" in cells(shown.ui.tumourTable)[0][2]
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1
    assert shown.panel.patient == "Case A"


def test_systems_stand_side_by_side_and_the_absent_ones_say_why(shown: Any) -> None:
    rows = cells(shown.ui.gradeTable)
    assert len(rows) == 4
    by_name = {row[0]: row for row in rows}
    predicted = [row for row in rows if row[1] != "–"]
    assert [row[1] for row in predicted] == ["0.90", "0.20"]
    assert all(row[3] == "! Caution" for row in predicted)
    assert len(by_name) == 4
    shown.ui.gradeTable.selectRow(1)
    assert "no model of this system is installed" in shown.ui.gradeDetailLabel.text
    shown.ui.gradeTable.selectRow(0)
    assert "AUC" in shown.ui.gradeDetailLabel.text
    assert "+0.70  Enhancing volume: 18.1 ml" in shown.ui.gradeDetailLabel.text


def test_the_heat_map_follows_its_selector_and_sliders(shown: Any, scene: Any) -> None:
    ui, nodes = shown.ui, shown.panel.nodes
    assert not ui.opacitySlider.enabled
    ui.heatmapComboBox.currentIndex = 2
    lgg = nodes.heatmapNodes["cnn_grading/gradcam/lgg"]
    assert {one.GetForegroundVolumeID() for one in composites(scene)} == {lgg.GetID()}
    ui.opacitySlider.value = 40.0
    ui.thresholdSlider.value = 50.0
    assert {round(one.GetForegroundOpacity(), 3) for one in composites(scene)} == {0.4}
    display = lgg.GetDisplayNode()
    assert display.GetApplyThreshold()
    assert display.GetLowerThreshold() == pytest.approx(0.5 * display.GetWindowLevelMax())
    assert "80 %" in ui.heatMapNotesLabel.text
    ui.heatmapComboBox.currentIndex = 0
    assert {one.GetForegroundOpacity() for one in composites(scene)} == {0.0}


def test_an_abstention_has_no_number(shown: Any) -> None:
    rows = cells(shown.ui.molecularTable)
    assert [row[1] for row in rows] == ["0.11", "no prediction"]
    shown.ui.molecularTable.selectRow(1)
    assert "invented" in shown.ui.molecularNotesLabel.text


def test_survival_has_a_chart_with_the_patient_among_the_groups(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from GliomaRadiomicsLib.panel import survival_tab

    assert "Risk group" in shown.ui.survivalLabel.text
    assert "months" in shown.ui.survivalLabel.text
    assert len(cells(shown.ui.survivalTable)) == 3
    chart = shown.panel.nodes.survivalChartNode
    names = [chart.GetNthPlotSeriesNode(i).GetName() for i in range(chart.GetNumberOfPlotSeriesNodes())]
    assert sum(name.startswith("Training patients") for name in names) == 2
    assert any(name.startswith("This patient") for name in names)
    assert "years" in chart.GetXAxisTitle()
    opened: list[Any] = []
    monkeypatch.setattr(survival_tab, "show_chart", opened.append)
    shown.ui.survivalChartButton.click()
    assert opened == [chart]


def test_moving_the_nomogram_moves_points_probabilities_and_chart_at_once(shown: Any) -> None:
    box = shown.panel._parts[8]._nomogram  # the tab's own
    age = box._inputs["age"]
    chart = shown.panel.nodes.nomogramChartNode
    before = shown.ui.nomogramLabel.text, cells(shown.ui.nomogramTable), chart_values(chart)
    began = time.perf_counter()
    age.value = age.value + 20
    took = time.perf_counter() - began
    after = shown.ui.nomogramLabel.text, cells(shown.ui.nomogramTable), chart_values(chart)
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert took < 0.1
    shown.ui.nomogramResetButton.click()
    assert shown.ui.nomogramLabel.text == before[0]


def chart_values(chart: Any) -> list[float]:
    values = []
    for index in range(chart.GetNumberOfPlotSeriesNodes()):
        table = chart.GetNthPlotSeriesNode(index).GetTableNode().GetTable()
        values += [table.GetColumn(1).GetValue(row) for row in range(table.GetNumberOfRows())]
    return values


def test_features_are_filtered_copied_and_saved(shown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import qt

    ui = shown.ui
    assert len(cells(ui.featureTable)) == 2
    ui.featureTextEdit.text = "mean"
    assert [row[2] for row in cells(ui.featureTable)] == ["firstorder_mean"]
    assert "1 of 2" in ui.featureCountLabel.text
    ui.featureCopyButton.click()
    assert "firstorder_mean\t" in qt.QApplication.clipboard().text()
    target = tmp_path / "mine.csv"
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    ui.featureCsvButton.click()
    assert target.read_text().splitlines()[1].startswith("t1ce,ET,firstorder_mean,321.5")
    assert len(target.read_text().splitlines()) == 2


def test_report_is_opened_and_saved_and_the_scene_saved(
    shown: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt

    opened: list[Any] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", opened.append)
    shown.ui.openReportButton.click()
    assert opened[0].toLocalFile().endswith("report.html")
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "copy.html"), ""))
    shown.ui.saveReportButton.click()
    assert "the report" in (tmp_path / "copy.html").read_text()
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "all"), ""))
    shown.ui.exportMrbButton.click()
    assert errors == []
    assert (tmp_path / "all.mrb").stat().st_size > 1000
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "such.html"), ""))
    shown.ui.saveReportButton.click()
    assert len(errors) == 1


def settle() -> None:
    """Let the event loop do what waits for its next turn."""
    from PySide6.QtCore import QCoreApplication

    for _ in range(3):
        QCoreApplication.processEvents()


def paths_in(bundle: Path, folder: Path) -> list[str]:
    """Files of a scene bundle that name a folder of this machine."""
    with zipfile.ZipFile(bundle) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    return [name for name, content in contents.items() if str(folder).encode() in content or b"/tmp/" in content]


def test_the_report_beside_a_scene_file_is_found_on_another_machine(
    shown: Any, scene: Any, output: Path, tmp_path: Path
) -> None:
    import slicer

    from GliomaRadiomicsLib.scene.bundle import save_scene

    save_scene(scene, output / "scene.mrb")
    scene.Clear(False)
    slicer.app.userSettings().clear()
    moved = output.rename(tmp_path / "moved")
    assert scene.ReadFromMRB(str(moved / "scene.mrb"), True)
    until(lambda: shown.panel.output_folder == moved)
    assert shown.ui.openReportButton.enabled
    scene.Clear(False)
    (moved / "result.json").write_text("{}")
    assert scene.ReadFromMRB(str(moved / "scene.mrb"), True)
    settle()
    assert shown.panel.output_folder is None
    assert not shown.ui.openReportButton.enabled


def test_an_outline_without_any_voxel_is_not_computed_again(shown: Any) -> None:
    shown.exit()
    for segment in ("NCR_NET", "ED", "ET"):
        erase(shown.panel.nodes.segmentationNode, segment)
    shown.enter()
    assert not shown.ui.recomputeButton.enabled
    assert "empty" in shown.ui.recomputeButton.toolTip


def test_a_saved_scene_brings_choices_and_result_back(
    shown: Any, scene: Any, output: Path, tmp_path: Path, errors: list[str]
) -> None:
    from GliomaRadiomicsLib.scene.bundle import save_scene

    shown.ui.ageSpinBox.value = 61
    shown.ui.step_featuresCheckBox.checked = False
    shown.ui.t1ceSelector.setCurrentNode(shown.panel.nodes.volumeNodes["t1ce"])
    shown.ui.heatmapComboBox.currentIndex = 1
    save_scene(scene, tmp_path / "saved.mrb")
    assert not paths_in(tmp_path / "saved.mrb", tmp_path)
    scene.Clear(False)
    assert shown.ui.summaryLabel.text == "No result yet."
    assert not shown.ui.jumpButton.enabled
    assert scene.ReadFromMRB(str(tmp_path / "saved.mrb"), True)
    ui = shown.ui
    assert (ui.ageSpinBox.value, ui.step_featuresCheckBox.checked) == (61, False)
    assert ui.t1ceSelector.currentNode().GetName() == "Case A T1ce"
    assert ui.heatmapComboBox.currentIndex == 1
    assert cells(ui.gradeTable)[0][1] == "0.90"
    assert len(cells(ui.featureTable)) == 2
    assert ui.jumpButton.enabled
    assert ui.openReportButton.enabled
    assert find_result(scene, "Case A").survivalChartNode is not None
    (output / "report.html").unlink()
    shown.exit()
    shown.enter()
    assert not ui.openReportButton.enabled
    assert "gone; run again" in ui.openReportButton.toolTip
    assert errors == []


def test_the_result_of_another_patient_can_be_chosen(shown: Any, scene: Any, output: Path) -> None:
    assert shown.ui.resultChoice.isHidden()
    shown.panel.show_new(write_result(output, patient="Case B", scene=scene), "Case B", output)
    box = shown.ui.resultComboBox
    assert (box.count, box.currentText) == (2, "Case B")
    box.currentIndex = 0
    assert shown.panel.patient == "Case A"
    assert shown.panel.nodes.segmentationNode.GetName() == "Case A segmentation"


def test_editing_opens_the_segment_editor_on_the_outline(
    shown: Any, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    import slicer

    told: dict[str, Any] = {}
    editor = SimpleNamespace(
        setSegmentationNode=lambda node: told.update(segmentation=node),
        setSourceVolumeNode=lambda node: told.update(image=node),
    )
    monkeypatch.setattr(slicer.modules, "SegmentEditorWidget", SimpleNamespace(editor=editor), raising=False)
    monkeypatch.setattr(slicer.util, "selectModule", lambda name: told.update(module=name), raising=False)
    shown.ui.editButton.click()
    assert errors == []
    assert told["module"] == "SegmentEditor"
    assert told["segmentation"] is shown.panel.nodes.segmentationNode
    assert told["image"] is shown.panel.nodes.volumeNodes["t1ce"]
