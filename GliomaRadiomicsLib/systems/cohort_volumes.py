"""The images of a line of a COHORT.csv by role, read from its files when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.imaging.dicom.case import DicomCase, open_case
from GliomaRadiomicsLib.imaging.dicom.read import read_series
from GliomaRadiomicsLib.imaging.files import read_volume

GRID_TOLERANCE_MM = 0.1


class CohortVolumes(Mapping[str, Volume]):
    """The sequences of a cohort's line by role, each read from its file every time it is asked for.

    Raises:
        RefusedInput: When a sequence is asked for that cannot be read or does not lie on the label map's grid.
    """

    def __init__(self, patient: Patient, label_map: Volume | None) -> None:
        self._patient, self._label_map = patient, label_map
        self._files = {role: path for role, path in patient.files.items() if role in SEQUENCES}

    def __getitem__(self, role: str) -> Volume:
        volume = read_volume(self._files[role], role)
        if self._label_map is not None and not volume.same_grid(self._label_map, GRID_TOLERANCE_MM):
            raise RefusedInput(
                what=f"the label map of case {self._patient.case} does not lie on the grid of its {role}",
                where=self._patient.where,
                found=f"{self._label_map.shape}, {role} {volume.shape}",
                remedy="draw it on, or resample it to, the image",
            )
        return volume

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


class DicomVolumes(Mapping[str, Volume]):
    """The sequences of a DICOM folder by role: recognised when first asked for, each read every time it is.

    Raises:
        RefusedInput: As `imaging.dicom.case.open_case` and `imaging.dicom.read.read_series`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: DicomCase | None = None

    def __getitem__(self, role: str) -> Volume:
        return read_series(self._case.chosen[role], role).volume

    def __iter__(self) -> Iterator[str]:
        return iter(self._case.chosen)

    def __len__(self) -> int:
        return len(self._case.chosen)

    @property
    def _case(self) -> DicomCase:
        if self._opened is None:
            self._opened = open_case(self._folder)
        return self._opened
