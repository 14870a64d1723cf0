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
    until(lambda: len(section.rows) == 2 and not widget.panel.run.is_running, 60)
    assert errors == []
    assert [ui.cohortTable.item(row, 0).text() for row in range(2)] == ["A", "B"]
    assert "image is constant" in ui.cohortTable.item(1, 6).text()
    assert ui.cohortStateLabel.text == "Patients: 1 done, 1 cannot be used."
    assert "2/2 B: refused: t1: image is constant" in ui.logText.plainText
    ui.cohortTable.selectRow(1)
    assert not ui.cohortShowButton.enabled
    ui.cohortTable.selectRow(0)
    assert (ui.cohortShowButton.enabled, ui.cohortReportButton.enabled) == (True, False)
    ui.cohortShowButton.click()
    assert errors == []
    assert (widget.panel.patient, widget.panel.output_folder) == ("A", tmp_path / "out" / "A")
    assert widget.panel.nodes.segmentationNode.GetSegmentation().GetNumberOfSegments() == 3
