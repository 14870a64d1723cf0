"""Inputs, check, run and models on a real scene; the worker is played by a script."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.event_loop import until

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.scene.volumes import node_from_volume

NAMES = {"t1": "ax T1 pre", "t1ce": "ax T1 post Gd", "t2": "T2 TSE", "flair": "FLAIR tra"}


def image(shift: float = 0.0) -> Volume:
    return Volume(np.random.default_rng(1).normal(100 + shift, 20, (8, 8, 6)).astype(np.float32), np.eye(4))


def selected(widget: Any) -> dict[str, str | None]:
    nodes = widget.panel.volume_nodes()
    return {role: node.GetName() if node is not None else None for role, node in nodes.items()}


def press_folder(monkeypatch: pytest.MonkeyPatch, widget: Any, folder: Path) -> None:
    import qt

    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    widget.ui.loadFolderButton.click()


def test_selectors_fill_themselves_when_images_are_loaded(widget: Any, scene: Any) -> None:
    for name in (*NAMES.values(), "localizer"):
        node_from_volume(scene, image(), name)
    until(lambda: all(selected(widget).values()))
    assert selected(widget) == NAMES


def test_a_choice_made_by_hand_stays_and_the_button_fills_anew(widget: Any, scene: Any) -> None:
    mine = node_from_volume(scene, image(), "mine")
    widget.ui.t1Selector.setCurrentNode(mine)
    for name in NAMES.values():
        node_from_volume(scene, image(), name)
    until(lambda: all(selected(widget).values()))
    assert selected(widget)["t1"] == "mine"
    widget.ui.recogniseButton.click()
    assert selected(widget) == NAMES


def test_images_whose_names_tell_nothing_are_left_to_the_user(widget: Any, scene: Any) -> None:
    node_from_volume(scene, image(), "Volume_1")
    widget.ui.recogniseButton.click()
    assert not any(selected(widget).values())
    assert "by hand" in widget.ui.inputsHint.text


def test_a_folder_is_loaded_into_the_selectors(
    widget: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("t1", "t1ce", "flair")):
        write_volume(image(number), tmp_path / f"case_{name}.nii.gz")
    press_folder(monkeypatch, widget, tmp_path)
    assert errors == []
    assert selected(widget) == {"t1": "T1", "t1ce": "T1ce", "t2": None, "flair": "FLAIR"}
    assert widget.ui.runButton.enabled


def test_a_folder_is_loaded_without_pytorch_and_a_run_says_how_to_get_it(
    widget: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.core.errors import RefusedInput
    from GliomaRadiomicsLib.panel import packages

    def absent() -> None:
        raise RefusedInput(what="PyTorch is missing", remedy="install the extension PyTorch")

    monkeypatch.setattr(packages, "_ensure_torch", absent)
    write_volume(image(), tmp_path / "case_t1.nii.gz")
    press_folder(monkeypatch, widget, tmp_path)
    assert errors == []
    assert selected(widget)["t1"] == "T1"
    widget.ui.runButton.click()
    assert len(errors) == 1
    assert "install the extension PyTorch" in errors[0]
    assert not widget.panel.run.is_running


def test_a_folder_without_images_is_refused_with_a_remedy(
    widget: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    press_folder(monkeypatch, widget, tmp_path)
    assert len(errors) == 1
    assert "NAME_t1.nii.gz" in errors[0]
    press_folder(monkeypatch, widget, Path())
    assert len(errors) == 2


def test_nothing_selected_in_the_dicom_browser_opens_it(widget: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer

    opened: list[str] = []
    monkeypatch.setattr(slicer.util, "selectModule", opened.append, raising=False)
    widget.ui.loadDicomButton.click()
    assert opened == ["DICOM"]
    assert "DICOM browser" in widget.ui.inputsHint.text


def select_series(monkeypatch: pytest.MonkeyPatch, nodes: list[Any]) -> list[Any]:
    """The DICOM browser with two series selected, which give these nodes; returns what is asked to be loaded."""
    import slicer

    manager = SimpleNamespace(currentSeriesSelection=lambda: ("1.2.1", "1.2.2"))
    browser = SimpleNamespace(dicomBrowser=SimpleNamespace(dicomTableManager=lambda: manager))
    monkeypatch.setattr(slicer.modules, "DICOMWidget", SimpleNamespace(browserWidget=browser), raising=False)
    asked: list[Any] = []

    def load(uids: list[str]) -> list[str]:
        asked.append(uids)
        return [node.GetID() for node in nodes]

    monkeypatch.setitem(sys.modules, "DICOMLib", SimpleNamespace(DICOMUtils=SimpleNamespace(loadSeriesByUID=load)))
    return asked


def test_series_selected_in_the_dicom_browser_are_loaded_into_the_selectors(
    widget: Any, scene: Any, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [node_from_volume(scene, image(number), name) for number, name in enumerate(("FLAIR tra", "T1 post Gd"))]
    asked = select_series(monkeypatch, named)
    widget.ui.loadDicomButton.click()
    assert asked == [["1.2.1", "1.2.2"]]
    assert (selected(widget)["flair"], selected(widget)["t1ce"]) == ("FLAIR tra", "T1 post Gd")
    assert widget.ui.inputsHint.isHidden()
    assert errors == []
    assert "DICOM browser" in widget.ui.loadDicomButton.toolTip


def test_series_that_are_no_images_are_refused_and_unnamed_ones_are_left_to_the_user(
    widget: Any, scene: Any, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    select_series(monkeypatch, [scene.AddNewNodeByClass("vtkMRMLTextNode", "report")])
    widget.ui.loadDicomButton.click()
    assert len(errors) == 1
    assert "select other series" in errors[0]
    select_series(monkeypatch, [node_from_volume(scene, image(), "Series 4")])
    widget.ui.loadDicomButton.click()
    assert "by hand" in widget.ui.inputsHint.text
    assert len(errors) == 1


def test_findings_are_shown_gravest_first_and_mended(widget: Any, scene: Any, errors: list[str]) -> None:
    for role in ("t1", "t1ce"):
        getattr(widget.ui, f"{role}Selector").setCurrentNode(node_from_volume(scene, image(), f"as {role}"))
    swapped = "T1ce and T1 seem to be swapped; check the selectors"
    widget.panel.check.show_findings(
        [Finding("sizes", "ok", "sizes are plausible"), Finding("sequences-swapped", "warning", swapped)]
    )
    table = widget.ui.checkTable
    assert [table.item(row, 0).text() for row in range(3)] == ["Look at this", "", "Fine"]
    assert table.columnSpan(1, 0) == table.columnCount == 3
    table.cellWidget(1, 0).click()
    assert (selected(widget)["t1"], selected(widget)["t1ce"]) == ("as t1ce", "as t1")
    assert "check again" in widget.ui.checkSummaryLabel.text
    assert errors == []


def test_the_check_runs_in_the_worker(
    widget: Any, scene: Any, worker: Any, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not widget.ui.checkButton.enabled
    widget.ui.t1Selector.setCurrentNode(node_from_volume(scene, image(), "one"))
    worker("check")
    widget.ui.checkButton.click()
    assert widget.panel.run.is_running
    assert not widget.ui.runButton.enabled
    until(lambda: not widget.panel.run.is_running)
    assert errors == []
    assert widget.ui.checkTable.item(0, 2).text() == "Nothing to see here."


def test_a_worker_is_started_ahead_once_there_is_an_image(widget: Any, scene: Any, spares: list[Any]) -> None:
    assert spares == []
    widget.ui.t1Selector.setCurrentNode(node_from_volume(scene, image(), "one"))
    widget.ui.ageSpinBox.value = 50
    assert len(spares) == 1
    assert widget.logic.workerOptions() == {"spare": spares[0]}


def test_choices_of_the_panel_reach_the_worker(
    widget: Any, scene: Any, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.pipeline.job import Job

    jobs: list[dict[str, Any]] = []
    start = Job.start
    monkeypatch.setattr(Job, "start", lambda job, told: (jobs.append(told), start(job, told))[1])
    widget.ui.t1Selector.setCurrentNode(node_from_volume(scene, image(), "one"))
    widget.ui.step_gradingCheckBox.checked = False
    widget.ui.deviceComboBox.currentIndex = 1
    widget.ui.normalisationComboBox.currentIndex = 2
    widget.ui.kpsSpinBox.value = 80
    widget.ui.gradeComboBox.currentIndex = 3
    worker("succeed")
    widget.ui.runButton.click()
    until(lambda: not widget.panel.run.is_running)
    job = jobs[0]
    assert job["steps"] == ["segmentation", "features", "report"]
    assert (job["device"], job["normalisation"]) == ("cpu", "white-stripe")
    assert (job["clinical"]["kps"], job["clinical"]["grade"], job["clinical"]["age"]) == (80, 4, None)


def test_features_without_an_outline_cannot_be_run(widget: Any, scene: Any) -> None:
    widget.ui.t1Selector.setCurrentNode(node_from_volume(scene, image(), "one"))
    widget.ui.step_segmentationCheckBox.checked = False
    assert not widget.ui.runButton.enabled
    assert "outline" in widget.ui.runButton.toolTip


def test_models_are_listed_with_their_cards_and_imported(
    widget: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt

    from GliomaRadiomicsLib.models.store import STARTER_FOLDER
    from GliomaRadiomicsLib.panel import packages

    ui = widget.ui
    names = [ui.modelTable.item(row, 0).text().replace("\u200b", "") for row in range(ui.modelTable.rowCount)]
    assert "volumetric_grading" in names
    assert not ui.verifyModelButton.enabled
    ui.modelTable.selectRow(names.index("volumetric_grading"))
    assert "volumetric_grading" in ui.modelCardBrowser.toPlainText()
    ui.verifyModelButton.click()
    assert "as its metadata says" in ui.modelStateLabel.text
    shutil.copytree(STARTER_FOLDER / "volumetric_grading", tmp_path / "copy")
    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "copy"))
    monkeypatch.setattr(packages, "ensure_packages", lambda *_, **__: None)
    ui.importFolderButton.click()
    assert widget.panel.models.is_running
    assert not ui.runButton.enabled
    until(lambda: not widget.panel.models.is_running, 120)
    assert errors == []
    assert ui.modelTable.rowCount == len(names) + 1
    box = widget.panel.run._model_boxes["volumetric_grading"]
    box.currentIndex = 1
    assert widget.panel.parameters.models == {"volumetric_grading": "user/volumetric_grading"}
    chosen = widget.panel.run.values()["models"]
    assert Path(chosen["volumetric_grading"]).parent == tmp_path / "models"
    metadata = Path(chosen["volumetric_grading"]) / "metadata.json"
    metadata.chmod(0o644)
    metadata.write_text(json.dumps({"name": "broken"}))
    ui.importFolderButton.click()
    until(lambda: not widget.panel.models.is_running, 120)
    assert len(errors) == 1
    assert "already there" in errors[0]


def test_a_model_of_a_loaded_scene_that_is_not_installed_is_told(widget: Any, scene: Any, worker: Any) -> None:
    widget.ui.t1Selector.setCurrentNode(node_from_volume(scene, image(), "one"))
    widget.panel.parameters.models = {"volumetric_grading": "user/theirs"}
    worker("succeed")
    widget.ui.runButton.click()
    assert "user/theirs is not installed here" in widget.ui.logText.plainText
    until(lambda: not widget.panel.run.is_running)
    assert widget.panel.run.values()["models"] == {}


def fill_training(widget: Any, folder: Path, system: str) -> None:
    ui = widget.ui
    values = [ui.trainSystemComboBox.itemData(index) for index in range(ui.trainSystemComboBox.count)]
    assert not ui.trainButton.enabled
    ui.trainSystemComboBox.currentIndex = values.index(system)
    assert ui.trainNameEdit.text == f"my_{system}"
    ui.trainCohortEdit.text = str(folder / "COHORT.csv")
    ui.trainOutEdit.text = str(folder)
    assert ui.trainButton.enabled


def test_a_training_is_followed_and_can_be_cancelled(
    widget: Any, worker: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ui = widget.ui
    fill_training(widget, tmp_path, "volumetric_grading")
    worker("hang")
    monkeypatch.setenv("FAKE_JOB", str(tmp_path / "job.json"))
    ui.trainButton.click()
    until(lambda: ui.modelProgressBar.value == 25)
    assert "aligning" in ui.modelEtaLabel.text
    assert (ui.trainButton.enabled, ui.modelCancelButton.enabled, ui.cancelButton.enabled) == (False, True, False)
    job = json.loads((tmp_path / "job.json").read_text())
    assert (job["command"], job["system"], job["config"]) == ("train", "volumetric_grading", None)
    assert Path(job["out"]) == tmp_path / "my_volumetric_grading"
    ui.modelCancelButton.click()
    until(lambda: not widget.panel.models.is_running)
    assert errors == []
    assert ui.trainButton.enabled
    worker("succeed")
    ui.trainButton.click()
    until(lambda: not widget.panel.models.is_running)
    assert "Trained: my_volumetric_grading" in ui.modelStateLabel.text
    assert "a library says hello" in ui.modelLogText.plainText


def test_a_cohort_of_one_class_is_refused_with_a_remedy(
    widget: Any, tmp_path: Path, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.output_folder import invented_patient

    from GliomaRadiomicsLib.imaging.files import write_label_map
    from GliomaRadiomicsLib.panel import packages

    monkeypatch.setattr(packages, "ensure_packages", lambda *_, **__: None)
    sequences, labels, _ = invented_patient()
    write_volume(sequences["t1ce"], tmp_path / "t1ce.nii")
    write_label_map(labels, tmp_path / "seg.nii")
    lines = [f"P{number},t1ce.nii,seg.nii,4" for number in range(6)]
    (tmp_path / "COHORT.csv").write_text("\n".join(["case,t1ce,seg,grade", *lines]))
    fill_training(widget, tmp_path, "volumetric_grading")
    widget.ui.trainButton.click()
    until(lambda: not widget.panel.models.is_running, 120)
    assert len(errors) == 1
    assert "0 of grade 2/3" in errors[0]
    assert "add patients" in errors[0]
    assert not (tmp_path / "my_volumetric_grading").exists()
    assert widget.ui.trainButton.enabled
