"""One analysis from nodes to nodes: the worker runs in its own process, the scene stays free meanwhile.

Images are written for the worker, and its result into the scene, in steps of a fraction of a second, so that a program
with a user can go on between them.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.pipeline.job import Event, Job
from GliomaRadiomicsLib.scene.image_copies import ImageCopies
from GliomaRadiomicsLib.scene.volumes import check_image, grid_of_node, volume_from_node

SCENE_CLOSED_MESSAGE = "the scene was closed, so the run was cancelled; load the images again and start anew"


class CaseRun:
    """One run on volume nodes: `start` (or `steps`), `poll` until the ending, then `result` (or `result_steps`).

    The files of the images lie in a temporary folder of this object and go when the run ends; what the run found stays
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
        copies: Files of images handed over before; an image that did not change since is not written again.

    Raises:
        RefusedInput: If there is no sequence, a node holds no usable image, or a setting cannot be used.
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
        copies: ImageCopies | None = None,
    ) -> None:
        self._scene, self._mask_node, self._patient, self._keep_mask = scene, mask_node, patient, keep_mask
        self._nodes = {name: node for name in SEQUENCES if (node := volume_nodes.get(name)) is not None}
        if not self._nodes:
            raise RefusedInput(what="no sequence selected", remedy="select at least one of T1, T1ce, T2, FLAIR")
        for name, node in self._nodes.items():
            check_image(node, SEQUENCE_NAMES[name])
        self._settings = settings or AnalyzeSettings()
        self._settings.check()
        self._own = Path(tempfile.mkdtemp(prefix="glioma-radiomics-"))
        atexit.register(shutil.rmtree, self._own, ignore_errors=True)
        self._out = (self._own if folder is None else Path(folder).absolute()) / "out"
        self._job = Job(self._own / "job", **(job_options or {}))
        self._own_copies = ImageCopies() if copies is None else None
        self._copies = copies or self._own_copies
        self._observer: int | None = None
        self._scene_closed = self._cancelled = self._done = False

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
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[str]:
        """As `start`, but giving way between the steps; what is not finished (closed) leaves nothing behind.

        Yields:
            What the next step does.

        Raises:
            RefusedInput: As `start`.
            Cancelled: If `cancel` was called, or the scene closed, between two steps.
        """
        self._observer = self._scene.AddObserver(self._scene.StartCloseEvent, self._on_scene_close)
        try:
            for what in self._preparation():
                yield what
                if self._cancelled:
                    raise Cancelled(SCENE_CLOSED_MESSAGE if self._scene_closed else "cancelled")
        except BaseException:
            self._ended({"type": "error"})
            raise

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
        """Ask the run to end; `poll`, or the next of its `steps`, tells when it has."""
        self._cancelled = True
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
        steps = self.result_steps()
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    def result_steps(self) -> Generator[Any, None, Any]:
        """As `result`, but giving way between the steps; if it is closed early, the scene is left as it was."""
        from GliomaRadiomicsLib.scene.writer import result_steps

        if not self._done:
            raise RefusedInput(what="the run has no result", remedy="wait for its end, or start it again")
        nodes = {name: node for name, node in self._nodes.items() if self._scene.IsNodePresent(node)}
        given = self._keep_mask and self._mask_node is not None and self._scene.IsNodePresent(self._mask_node)
        mask = [self._mask_node] if given else []
        steps = result_steps(self._out, volume_nodes=nodes, patient=self._patient, keep=mask, scene=self._scene)
        return (yield from steps)

    def _preparation(self) -> Iterator[str]:
        inputs = self._own / "inputs"
        inputs.mkdir()
        paths = {name: inputs / f"{name}.nii" for name in self._nodes}
        for name, node in self._nodes.items():
            yield f"Reading {SEQUENCE_NAMES[name]}"
            yield from self._copies.hand_over(name, node, paths[name])
        mask = None
        if self._mask_node is not None:
            mask = inputs / "mask.nii"
            yield from self._write_mask(mask)
        yield "Starting"
        files = {"inputs": {name: str(path) for name, path in paths.items()}, "mask": str(mask) if mask else None}
        self._job.start(self._job_settings(files))

    def _write_mask(self, path: Path) -> Iterator[str]:
        from GliomaRadiomicsLib.imaging.files import write_label_map

        yield "Reading the outline"
        mask = self._mask()
        yield "Writing the outline"
        write_label_map(mask, path)

    def _mask(self) -> Any:
        from GliomaRadiomicsLib.scene.segmentation import label_map_from_segmentation

        if self._mask_node.IsA("vtkMRMLSegmentationNode"):
            reference = self._nodes.get("t1ce") or next(iter(self._nodes.values()))
            return label_map_from_segmentation(self._mask_node, grid_of_node(reference))
        return volume_from_node(self._mask_node, "mask")

    def _job_settings(self, files: dict[str, Any]) -> dict[str, Any]:
        return {
            "command": "analyze",
            **files,
            "clinical": asdict(self._settings.clinical),
            "steps": [step for step in self._settings.steps if step != "scene"],
            "models": dict(self._settings.models),
            "device": self._settings.device,
            "normalisation": self._settings.normalisation,
            "brain_extraction": self._settings.brain_extraction,
            "reuse": self._settings.reuse,
            "out": str(self.output_folder),
        }

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
        if self._own_copies is not None:
            self._own_copies.forget()
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

    def result_steps(self) -> Generator[Any, None, list[Finding]]:
        """As `result`; there is nothing to do step by step."""
        yield from ()
        return self._findings

    def _job_settings(self, files: dict[str, Any]) -> dict[str, Any]:
        return {"command": "check", **files}

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
