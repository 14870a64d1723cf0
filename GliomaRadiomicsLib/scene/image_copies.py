"""Images handed to the worker as files; one that did not change since is not written again."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.scene.volumes import ijk_to_ras, volume_from_node

_Stamp = tuple[Any, ...]


class ImageCopies:
    """Files of the images last handed over, one for each sequence, in a temporary folder that goes with the program.

    A run gets links to them in a folder of its own (copies where the file system has no links), so that a file may be
    replaced here while an earlier run still reads it.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._kept: dict[str, tuple[_Stamp, Path]] = {}
        self._numbers = count(1)

    def hand_over(self, sequence: str, node: Any, target: Path) -> Iterator[str]:
        """Put the image of a volume node at ``target``, a ``.nii`` file; what takes long is a step of its own.

        Yields:
            What the next step does.

        Raises:
            RefusedInput: If the node holds no usable image, or the file cannot be written.
        """
        from GliomaRadiomicsLib.imaging.files import write_volume

        stamp = _stamp(node)
        known, kept = self._kept.get(sequence, (None, target))
        if known != stamp or not kept.is_file():
            volume = volume_from_node(node, SEQUENCE_NAMES[sequence])
            yield f"Writing {SEQUENCE_NAMES[sequence]}"
            kept = self._new_file(sequence)
            write_volume(volume, kept)
            self._kept[sequence] = (stamp, kept)
        _link(kept, target)

    def forget(self) -> None:
        """Delete the files."""
        self._kept.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _new_file(self, sequence: str) -> Path:
        _stamp_before, earlier = self._kept.pop(sequence, (None, None))
        if earlier is not None:
            earlier.unlink(missing_ok=True)
        if self._folder is None or not self._folder.is_dir():
            self._folder = Path(tempfile.mkdtemp(prefix="glioma-radiomics-images-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder / f"{sequence}-{next(self._numbers)}.nii"


def _stamp(node: Any) -> _Stamp:
    """Changes whenever the voxels of a node or its place do."""
    image = node.GetImageData()
    parent = node.GetParentTransformNode()
    moved = 0 if parent is None else (parent.GetID(), parent.GetTransformToWorldMTime())
    affine = tuple(ijk_to_ras(node).ravel()) if image is not None else ()
    return (node.GetID(), image.GetMTime() if image is not None else 0, affine, moved)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
