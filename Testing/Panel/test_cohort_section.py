"""The section Cohort: choosing, running, listing, and one patient into the scene; the worker is played by a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from support.event_loop import until

FAKE = Path(__file__).resolve().parents[1] / "support" / "fake_cohort.py"


def choose(widget: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import qt

    (tmp_path / "COHORT.csv").write_text("case,t1\nA,a.nii\nB,b.nii\n")
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: str(tmp_path / "COHORT.csv"))
    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "out"))
    widget.ui.cohortButton.click()
    widget.ui.cohortOutButton.click()


def test_nothing_can_be_run_before_both_are_chosen(
    widget: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui = widget.ui
    assert not ui.runCohortButton.enabled
    assert "Choose a table" in ui.runCohortButton.toolTip
    choose(widget, tmp_path, monkeypatch)
    assert ui.runCohortButton.enabled
    assert not ui.cohortShowButton.enabled


def test_a_run_lists_who_is_done_and_who_is_not(
    widget: Any, worker: Any, module: Any, errors: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui, section = widget.ui, widget.panel.cohort
    options = {"command": [sys.executable, str(FAKE)], "environment": {"FAKE_OUTPUT": str(tmp_path / "finished")}}
    monkeypatch.setattr(module.GliomaRadiomicsLogic, "jobOptions", options)
    choose(widget, tmp_path, monkeypatch)
    ui.runCohortButton.click()
    assert not ui.runCohortButton.enabled
    until(lambda: len(section.rows) == 2 and not section.is_running, 60)
    assert errors == []
    assert [ui.cohortTable.item(row, 0).text() for row in range(2)] == ["A", "B"]
    assert "image is constant" in ui.cohortTable.item(1, 2).text()
    assert "whole tumour 12.5 ml" in ui.cohortTable.item(0, 2).text()
    assert ui.cohortStateLabel.text == "Patients: 1 done, 1 cannot be used."
    assert "2/2 B: refused: t1: image is constant" in ui.cohortLogText.plainText
    assert "Every patient has ended" in ui.cohortEtaLabel.text
    ui.cohortTable.selectRow(1)
    assert not ui.cohortShowButton.enabled
    ui.cohortTable.selectRow(0)
    assert (ui.cohortShowButton.enabled, ui.cohortReportButton.enabled) == (True, False)
    ui.cohortShowButton.click()
    assert not ui.cohortShowButton.enabled
    until(lambda: not section.is_running)
    assert errors == []
    assert "Loaded" in ui.cohortEtaLabel.text
    assert (widget.panel.patient, widget.panel.output_folder) == ("A", tmp_path / "out" / "A")
    assert widget.panel.nodes.segmentationNode.GetSegmentation().GetNumberOfSegments() == 3


def names(scene: Any) -> list[str]:
    """Of all nodes but the one that every scene of the desktop program has from the start."""
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return [node.GetName() for node in nodes if not node.IsA("vtkMRMLSubjectHierarchyNode")]


@pytest.fixture
def done(widget: Any, module: Any, worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The section with a cohort that has ended, its first patient chosen."""
    worker("succeed")
    options = {"command": [sys.executable, str(FAKE)], "environment": {"FAKE_OUTPUT": str(tmp_path / "finished")}}
    monkeypatch.setattr(module.GliomaRadiomicsLogic, "jobOptions", options)
    choose(widget, tmp_path, monkeypatch)
    widget.ui.runCohortButton.click()
    until(lambda: not widget.panel.cohort.is_running, 60)
    widget.ui.cohortTable.selectRow(0)
    return widget


def test_a_cancelled_cohort_keeps_who_is_done(
    widget: Any, module: Any, worker: Any, errors: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui, section = widget.ui, widget.panel.cohort
    worker("hang")
    options = module.GliomaRadiomicsLogic.jobOptions
    command = {"command": [sys.executable, str(FAKE)], "environment": {**options["environment"], "FAKE_THEN": "hang"}}
    monkeypatch.setattr(module.GliomaRadiomicsLogic, "jobOptions", command)
    choose(widget, tmp_path, monkeypatch)
    ui.runCohortButton.click()
    until(lambda: len(section.rows) == 2, 60)
    assert (ui.cohortCancelButton.enabled, ui.cancelButton.enabled, ui.runButton.enabled) == (True, False, False)
    assert "are kept" in ui.cohortCancelButton.toolTip
    ui.cohortCancelButton.click()
    until(lambda: not section.is_running)
    assert errors == []
    assert ui.cohortEtaLabel.text == "Cancelled; patients who are done are kept."
    assert [row.status for row in section.rows] == ["done", "refused"]
    assert ui.runCohortButton.enabled


def test_showing_a_patient_gives_way_between_short_steps(done: Any, scene: Any, errors: list[str]) -> None:
    """Between two steps the program goes on; cancelled there, nothing stays."""
    from PySide6.QtCore import QCoreApplication

    ui, control = done.ui, done.panel.cohort.control
    turns: list[str] = []
    ui.cohortShowButton.click()
    before = names(scene)
    while not scene.GetFirstNodeByName("A segmentation"):
        QCoreApplication.processEvents()
        turns.append(ui.cohortEtaLabel.text)
    assert any("T1ce" in text for text in turns)
    assert control.is_running
    ui.cohortCancelButton.click()
    assert not control.is_running
    assert ui.cohortEtaLabel.text == "Cancelled; the scene is as it was."
    assert names(scene) == before
    assert errors == []


def test_a_patient_whose_files_are_gone_is_told(done: Any, tmp_path: Path, errors: list[str]) -> None:
    (tmp_path / "out" / "A" / "result.json").unlink()
    done.ui.cohortShowButton.click()
    until(lambda: not done.panel.cohort.is_running)
    assert len(errors) == 1
    assert "no result.json" in errors[0]
    assert done.ui.cohortShowButton.enabled


def test_the_outline_of_a_patient_who_was_loaded_is_not_computed_again_on_prepared_images(done: Any) -> None:
    done.ui.cohortShowButton.click()
    until(lambda: not done.panel.cohort.is_running)
    node = done.panel.nodes.segmentationNode
    node.GetSegmentation().RemoveSegment("ED")
    done.panel.refresh()
    assert done.panel.mask_edited
    assert not done.ui.recomputeButton.enabled
    assert "images" in done.ui.recomputeButton.toolTip
