"""The images of the session: read from uploaded files, DICOM files, a folder or the phantom; shown as nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABEL_VALUES, SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.interface.recognise import sequences_by_name
from GliomaRadiomicsLib.scene.volumes import node_from_volume

_COMPANIONS = (".raw", ".zraw", ".img.gz", ".raw.gz")
"""Endings of files that belong to a header file beside them."""


@dataclass
class Image:
    """One image.

    Attributes:
        key: Its name among the choices.
        name: What the user calls it.
        path: The file; what a run reads.
        node: Its volume node.
        size: Voxels and their size, in words.
        is_outline: Whether it can be a tumour outline.
    """

    key: str
    name: str
    path: Path
    node: Any
    size: str
    is_outline: bool


class Images:
    """All images of the session.

    Args:
        scene: The ``vtkMRMLScene``.
        folder: Private folder of the session.
    """

    def __init__(self, scene: Any, folder: Path) -> None:
        self._scene, self._folder = scene, folder
        self._all: dict[str, Image] = {}
        self._dicom: dict[Path, Path] = {}
        self._number = 0

    def __iter__(self) -> Any:
        return iter(self._all.values())

    def get(self, key: str | None) -> Image | None:
        """The image of this key, or None."""
        return self._all.get(key or "")

    async def take(self, folder: Path) -> tuple[list[Image], dict[str, str]]:
        """Read every image of a folder, and add them once all are read.

        Returns:
            The images, and key by role where DICOM tells or one name tells.

        Raises:
            RefusedInput: If a file is not an image that can be read; then nothing is added.
        """
        read = await asyncio.to_thread(_read_folder, folder, self._folder)
        images = [self._added(path, volume) for path, volume in read]
        self._dicom |= {path: folder for path, _ in read if not path.is_relative_to(folder)}
        outlines = {image.key for image in images if image.is_outline}
        found = sequences_by_name([image.name for image in images])
        roles = {role: images[index].key for role, index in found.items() if images[index].key not in outlines}
        return images, roles

    def dicom_folder(self, path: str | Path) -> Path | None:
        """Folder of the DICOM files that an image was made from; None where it was no DICOM."""
        return self._dicom.get(Path(path))

    def clear(self) -> None:
        """Forget every image and take it out of the scene."""
        for image in self._all.values():
            self._scene.RemoveNode(image.node)
        self._all.clear()

    def _added(self, path: Path, volume: Volume) -> Image:
        self._number += 1
        node = node_from_volume(self._scene, volume, path.name)
        image = Image(
            key=f"image{self._number}",
            name=path.name,
            path=path,
            node=node,
            size=_size_words(volume),
            is_outline=_can_be_outline(volume),
        )
        self._all[image.key] = image
        return image


def _read_folder(folder: Path, private: Path) -> list[tuple[Path, Volume]]:
    from GliomaRadiomicsLib.imaging.dicom.scan import holds_dicom
    from GliomaRadiomicsLib.imaging.files import read_volume

    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise RefusedInput(what="no file in it", where=folder.name, remedy="choose image files")
    if not any(_has_image_name(path) for path in files) and holds_dicom(folder):
        return _read_dicom(folder, private)
    images = [path for path in files if not path.name.lower().endswith(_COMPANIONS)]
    return [(path, read_volume(path, path.name)) for path in images]


def _has_image_name(path: Path) -> bool:
    from GliomaRadiomicsLib.imaging.files import check_image_file

    try:
        check_image_file(path)
    except RefusedInput:
        return False
    return True


def _read_dicom(folder: Path, private: Path) -> list[tuple[Path, Volume]]:
    """The series that are sequences, written as files that a run can read."""
    from GliomaRadiomicsLib.imaging.dicom.case import open_case, read_case
    from GliomaRadiomicsLib.imaging.files import write_volume

    volumes = read_case(open_case(folder))
    target = private / "dicom" / folder.name
    target.mkdir(parents=True, exist_ok=True)
    found = []
    for role, volume in volumes.items():
        path = target / f"DICOM_{SEQUENCE_NAMES[role]}.nii.gz"
        write_volume(volume, path)
        found.append((path, volume))
    return found


def _size_words(volume: Volume) -> str:
    voxels = " × ".join(str(count) for count in volume.shape)
    spacing = " × ".join(f"{size:.3g}" for size in volume.spacing)
    return f"{voxels} voxels of {spacing} mm"


def _can_be_outline(volume: Volume) -> bool:
    if volume.array.dtype.kind not in "iub" and float(volume.array.max(initial=0)) > max(LABEL_VALUES):
        return False
    values: Iterable[float] = np.unique(volume.array)
    return bool(set(map(float, values)) <= {0.0, *map(float, LABEL_VALUES)})
