"""What can be exported from a result for archives and other viewers, in words, and the job that does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELP = (
    "DICOM objects refer to the series that the images were made from and carry its patient's name, so that an archive "
    "files them there. Treat them as you treat the images."
)
CHOOSE_SERIES = "DICOM folder of the series that the images were made from"
NO_SERIES = "the DICOM series that the images were made from is not known here"


@dataclass(frozen=True)
class ExportKind:
    """One kind of export.

    Attributes:
        key: Of the job, as on the command line.
        action: Of `rules.allowed`.
        title: On the button.
        file_name: That is suggested.
    """

    key: str
    action: str
    title: str
    file_name: str


EXPORT_KINDS = (
    ExportKind("dicom-seg", "export_seg", "Outline as DICOM SEG", "glioma-seg.dcm"),
    ExportKind("dicom-sr", "export_sr", "Findings as DICOM SR", "glioma-sr.dcm"),
    ExportKind("rtstruct", "export_rtstruct", "Outline as DICOM RTSTRUCT", "glioma-rtstruct.dcm"),
)
"""Exports that refer to a DICOM series."""


def export_job(
    kind: ExportKind, folder: str | Path, dicom: str | Path, out: str | Path | None = None
) -> dict[str, Any]:
    """The worker's job.

    Args:
        kind: What to write.
        folder: Output folder of the result.
        dicom: Folder of the series that the images were made from.
        out: The file; without it whoever runs the job says where.
    """
    job = {"command": "export", "kind": kind.key, "folder": str(folder), "dicom": str(dicom)}
    return job if out is None else {**job, "out": str(out)}
