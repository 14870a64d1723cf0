"""Images of a patient's folder as volume nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.volumes import node_from_volume


def load_folder(scene: Any, folder: str | Path) -> dict[str, Any]:
    """Read the sequences of a folder and add them to the scene.

    Args:
        scene: The ``vtkMRMLScene``.
        folder: A case folder in any BraTS naming, or a folder with DICOM files of one patient.

    Returns:
        Volume node by sequence.

    Raises:
        RefusedInput: If no sequence is recognised, or an image cannot be read.
    """
    volumes = _read(Path(folder))
    return {role: node_from_volume(scene, volume, SEQUENCE_NAMES[role]) for role, volume in volumes.items()}


def _read(folder: Path) -> dict[str, Volume]:
    from GliomaRadiomicsLib.imaging.dicom.case import open_case, read_case
    from GliomaRadiomicsLib.imaging.files import read_volume
    from GliomaRadiomicsLib.pipeline.inputs import sources_of_folder

    try:
        sources = sources_of_folder(folder)
    except RefusedInput as no_files:
        try:
            return read_case(open_case(folder))
        except RefusedInput as no_dicom:
            raise RefusedInput(
                what="no sequence recognised",
                where=folder.name,
                remedy="name the files like NAME_t1.nii.gz, NAME_t1ce.nii.gz, NAME_t2.nii.gz, NAME_flair.nii.gz, "
                f"or choose a folder with DICOM files of one patient ({no_files}; as DICOM: {no_dicom})",
            ) from no_dicom
    return {
        role: read_volume(path, SEQUENCE_NAMES[role]) for role, path in sources.items() if isinstance(path, str | Path)
    }
