"""The images of one case, from files, DICOM folders or memory, with their hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.provenance import sha256_file, sha256_volume
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import find_case
from GliomaRadiomicsLib.imaging.dicom.case import open_case, series_in
from GliomaRadiomicsLib.imaging.dicom.read import ReadSeries, read_series
from GliomaRadiomicsLib.imaging.dicom.scan import holds_dicom
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries
from GliomaRadiomicsLib.imaging.files import (
    check_image_file,
    has_orientation,
    image_suffix,
    is_single_time_point,
    read_volume,
)
from GliomaRadiomicsLib.imaging.roles import SURE, recognise_name

Source = str | Path | Volume | DicomSeries
"""An image file, a folder with one DICOM series, an image in memory, or a series of a DICOM folder."""


@dataclass(frozen=True)
class CaseInputs:
    """What a case run starts from.

    Attributes:
        volumes: Sequences by role, as read.
        mask: Label map given by the user, as read, or None; its labels are for the passport to check.
        hashes: SHA-256 of each input by role, of the file where there is one.
        unoriented: Roles whose files do not say how the image lies in the patient.
        findings: What reading told, for the passport: how DICOM series were recognised, and what is odd about them.
    """

    volumes: dict[str, Volume]
    mask: Volume | None = None
    hashes: dict[str, str] = field(default_factory=dict)
    unoriented: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def check_sources(sources: Mapping[str, Source | None], mask: Source | None = None) -> None:
    """See that there is a sequence and that every path is a file with the name of an image or a folder with DICOM.

    No image is read.

    Raises:
        RefusedInput: Naming the first that is not.
    """
    given = [sources[role] for role in SEQUENCES if sources.get(role) is not None]
    if not given:
        raise RefusedInput(what="no sequence given", remedy="give at least one of T1, T1ce, T2, FLAIR")
    for source in given:
        if isinstance(source, (str, Path)):
            _check_path(Path(source))
    if isinstance(mask, (str, Path)):
        check_image_file(mask)


def read_inputs(sources: dict[str, Source | None], mask: Source | None = None) -> CaseInputs:
    """Read the sequences given (a path or a `Volume` by role) and the mask.

    Raises:
        RefusedInput: If nothing is given, or a file cannot be used.
    """
    check_sources(sources, mask)
    given = {role: sources[role] for role in SEQUENCES if sources.get(role) is not None}
    read = {role: _read(source, role) for role, source in given.items() if source is not None}
    label_map, hashes = None, {role: one.sha256 for role, one in read.items()}
    if mask is not None:
        image = _read(mask, "mask")
        label_map, hashes["mask"] = image.volume, image.sha256
    files = {role: source for role, source in {**given, "mask": mask}.items() if isinstance(source, (str, Path))}
    unoriented = tuple(role for role, path in files.items() if Path(path).is_file() and not has_orientation(path))
    findings = tuple(finding for one in read.values() for finding in one.findings)
    return CaseInputs({role: one.volume for role, one in read.items()}, label_map, hashes, unoriented, findings)


def sources_of_folder(folder: str | Path) -> dict[str, Source | None]:
    """Sequences of a case folder in any BraTS naming (its manual label map is left alone)."""
    return {role: path for role, path in find_case(folder).items() if role in SEQUENCES}


def sources_of_dicom(
    folder: str | Path, corrections: Mapping[str, Source | None] | None = None
) -> tuple[dict[str, Source | None], list[str]]:
    """Series of a DICOM folder by role, and lines that say what was found and chosen.

    Args:
        folder: With the DICOM files of one patient in any nesting.
        corrections: What the user says about single roles: the number of a series in the lines, a folder of one
            series (in ``folder`` or elsewhere), or an image file.

    Raises:
        RefusedInput: See `open_case`.
    """
    given: dict[str, int | Path] = {}
    elsewhere: dict[str, Source | None] = {}
    for role, source in (corrections or {}).items():
        path = Path(source) if isinstance(source, (str, Path)) else None
        if path is not None and path.name.isdigit() and not path.exists():
            given[role] = int(path.name)
        elif path is not None and path.is_dir() and path.resolve().is_relative_to(Path(folder).resolve()):
            given[role] = path
        elif source is not None:
            elsewhere[role] = source
    case = open_case(folder, given, tuple(elsewhere))
    return {**case.chosen, **elsewhere}, case.lines()


def sources_of_job(inputs: Mapping[str, str], dicom: str | None = None) -> dict[str, Source | None]:
    """Sequences of a job: files or folders of one series by role; they correct what is chosen in ``dicom``."""
    return sources_of_dicom(dicom, inputs)[0] if dicom else dict(inputs)


def _check_path(path: Path) -> None:
    if not path.is_dir():
        check_image_file(path)
    elif not holds_dicom(path):
        raise RefusedInput(
            what="a folder without DICOM images, where an image is needed",
            where=path,
            remedy="give an image file, a folder with one DICOM series, or the folder of a case as --case or --dicom",
        )


def _read(source: Source, role: str) -> ReadSeries:
    if isinstance(source, DicomSeries):
        return read_series(source, role)
    if isinstance(source, Volume):
        return ReadSeries(Volume(source.array, source.affine, role), sha256_volume(source), ())
    if Path(source).is_dir():
        return read_series(series_in(source, role), role)
    volume = read_volume(source, role)
    findings = (*_name_findings(Path(source), role), *_time_findings(Path(source), role))
    return ReadSeries(volume, sha256_file(source), findings)


def _name_findings(path: Path, role: str) -> tuple[Finding, ...]:
    """A warning where the name of a file clearly says another sequence than it is given as."""
    said = recognise_name(path.name[: -len(image_suffix(path) or "")])
    if role not in SEQUENCES or said.role in (None, role) or said.confidence < SURE:
        return ()
    given, other = SEQUENCE_NAMES[role], SEQUENCE_NAMES[said.role or ""]
    message = f"{given}: the name of the file given says {other}; check that the images were not exchanged"
    return (Finding("sequence-name-differs", "warning", message, role),)


def _time_findings(path: Path, role: str) -> tuple[Finding, ...]:
    """A word on a file that is stored as 4-D; called once it is read, as more than one time point is refused."""
    if not is_single_time_point(path):
        return ()
    message = f"{SEQUENCE_NAMES.get(role, role)} is stored as 4-D with a single time point; it was taken as 3-D"
    return (Finding("single-time-point", "fixed", message, role),)
