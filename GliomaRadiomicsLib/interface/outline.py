"""An outline that was corrected elsewhere, brought onto the grid of the one it replaces."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume

_SAME_GRID = (
    "correct the outline that is saved here, and save it on the same grid (in 3D Slicer: export it as a label map with "
    "the image as reference volume)"
)


def corrected_outline(path: Path, outline: Volume, images: Iterable[Volume] = ()) -> Volume:
    """The outline in a file as 0/1/2/4 label map on the grid of ``outline``.

    Args:
        path: Label map (NIfTI, NRRD, MetaImage) or ``.seg.nrrd``.
        outline: The outline that it replaces.
        images: Grids of the images; the file may lie on that of any of them.

    Raises:
        RefusedInput: If it cannot be read, holds other labels, is empty, or lies on another grid.
    """
    from GliomaRadiomicsLib.imaging.findings import Findings
    from GliomaRadiomicsLib.imaging.passport_mask import check_mask
    from GliomaRadiomicsLib.imaging.segmentation_file import read_outline

    given = read_outline(path)
    grids = {str(number): image for number, image in enumerate(images)}
    try:
        placed = check_mask(given, grids, outline, Findings())
    except RefusedInput as refusal:
        remedy = _SAME_GRID if given.array.any() else "give an outline with tumour in it"
        raise RefusedInput(what=refusal.what, where=path.name, found=refusal.found, remedy=remedy) from refusal
    assert placed is not None
    return placed
