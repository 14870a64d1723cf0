"""What is needed of a DICOM file's header, as plain data without identifiers."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.imaging.dicom.identifiers import KEYWORDS, Identifiers, key_of

_MAGIC_AT, _MAGIC = 128, b"DICM"
_SUFFIXES = (".dcm", ".ima")
_BARE_STARTS = (b"\x08\x00", b"\x02\x00")
_TAGS = (
    *KEYWORDS,
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesNumber"),
    *("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName", "ScanningSequence", "ImageType"),
    *("EchoTime", "RepetitionTime", "InversionTime", "EchoNumbers", "ContrastBolusAgent", "ContrastBolusAgentSequence"),
    *("AcquisitionNumber", "TemporalPositionIdentifier", "TriggerTime", "DiffusionBValue", "InstanceNumber"),
    *(
        "Rows",
        "Columns",
        "NumberOfFrames",
        "MagneticFieldStrength",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "BitsAllocated",
    ),
    *("BitsStored", "PixelRepresentation", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("RescaleSlope", "RescaleIntercept", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class SeriesTags:
    """What the header says about the kind of image; times in ms, field in tesla, None where it says nothing.

    ``description``, ``protocol`` and ``sequence_name`` are free text that may name a patient: never show them.
    """

    modality: str = ""
    description: str = ""
    protocol: str = ""
    sequence_name: str = ""
    scanning_sequence: str = ""
    image_type: tuple[str, ...] = ()
    echo_time: float | None = None
    repetition_time: float | None = None
    inversion_time: float | None = None
    field_tesla: float | None = None
    contrast_agent: str = ""


@dataclass(frozen=True)
class Slice:
    """One image of a file: where it lies and how its numbers are stored.

    Attributes:
        path: Of the file.
        frame: Number of the frame in a multi-frame file, from 0; None for an ordinary file.
        keys: Codes of patient, study, study date, series and instance (see `key_of`).
        series_number: As given by the scanner, or 0.
        size: Rows and columns.
        position: Centre of the first voxel, LPS mm; None where the header does not say.
        orientation: Direction of the rows and of the columns, LPS.
        spacing: Between rows and between columns, mm.
        scale: Slope and intercept of the stored numbers.
        bits: Bits stored and whether they are signed.
        colour: Whether a pixel is more than one number.
        inverted: Whether low numbers mean bright (MONOCHROME1).
        echo: Echo number and echo time rounded to ms.
        moments: Temporal position, acquisition, b-value, trigger time: what may tell volumes of a time series apart.
        tags: Kind of image.
    """

    path: Path
    frame: int | None
    keys: tuple[str, str, str, str, str]
    series_number: int
    size: tuple[int, int]
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    scale: tuple[float, float]
    bits: tuple[int, bool]
    colour: bool
    inverted: bool
    echo: tuple[int, int]
    moments: tuple[float, ...]
    tags: SeriesTags


class DamagedFile(ValueError):  # noqa: N818 - a reason, turned into RefusedInput by the caller
    """The file says that it is DICOM but its header cannot be read."""


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """No warnings from pydicom: they quote values, which may be identifiers."""
    import pydicom.config

    log = logging.getLogger("pydicom")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before


def read_slices(path: Path, identifiers: Identifiers) -> list[Slice] | None:
    """The images a file holds; empty for DICOM without image, None for a file that is not DICOM.

    Raises:
        DamagedFile: If the header cannot be read.
        OSError: If the file cannot.
    """
    import pydicom

    with path.open("rb") as file:
        start = file.read(_MAGIC_AT + len(_MAGIC))
        bare = start[_MAGIC_AT:] != _MAGIC
        if bare and start[:2] not in _BARE_STARTS:
            _check_suffix(path)
            return None
        file.seek(0)
        try:
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(_TAGS), force=bare)
            return _slices_of(header, path, identifiers, bare)
        except DamagedFile:
            raise
        except Exception as error:  # noqa: BLE001 - pydicom raises anything on damaged bytes
            if bare:
                _check_suffix(path)
                return None
            raise DamagedFile from error


def _check_suffix(path: Path) -> None:
    """A DICOM file cut short within its first bytes is told from others by its suffix only."""
    if path.suffix.lower() in _SUFFIXES:
        raise DamagedFile


def _slices_of(header: Any, path: Path, identifiers: Identifiers, bare: bool) -> list[Slice] | None:
    if "SOPClassUID" not in header or "SeriesInstanceUID" not in header:
        directory = str(getattr(header.file_meta, "MediaStorageSOPClassUID", "")) == _DIRECTORY
        if bare or directory:
            return [] if directory else None
        raise DamagedFile
    identifiers.add(header)
    if "Rows" not in header or "Columns" not in header:
        return []
    first = _slice_of(header, path)
    if "PerFrameFunctionalGroupsSequence" in header:
        return _frames(header, first)
    if int(header.get("NumberOfFrames") or 1) > 1:
        return [replace(first, frame=frame, position=None) for frame in range(int(header.NumberOfFrames))]
    return [first]


def _slice_of(header: Any, path: Path) -> Slice:
    instance = header.get("SOPInstanceUID")
    keys = (
        key_of(header.get("PatientID", ""), header.get("PatientName", ""), header.get("PatientBirthDate", "")),
        key_of(header.get("StudyInstanceUID", "")),
        key_of(header.get("StudyDate") or ""),
        key_of(header.SeriesInstanceUID),
        key_of(instance or path),
    )
    tags = _tags_of(header)
    photometric = str(header.get("PhotometricInterpretation", "")).upper()
    moments = ("TemporalPositionIdentifier", "AcquisitionNumber", "DiffusionBValue", "TriggerTime")
    return Slice(
        path=path,
        frame=None,
        keys=keys,
        series_number=int(_number(header, "SeriesNumber") or 0),
        size=(int(header.Rows), int(header.Columns)),
        position=_numbers(header, "ImagePositionPatient", 3),
        orientation=_numbers(header, "ImageOrientationPatient", 6),
        spacing=_numbers(header, "PixelSpacing", 2),
        scale=_scale(header),
        bits=(int(header.get("BitsStored") or 16), bool(header.get("PixelRepresentation"))),
        colour=int(header.get("SamplesPerPixel") or 1) != 1 or "PALETTE" in photometric,
        inverted=photometric == "MONOCHROME1",
        echo=(int(_number(header, "EchoNumbers") or 0), round(tags.echo_time or 0)),
        moments=tuple(_number(header, name) or 0.0 for name in moments),
        tags=tags,
    )


def _tags_of(header: Any) -> SeriesTags:
    def text(*names: str) -> str:
        values = [header.get(name) for name in names]
        return " ".join(str(value) for value in values if value not in (None, ""))

    return SeriesTags(
        modality=text("Modality").upper(),
        description=text("SeriesDescription"),
        protocol=text("ProtocolName"),
        sequence_name=text("SequenceName", "PulseSequenceName"),
        scanning_sequence=text("ScanningSequence").upper(),
        image_type=tuple(str(value).upper() for value in _listed(header.get("ImageType"))),
        echo_time=_number(header, "EchoTime"),
        repetition_time=_number(header, "RepetitionTime"),
        inversion_time=_number(header, "InversionTime"),
        field_tesla=_number(header, "MagneticFieldStrength"),
        contrast_agent=text("ContrastBolusAgent") or "YES" * bool(header.get("ContrastBolusAgentSequence")),
    )


def _frames(header: Any, first: Slice) -> list[Slice]:
    """Images of an enhanced multi-frame file; what all frames share may be said once."""
    shared = (header.get("SharedFunctionalGroupsSequence") or [{}])[0]
    found = []
    for number, frame in enumerate(header.PerFrameFunctionalGroupsSequence):
        groups = _Groups(frame, shared)
        place, turn = groups.get("PlanePositionSequence"), groups.get("PlaneOrientationSequence")
        measures, values = groups.get("PixelMeasuresSequence"), groups.get("PixelValueTransformationSequence")
        content, diffusion = groups.get("FrameContentSequence"), groups.get("MRDiffusionSequence")
        echo_time = _number(groups.get("MREchoSequence"), "EffectiveEchoTime") or first.tags.echo_time
        timing = groups.get("MRTimingAndRelatedParametersSequence")
        kind = tuple(str(value).upper() for value in _listed(groups.get("MRImageFrameTypeSequence").get("FrameType")))
        tags = replace(
            first.tags,
            echo_time=echo_time,
            repetition_time=_number(timing, "RepetitionTime") or first.tags.repetition_time,
            image_type=kind or first.tags.image_type,
        )
        moment = (_number(content, "TemporalPositionIndex"), _number(diffusion, "DiffusionBValue"))
        found.append(
            replace(
                first,
                frame=number,
                keys=(*first.keys[:4], f"{first.keys[4]}/{number}"),
                position=_numbers(place, "ImagePositionPatient", 3),
                orientation=_numbers(turn, "ImageOrientationPatient", 6),
                spacing=_numbers(measures, "PixelSpacing", 2),
                scale=_scale(values) if values else first.scale,
                echo=(0, round(echo_time or 0)),
                moments=tuple(value or 0.0 for value in moment),
                tags=tags,
            )
        )
    return found


class _Groups:
    """Functional groups of a frame: its own, or else the shared ones."""

    def __init__(self, own: Any, shared: Any) -> None:
        self._own, self._shared = own, shared

    def get(self, name: str) -> Any:
        return ((self._own.get(name) or self._shared.get(name)) or [{}])[0]


def _listed(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else list(value)


def _numbers(header: Any, name: str, count: int) -> tuple[float, ...] | None:
    try:
        values = tuple(float(value) for value in _listed(header.get(name)))
    except (TypeError, ValueError):
        return None
    return values if len(values) == count else None


def _number(header: Any, name: str) -> float | None:
    value = header.get(name)
    try:
        return None if value in (None, "") else float(value if isinstance(value, str) else _first(value))
    except (TypeError, ValueError):
        return None


def _first(value: Any) -> Any:
    return value[0] if hasattr(value, "__getitem__") and not isinstance(value, str) else value


def _scale(header: Any) -> tuple[float, float]:
    slope, intercept = _number(header, "RescaleSlope"), _number(header, "RescaleIntercept")
    return slope or 1.0, intercept or 0.0
