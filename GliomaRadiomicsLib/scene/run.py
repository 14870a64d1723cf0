"""One analysis from nodes to nodes: the worker runs in its own process, the scene stays free meanwhile."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.pipeline.job import Event, Job
from GliomaRadiomicsLib.scene.volumes import volume_from_node

SCENE_CLOSED_MESSAGE = "the scene was closed, so the run was cancelled; load the images again and start anew"


class CaseRun:
    """One run on volume nodes: `start`, `poll` until the ending, then `result`.

    The copies of the images lie in a temporary folder of this object and go when the run ends; what the run found stays
    in `output_folder`. Nothing that this object did not make is ever deleted.

    Args:
        scene: The ``vtkMRMLScene`` of the nodes. If it is closed during the run, the run is cancelled.
        volume_nodes: Node by sequence; at least one.
        settings: As for `analyze_case`; of the steps the scene is left out, as it is written here, into the open one.
        mask_node: Segmentation node with NCR/NET, ED, ET, or label-map node, to use instead of segmenting.
        patient: Name of the folder and of the nodes in the scene; default see `scene.writer.write_result`.
        folder: Where to put the output, as ``out``; default a temporary folder that goes when the program ends.
        job_options: Passed on to `Job` (tests start another worker this way).
        keep_mask: Whether the mask node stays beside the result; otherwise it is replaced if an earlier run wrote it.

    Raises:
        RefusedInput: If there is no sequence, or a setting cannot be used.
    """

    def __init__(
        self,
        scene: Any,
        volume_nodes: dict[str, Any],
        settings: AnalyzeSettings | None = None,
        *,
        mask_node: Any = None,
        patient: str | None = None,
        folder: str | Path | None = None,
        job_options: dict[str, Any] | None = None,
        keep_mask: bool = True,
    ) -> None:
        self._scene, self._mask_node, self._patient, self._keep_mask = scene, mask_node, patient, keep_mask
        self._nodes = {name: node for name in SEQUENCES if (node := volume_nodes.get(name)) is not None}
        if not self._nodes:
            raise RefusedInput(what="no sequence selected", remedy="select at least one of T1, T1ce, T2, FLAIR")
        self._settings = settings or AnalyzeSettings()
        self._settings.check()
        self._own = Path(tempfile.mkdtemp(prefix="glioma-radiomics-"))
        atexit.register(shutil.rmtree, self._own, ignore_errors=True)
        self._out = (self._own if folder is None else Path(folder).absolute()) / "out"
        self._job = Job(self._own / "job", **(job_options or {}))
        self._observer: int | None = None
        self._scene_closed = False
        self._done = False

    @property
    def output_folder(self) -> Path:
        """Folder that the worker writes, with ``report.html``."""
        return self._out

    @property
    def is_running(self) -> bool:
        """Whether the run was started and has not ended."""
        return self._job.is_running

    def start(self) -> None:
        """Write the images and start the worker; returns when they are written.

        Raises:
            RefusedInput: If a node holds no usable image, or nothing can be written.
        """
        try:
            settings = self._job_settings()
            self._job.start(settings)
        except BaseException:
            self._tidy_up()
            raise
        self._observer = self._scene.AddObserver(self._scene.StartCloseEvent, self._on_scene_close)

    def poll(self) -> list[Event]:
        """Events since the last call, see `GliomaRadiomicsLib.pipeline.job`; does not wait."""
        return self._seen(self._job.poll())

    def wait(self, timeout_s: float | None = None) -> list[Event]:
        """Block until the run has ended; raises TimeoutError like `Job.wait`."""
        return self._seen(self._job.wait(timeout_s))

    def finish(self) -> Any:
        """Wait for the end and write the nodes; if the waiting is interrupted, the worker is ended.

        Raises:
            RefusedInput: If the input was refused.
            Cancelled: If the run was cancelled.
            RuntimeError: If it failed.
        """
        try:
            ending = self.wait()[-1]
        except BaseException:
            self.kill()
            raise
        raise_ending(ending)
        return self.result()

    def cancel(self) -> None:
        """Ask the run to end; `poll` tells when it has."""
        self._job.cancel()

    def kill(self) -> None:
        """End the run at once and tidy up, for when nobody will poll any more."""
        self._job.kill()
        try:
            self._seen(self._job.wait(timeout_s=10))
        except (OSError, TimeoutError):
            self._ended({"type": "error"})
            raise

    def result(self) -> Any:
        """Write the nodes of a run that has ended well, and return them (`scene.writer.SceneResult`).

        Raises:
            RefusedInput: If the run has not ended well.
            SceneClosed: If the scene was closed meanwhile.
        """
        from GliomaRadiomicsLib.scene.writer import write_result

        if not self._done:
            raise RefusedInput(what="the run has no result", remedy="wait for its end, or start it again")
        nodes = {name: node for name, node in self._nodes.items() if self._scene.IsNodePresent(node)}
        given = self._keep_mask and self._mask_node is not None and self._scene.IsNodePresent(self._mask_node)
        mask = [self._mask_node] if given else []
        return write_result(self.output_folder, volume_nodes=nodes, patient=self._patient, keep=mask, scene=self._scene)

    def _job_settings(self) -> dict[str, Any]:
        return {
            "command": "analyze",
            **self._written_inputs(),
            "clinical": asdict(self._settings.clinical),
            "steps": [step for step in self._settings.steps if step != "scene"],
            "models": dict(self._settings.models),
            "device": self._settings.device,
            "normalisation": self._settings.normalisation,
            "reuse": self._settings.reuse,
            "out": str(self.output_folder),
        }

    def _written_inputs(self) -> dict[str, Any]:
        """Paths of the images; not compressed, because the program waits for it."""
        from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume

        inputs = self._own / "inputs"
        inputs.mkdir()
        volumes = {name: volume_from_node(node, SEQUENCE_NAMES[name]) for name, node in self._nodes.items()}
        paths = {name: inputs / f"{name}.nii" for name in volumes}
        for name, volume in volumes.items():
            write_volume(volume, paths[name])
        mask = None
        if self._mask_node is not None:
            mask = inputs / "mask.nii"
            write_label_map(self._mask(volumes.get("t1ce") or next(iter(volumes.values()))), mask)
        return {
            "inputs": {name: str(path) for name, path in paths.items()},
            "mask": str(mask) if mask else None,
        }

    def _mask(self, reference: Any) -> Any:
        from GliomaRadiomicsLib.scene.segmentation import label_map_from_segmentation

        if self._mask_node.IsA("vtkMRMLSegmentationNode"):
            return label_map_from_segmentation(self._mask_node, reference)
        return volume_from_node(self._mask_node, "mask")

    def _seen(self, events: list[Event]) -> list[Event]:
        if events and events[-1]["type"] in ("done", "error"):
            self._ended(events[-1])
        return events

    def _ended(self, ending: Event) -> None:
        if self._observer is not None:
            self._scene.RemoveObserver(self._observer)
            self._observer = None
        if self._scene_closed:
            ending.update(type="error", kind="cancelled", message=SCENE_CLOSED_MESSAGE)
        self._done = ending["type"] == "done"
        self._tidy_up()

    def _tidy_up(self) -> None:
        for name in ("job", "inputs"):
            shutil.rmtree(self._own / name, ignore_errors=True)
        if not (self._done and self._out.is_relative_to(self._own)):
            shutil.rmtree(self._own, ignore_errors=True)

    def _on_scene_close(self, *_: object) -> None:
        self._scene_closed = True
        self.cancel()


class CheckRun(CaseRun):
    """The check of the images alone, as a run: `result` gives the findings."""

    def __init__(self, scene: Any, volume_nodes: dict[str, Any], **options: Any) -> None:
        super().__init__(scene, volume_nodes, **options)
        self._findings: list[Finding] = []

    def result(self) -> list[Finding]:
        """What was found in the images; complete when the run has ended well."""
        return self._findings

    def _job_settings(self) -> dict[str, Any]:
        return {"command": "check", **self._written_inputs()}

    def _seen(self, events: list[Event]) -> list[Event]:
        for event in events:
            if event["type"] == "check":
                self._findings = [Finding(**finding) for finding in event["findings"]]
        return super()._seen(events)


def raise_ending(ending: Event) -> None:
    """Turn the last event of a run that did not end well into an exception.

    Raises:
        RefusedInput: If the input was refused.
        Cancelled: If the run was cancelled.
        RuntimeError: If it failed.
    """
    if ending["type"] == "done":
        return
    message = ending.get("message") or "no message"
    if ending.get("kind") == "refused":
        raise RefusedInput(what=message)
    if ending.get("kind") == "cancelled":
        raise Cancelled(message)
    raise RuntimeError(message)
