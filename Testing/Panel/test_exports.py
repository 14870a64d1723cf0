"""DICOM exports from the tab Report: the series is known or asked for, the worker writes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pydicom
import pytest
from support.event_loop import until
from support.finished_result import Finished, make_finished

from GliomaRadiomicsLib.scene.writer import write_result

pytest.importorskip("highdicom", reason='SKIPPED: needs highdicom, pip install "glioma-radiomics[dicom]"')

BUTTONS = ("exportSegButton", "exportSrButton", "exportRtstructButton")


@pytest.fixture
def done(tmp_path: Path) -> Finished:
    return make_finished(tmp_path / "patient")


@pytest.fixture
def shown(widget: Any, scene: Any, done: Finished, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The panel with a result, and a worker of this library."""
    from GliomaRadiomicsLib.panel import packages

    monkeypatch.setattr(packages, "ensure_packages", lambda _requirements, **_: None)
    widget.panel.show_new(write_result(done.out, patient="Case A", scene=scene), "Case A", done.out)
    return widget


@pytest.fixture
def dialogs(done: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the file dialogs answer; ``asked`` counts those for the series."""
    import qt

    answers = SimpleNamespace(series=str(done.dicom), out=str(tmp_path / "out.dcm"), asked=0)

    def series(*_: Any) -> str:
        answers.asked += 1
        return answers.series

    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", series)
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: (answers.out, ""))
    return answers


def press(widget: Any, name: str) -> None:
    getattr(widget.ui, name).click()
    until(lambda: not widget.panel.report.is_running, 120)


def test_without_a_result_nothing_can_be_exported(widget: Any) -> None:
    for name in BUTTONS:
        button = getattr(widget.ui, name)
        assert not button.enabled
        assert button.toolTip == "Run an analysis first."


def test_every_kind_is_exported_and_the_series_asked_for_once(
    shown: Any, dialogs: SimpleNamespace, tmp_path: Path, errors: list[str]
) -> None:
    found = []
    for name in BUTTONS:
        dialogs.out = str(tmp_path / f"{name}.dcm")
        press(shown, name)
        assert errors == []
        found.append(pydicom.dcmread(dialogs.out).Modality)
    assert (found, dialogs.asked) == (["SEG", "SR", "RTSTRUCT"], 1)
    assert "Exported." in shown.ui.exportEtaLabel.text
    assert "carry its patient's name" in shown.ui.exportHelpLabel.text


def test_while_an_export_is_written_no_run_can_begin(
    shown: Any, dialogs: SimpleNamespace, worker: Any, errors: list[str]
) -> None:
    worker("hang")
    shown.ui.exportSegButton.click()
    assert shown.panel.report.is_running
    assert shown.panel.state.running
    assert not shown.ui.exportRtstructButton.enabled
    shown.ui.exportCancelButton.click()
    until(lambda: not shown.panel.report.is_running)
    assert errors == []
    assert "nothing was exported" in shown.ui.exportEtaLabel.text
    assert not Path(dialogs.out).exists()
    assert shown.ui.exportRtstructButton.enabled


def test_a_wrong_folder_is_refused_and_asked_for_again(
    shown: Any, dialogs: SimpleNamespace, done: Finished, errors: list[str]
) -> None:
    dialogs.series = str(done.out)
    press(shown, "exportRtstructButton")
    assert len(errors) == 1
    assert "no DICOM image in this folder" in errors[0]
    dialogs.series = str(done.dicom)
    press(shown, "exportRtstructButton")
    assert (len(errors), dialogs.asked) == (1, 2)


def test_the_series_of_a_volume_from_the_dicom_database_is_known(
    shown: Any, dialogs: SimpleNamespace, done: Finished, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    files = {pydicom.dcmread(path).SOPInstanceUID: str(path) for path in (done.dicom / "t1ce").iterdir()}
    shown.panel.nodes.volumeNodes["t1ce"].SetAttribute("DICOM.instanceUIDs", " ".join(files))
    database = SimpleNamespace(fileForInstance=lambda uid: files[uid])
    monkeypatch.setitem(vars(slicer), "dicomDatabase", database)
    press(shown, "exportSegButton")
    assert (errors, dialogs.asked) == ([], 0)
    assert pydicom.dcmread(dialogs.out).PatientID == "QZ774411"


def test_a_result_whose_files_are_gone_says_so(shown: Any, done: Finished) -> None:
    import shutil

    shutil.rmtree(done.out)
    shown.exit()
    shown.enter()
    assert not shown.ui.exportSegButton.enabled
    assert "gone; run again" in shown.ui.exportSegButton.toolTip
