"""The scripted module on the PySide6 stand-in and a real MRML scene; the worker is played by a script."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.event_loop import until

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.ownership import own_nodes
from GliomaRadiomicsLib.scene.volumes import node_from_volume


@pytest.fixture
def volumes(scene: Any) -> dict[str, Any]:
    array = np.random.default_rng(1).normal(100, 20, (12, 12, 8)).astype(np.float32)
    return {name: node_from_volume(scene, Volume(array + i, np.eye(4)), name) for i, name in enumerate(SEQUENCES)}


def add_outline(image: Any) -> Any:
    """A label map on the grid of an image: one part of each kind."""
    from GliomaRadiomicsLib.scene.volumes import volume_from_node

    labels = np.zeros(volume_from_node(image).shape, np.uint8)
    labels[2:8, 2:8, 2:6], labels[3:6, 3:6, 3:5], labels[4, 4, 4] = 2, 4, 1
    return node_from_volume(image.GetScene(), Volume(labels, np.eye(4)), "outline", label_map=True)


def start(widget: Any, volumes: dict[str, Any]) -> None:
    widget.ui.t1ceSelector.setCurrentNode(volumes["t1ce"])
    widget.ui.runButton.click()
    assert widget.panel.run.control.is_running


def test_layout_has_every_widget_bound_to_its_parameter(widget: Any) -> None:
    from GliomaRadiomicsLib.panel.parameters import FIELDS

    bound = {
        name: child.property("SlicerParameterName")
        for name, child in vars(widget.ui).items()
        if child.property("SlicerParameterName")
    }
    kinds = {"node": "Selector", "choice": "ComboBox", "flag": "CheckBox", "number": "SpinBox"}
    unbound = ("heatmap", "step_scene")
    expected = {f"{one.key}{kinds[one.kind]}": one.key for one in FIELDS if one.key not in unbound}
    sliders = {f"{key}Slider": key for key in ("opacity", "threshold")}
    assert bound == {name: key for name, key in expected.items() if key not in sliders.values()} | sliders
    assert "not a medical device" in widget.ui.noticeLabel.text.lower()
    assert widget.ui.logText.readOnly
    assert all(getattr(widget.ui, f"{name}Selector").mrmlScene() is not None for name in (*SEQUENCES, "mask"))


def test_fields_have_their_texts_units_and_ranges(widget: Any) -> None:
    age = widget.ui.ageSpinBox
    assert (age.minimum, age.maximum, age.suffix, age.text) == (-1, 120, " years", "not known")
    assert widget.ui.sexComboBox.currentText == "not known"
    assert widget.ui.resectionComboBox.itemText(1) == "gross total resection"
    assert widget.ui.opacitySlider.suffix == " %"
    assert "Karnofsky" in widget.ui.kpsSpinBox.toolTip
    buddies = [child for name, child in vars(widget.ui).items() if name in ("t1Label", "ageLabel")]
    assert all(label.buddy() is not None for label in buddies)


def test_run_needs_one_sequence(widget: Any, volumes: dict[str, Any]) -> None:
    assert not widget.ui.runButton.enabled
    assert "at least one" in widget.ui.runButton.toolTip
    widget.ui.flairSelector.setCurrentNode(volumes["flair"])
    assert widget.ui.runButton.enabled
    widget.ui.flairSelector.setCurrentNode(None)
    assert not widget.ui.runButton.enabled


def test_widgets_and_parameters_follow_each_other(widget: Any, module: Any, volumes: dict[str, Any]) -> None:
    parameters = module.GliomaRadiomicsLogic().getParameterNode()
    assert (parameters.age, parameters.sex) == (-1, "")
    widget.ui.ageSpinBox.value = 54
    widget.ui.sexComboBox.currentIndex = 1
    widget.ui.t2Selector.setCurrentNode(volumes["t2"])
    assert (parameters.age, parameters.sex, parameters.t2.GetID()) == (54, "F", volumes["t2"].GetID())


def test_a_run_shows_progress_and_ends_with_nodes_and_figures(
    widget: Any, scene: Any, volumes: dict[str, Any], worker: Any, errors: list[str]
) -> None:
    worker("succeed")
    start(widget, volumes)
    assert not widget.ui.runButton.enabled
    assert widget.ui.cancelButton.enabled
    until(lambda: not widget.panel.run.control.is_running)
    assert errors == []
    assert widget.ui.progressBar.value == 100
    assert widget.ui.runButton.enabled
    assert not widget.ui.cancelButton.enabled
    assert "aligning" in widget.ui.logText.toPlainText()
    assert "Took" in widget.ui.etaLabel.text
    assert "Probability of" in widget.ui.summaryLabel.text
    assert "0.90" in widget.ui.summaryLabel.text
    assert any(node.IsA("vtkMRMLSegmentationNode") for node in own_nodes(scene, "Patient"))


def test_a_run_that_ends_while_another_module_is_shown_is_there_on_return(
    widget: Any, volumes: dict[str, Any], worker: Any, errors: list[str]
) -> None:
    worker("succeed")
    start(widget, volumes)
    widget.exit()
    until(lambda: not widget.panel.run.control.is_running)
    assert errors == []
    widget.enter()
    assert widget.panel.patient == "Patient"
    assert "0.90" in widget.ui.summaryLabel.text
    assert widget.ui.runButton.enabled


def test_the_result_of_one_patient_survives_the_next_patient(
    widget: Any, scene: Any, volumes: dict[str, Any], worker: Any, errors: list[str]
) -> None:
    worker("succeed")
    for image in (volumes["t1ce"], volumes["flair"], volumes["t1ce"]):
        widget.ui.t1ceSelector.setCurrentNode(image)
        widget.ui.runButton.click()
        until(lambda: not widget.panel.run.control.is_running)
    names = [scene.GetNthNodeByClass(i, "vtkMRMLSegmentationNode").GetName() for i in range(2)]
    assert sorted(names) == ["Patient 2 segmentation", "Patient segmentation"]
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 2
    assert all(scene.IsNodePresent(node) for node in volumes.values())
    assert errors == []


@pytest.mark.parametrize(
    ("behaviour", "said"), [("refuse", "image is constant"), ("crash", "out of luck"), ("die", "memory")]
)
def test_every_bad_end_is_told_and_the_next_run_is_possible(
    widget: Any, scene: Any, volumes: dict[str, Any], worker: Any, errors: list[str], behaviour: str, said: str
) -> None:
    worker(behaviour)
    start(widget, volumes)
    until(lambda: not widget.panel.run.control.is_running)
    assert len(errors) == 1
    assert said in errors[0]
    assert widget.ui.runButton.enabled
    assert not widget.ui.cancelButton.enabled
    assert widget.ui.progressBar.value == 0
    assert own_nodes(scene, "Patient") == []
    worker("succeed")
    start(widget, volumes)
    until(lambda: not widget.panel.run.control.is_running)
    assert len(errors) == 1


def test_cancel_ends_the_run_without_a_dialog(
    widget: Any, volumes: dict[str, Any], worker: Any, errors: list[str]
) -> None:
    worker("hang")
    start(widget, volumes)
    began = time.monotonic()
    widget.ui.cancelButton.click()
    assert not widget.ui.cancelButton.enabled
    until(lambda: not widget.panel.run.control.is_running)
    assert time.monotonic() - began < 2.0
    assert errors == []
    assert "Cancelled" in widget.ui.logText.toPlainText()
    assert widget.ui.runButton.enabled


class UnreadableRun:
    """A run whose folder cannot be read, and which does not end in time."""

    output_folder = Path("out")

    def __init__(self) -> None:
        self.killed = 0

    def steps(self) -> Iterator[str]:
        yield from ()

    def poll(self) -> list[dict[str, Any]]:
        msg = "no space left"
        raise OSError(msg)

    def kill(self) -> None:
        self.killed += 1
        msg = "still there"
        raise TimeoutError(msg)


def follow(widget: Any, run: UnreadableRun) -> None:
    from GliomaRadiomicsLib.panel.run_control import RunWords

    widget.panel.run.follow(run, lambda _: None, RunWords("", "", "It failed", ""))


def test_a_run_that_cannot_be_followed_is_ended(widget: Any, errors: list[str]) -> None:
    run = UnreadableRun()
    follow(widget, run)
    until(lambda: not widget.panel.run.is_running)
    assert run.killed == 1
    assert "no space left" in errors[0]
    assert not widget.panel.run.control.is_running


def test_a_run_that_does_not_end_in_time_does_not_keep_the_panel(widget: Any) -> None:
    run = UnreadableRun()
    follow(widget, run)
    widget.cleanup()
    assert run.killed == 1
    assert not widget.Observations


def test_interrupted_waiting_ends_the_worker(
    module: Any, volumes: dict[str, Any], worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.scene.run import CaseRun

    runs: list[CaseRun] = []

    def interrupted(run: CaseRun, timeout_s: float | None = None) -> None:
        assert run.is_running
        runs.append(run)
        raise KeyboardInterrupt

    monkeypatch.setattr(CaseRun, "wait", interrupted)
    worker("hang")
    with pytest.raises(KeyboardInterrupt):
        module.GliomaRadiomicsLogic().analyze(t1=volumes["t1"])
    assert not runs[0].is_running


def test_closing_the_scene_cancels_the_run(
    widget: Any, scene: Any, volumes: dict[str, Any], worker: Any, errors: list[str]
) -> None:
    worker("hang")
    start(widget, volumes)
    scene.Clear(False)
    until(lambda: not widget.panel.run.control.is_running)
    assert "scene was closed" in widget.ui.logText.toPlainText()
    assert not widget.ui.runButton.enabled
    assert errors == []


def test_an_image_that_cannot_be_used_is_told_and_nothing_is_started(
    widget: Any, scene: Any, worker: Any, errors: list[str]
) -> None:
    worker("succeed")
    widget.ui.t1Selector.setCurrentNode(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))
    widget.ui.runButton.click()
    assert len(errors) == 1
    assert "holds no image" in errors[0]
    assert not widget.panel.run.control.is_running
    assert widget.ui.runButton.enabled


def test_declined_packages_leave_the_panel_ready(
    widget: Any, volumes: dict[str, Any], errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.panel import packages

    def decline(_requirements: str, **_options: bool) -> None:
        msg = "nothing was installed"
        raise Cancelled(msg)

    monkeypatch.setattr(packages, "ensure_packages", decline)
    widget.ui.t1Selector.setCurrentNode(volumes["t1"])
    widget.ui.runButton.click()
    assert "nothing was installed" in widget.ui.logText.toPlainText()
    assert widget.ui.runButton.enabled
    assert errors == []


def test_logic_waits_and_returns_the_nodes(module: Any, scene: Any, volumes: dict[str, Any], worker: Any) -> None:
    worker("succeed")
    result = module.GliomaRadiomicsLogic().analyze(**volumes, age=54, sex="F")
    assert result.volumeNodes == volumes
    assert result.segmentationNode.GetName() == "Patient segmentation"
    assert scene.IsNodePresent(result.featureTableNode)


def test_a_given_folder_keeps_the_files_and_no_copies(module: Any, volumes: Any, worker: Any, tmp_path: Path) -> None:
    worker("succeed")
    module.GliomaRadiomicsLogic().analyze(t1ce=volumes["t1ce"], folder=str(tmp_path / "kept"))
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["out"]
    assert (tmp_path / "kept" / "out" / "result.json").is_file()


@pytest.mark.parametrize("how", ["succeed", "refuse"])
def test_what_lies_in_a_given_folder_stays(
    module: Any, volumes: dict[str, Any], worker: Any, tmp_path: Path, how: str
) -> None:
    theirs = [tmp_path / "study" / name / "scan.nii" for name in ("inputs", "job", "notes")]
    for path in theirs:
        path.parent.mkdir(parents=True)
        path.write_text("theirs")
    worker(how)
    logic = module.GliomaRadiomicsLogic()
    if how == "succeed":
        logic.analyze(t1ce=volumes["t1ce"], folder=str(tmp_path / "study"))
        assert (tmp_path / "study" / "out" / "result.json").is_file()
    else:
        with pytest.raises(RefusedInput, match="constant"):
            logic.analyze(t1ce=volumes["t1ce"], folder=str(tmp_path / "study"))
    assert all(path.read_text() == "theirs" for path in theirs)


def test_steps_models_and_device_reach_the_worker(
    module: Any, volumes: dict[str, Any], worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.pipeline.job import Job

    jobs: list[dict[str, Any]] = []
    start_job = Job.start
    monkeypatch.setattr(Job, "start", lambda job, told: (jobs.append(told), start_job(job, told))[1])
    worker("succeed")
    logic = module.GliomaRadiomicsLogic()
    chosen = {"steps": ("segmentation", "scene"), "models": {"cnn_grading": "mine"}, "device": "cpu", "kps": 80}
    logic.analyze(t1=volumes["t1"], **chosen)
    logic.analyze(t1=volumes["t1"], mask=add_outline(volumes["t1"]), reuse="earlier/out")
    assert (jobs[0]["reuse"], jobs[1]["reuse"]) == (None, "earlier/out")
    assert (jobs[0]["steps"], jobs[0]["models"], jobs[0]["device"]) == (
        ["segmentation"],
        {"cnn_grading": "mine"},
        "cpu",
    )
    assert jobs[0]["clinical"]["kps"] == 80
    assert (jobs[1]["steps"], jobs[1]["models"]) == (["segmentation", "features", "grading", "report"], {})
    with pytest.raises(RefusedInput, match="unknown step"):
        logic.analyze(t1=volumes["t1"], steps=["guess"])


def test_logic_raises_what_went_wrong(module: Any, volumes: dict[str, Any], worker: Any) -> None:
    logic = module.GliomaRadiomicsLogic()
    worker("refuse")
    with pytest.raises(RefusedInput, match="constant"):
        logic.analyze(t1=volumes["t1"])
    worker("crash")
    with pytest.raises(RuntimeError, match="out of luck"):
        logic.analyze(t1=volumes["t1"])
    with pytest.raises(RefusedInput, match="no sequence"):
        logic.analyze()
    with pytest.raises(RefusedInput, match="not an age"):
        logic.analyze(t1=volumes["t1"], age=-3)


def test_missing_packages_are_named(module: Any, tmp_path: Path) -> None:
    from GliomaRadiomicsLib.panel.packages import missing_packages

    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# comment\nnumpy>=1\nno-such-package-at-all>=2  # really\n")
    assert missing_packages(requirements) == ["no-such-package-at-all>=2"]
