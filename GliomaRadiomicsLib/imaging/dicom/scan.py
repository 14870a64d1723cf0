"""All DICOM images below a folder, whatever their names and nesting."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.dicom.header import DamagedFile, Slice, quiet_pydicom, read_slices
from GliomaRadiomicsLib.imaging.dicom.identifiers import Identifiers

_MOST_NAMED = 3


@dataclass
class Scan:
    """What lies below a folder.

    Attributes:
        root: The folder.
        slices: Every image found.
        other_files: Number of files that are not DICOM.
        other_dicom: Number of DICOM files without an image (directory, report, segmentation).
    """

    root: Path
    slices: list[Slice] = field(default_factory=list)
    other_files: int = 0
    other_dicom: int = 0
    identifiers: Identifiers = field(default_factory=Identifiers, repr=False)

    def shown(self, path: Path) -> str:
        """``path`` relative to the folder, without identifiers."""
        return self.identifiers.shown(path, self.root)


def scan_folder(folder: str | Path, progress: Progress | None = None) -> Scan:
    """Read the header of every DICOM file below ``folder``; pixels are not read.

    Raises:
        RefusedInput: If the folder is missing, holds no DICOM image, or a DICOM file in it is damaged.
        Cancelled: If the user cancelled.
    """
    scan = Scan(Path(folder))
    if not scan.root.is_dir():
        raise RefusedInput(what="no such folder", where=folder, remedy="give the folder that holds the DICOM files")
    damaged: list[Path] = []
    paths = _files_below(scan.root)
    with quiet_pydicom():
        for number, path in enumerate(paths):
            if progress is not None and number % 50 == 0:
                progress.report(number / len(paths), "looking for DICOM series")
            _take(path, scan, damaged)
    _check(scan, damaged, len(paths))
    return scan


def holds_dicom(folder: Path) -> bool:
    """Whether a DICOM image lies below ``folder``; stops at the first."""
    with quiet_pydicom():
        for path in _files_below(folder):
            try:
                if read_slices(path, Identifiers()):
                    return True
            except (DamagedFile, OSError):
                continue
    return False


def _files_below(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place) / name for name in sorted(names) if not name.startswith(".")]
    return found


def _take(path: Path, scan: Scan, damaged: list[Path]) -> None:
    try:
        slices = read_slices(path, scan.identifiers)
    except DamagedFile:
        damaged.append(path)
        return
    except OSError as error:
        raise RefusedInput(
            what="file cannot be read", where=scan.shown(path), found=error.strerror, remedy="check its permissions"
        ) from error
    if slices is None:
        scan.other_files += 1
    elif not slices:
        scan.other_dicom += 1
    else:
        scan.slices += slices


def _check(scan: Scan, damaged: list[Path], files: int) -> None:
    if damaged:
        names = ", ".join(scan.shown(path) for path in damaged[:_MOST_NAMED])
        raise RefusedInput(
            what=f"{_count(len(damaged), 'damaged or truncated DICOM file')}: {names}",
            remedy="copy or export it again, or remove it",
        )
    if not scan.slices:
        kinds = _count(files, "file") + (
            f", {scan.other_dicom} of them DICOM without an image" * bool(scan.other_dicom)
        )
        raise RefusedInput(
            what="no DICOM image in this folder",
            where=scan.root,
            found=kinds,
            remedy="give the folder with the exported series; NIfTI, NRRD and MetaImage files go to --t1 ... or --case",
        )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
