"""The result that is shown: its nodes in the scene, its folder, and what it was found on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.scene.display import outline_stamp
from GliomaRadiomicsLib.scene.writer import SceneResult, result_steps

_PATIENT = "Patient"
_BREATH_S = 0.01
Told = Callable[[str], None]


class Shown:
    """At most one result at a time.

    Args:
        scene: The ``vtkMRMLScene``.
        on_change: Called when another result is shown, or none any more.
        forget_folder: Deletes the output folder of a run whose result is not shown any more.

    Attributes:
        nodes: Its nodes; None without a result.
        output: Its output folder.
        before: Of the same patient before the outline was corrected.
        origin: What it was found on, as ``inputs``, ``dicom`` and ``clinical`` of a job; empty if that is not known.
        name: Of a patient of a cohort.
    """

    def __init__(self, scene: Any, on_change: Callable[[], None], forget_folder: Callable[[Path | None], None]) -> None:
        self._scene, self._on_change, self._forget_folder = scene, on_change, forget_folder
        self.nodes: SceneResult | None = None
        self.output: Path | None = None
        self.before: CaseResult | None = None
        self.origin: dict[str, Any] = {}
        self.name = ""
        self._stamp = 0
        self._own_images: list[Any] = []

    @property
    def result(self) -> CaseResult | None:
        """What was found."""
        return self.nodes.result if self.nodes is not None else None

    @property
    def images(self) -> dict[str, Any]:
        """Volume node by sequence that was read from the result's folder; empty where the images were loaded before."""
        return dict(self.nodes.volumeNodes) if self.nodes is not None and self._own_images else {}

    @property
    def is_outline_edited(self) -> bool:
        """Whether the outline is another than that of the result."""
        return self.nodes is not None and outline_stamp(self.nodes) != self._stamp

    async def take(self, output: Path, volume_nodes: dict[str, Any], origin: dict[str, Any], told: Told) -> None:
        """Show what a run on the chosen images found.

        Args:
            output: Its output folder.
            volume_nodes: Node by sequence.
            origin: See the attribute.
            told: Told what is being done, step by step.
        """
        await self._write(output, volume_nodes, told)
        self._replace(output, origin, "", None)

    async def take_again(self, output: Path, told: Told) -> None:
        """Show what was found with the corrected outline on the images of the shown result, beside what was before."""
        before, volume_nodes = self.result, dict(self.nodes.volumeNodes) if self.nodes is not None else {}
        kept, self._own_images = self._own_images, []
        try:
            await self._write(output, volume_nodes, told)
        finally:
            self._own_images = kept
        self._replace(output, self.origin, self.name, before)

    async def open(self, folder: Path, name: str, origin: dict[str, Any], told: Told) -> None:
        """Show the result in a folder with the images that lie in it."""
        await self._write(folder, None, told)
        assert self.nodes is not None
        self._own_images = list(self.nodes.volumeNodes.values())
        self._replace(folder, origin, name, None)

    def forget(self) -> None:
        """Show no result any more."""
        if self.nodes is None:
            return
        from GliomaRadiomicsLib.scene.ownership import own_nodes, remove_nodes

        remove_nodes(self._scene, [*own_nodes(self._scene, _PATIENT), *self._own_images])
        self._own_images = []
        self._forget_folder(self.output)
        self.nodes, self.output, self.before, self.origin, self.name = None, None, None, {}, ""
        self._on_change()

    async def _write(self, output: Path, volume_nodes: dict[str, Any] | None, told: Told) -> None:
        """Into the scene, step by step so that the page goes on."""
        from GliomaRadiomicsLib.scene.ownership import remove_nodes

        steps = result_steps(output, volume_nodes=volume_nodes, patient=_PATIENT, scene=self._scene)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                self.nodes = end.value
                break
            told(step.message)
            await asyncio.sleep(_BREATH_S)
        gone, self._own_images = self._own_images, []
        remove_nodes(self._scene, gone)

    def _replace(self, output: Path, origin: dict[str, Any], name: str, before: CaseResult | None) -> None:
        earlier, self.output = self.output, output
        if earlier != output:
            self._forget_folder(earlier)
        self.origin, self.name, self.before = origin, name, before
        self._stamp = outline_stamp(self.nodes)
        self._on_change()
