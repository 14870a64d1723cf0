"""One export: from the output folder of `analyze` to one file that appears when it is complete."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.dicom.header import quiet_pydicom
from GliomaRadiomicsLib.pipeline.export import made_by
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome, check_result_folder, read_outcome
from GliomaRadiomicsLib.pipeline.export.rtstruct import RT_STRUCTURE_SET, structure_set
from GliomaRadiomicsLib.pipeline.export.seg import segmentation_object
from GliomaRadiomicsLib.pipeline.export.source import Source, find_source
from GliomaRadiomicsLib.pipeline.export.sr import measurement_report
from GliomaRadiomicsLib.pipeline.scene import write_scene

KINDS = {
    "dicom-seg": "DICOM segmentation",
    "dicom-sr": "DICOM structured report",
    "rtstruct": "DICOM RT structure set",
    "mrb": "scene of 3D Slicer",
}
"""What can be exported, with its name in messages."""

_SOP_CLASSES = {
    "dicom-seg": "1.2.840.10008.5.1.4.1.1.66.4",
    "dicom-sr": "1.2.840.10008.5.1.4.1.1.88.22",
    "rtstruct": RT_STRUCTURE_SET,
}
_REFERS_TO_SERIES = {"dicom-seg": segmentation_object, "dicom-sr": measurement_report, "rtstruct": structure_set}
_SCENE = "scene.mrb"


def export_result(
    folder: str | Path, kind: str, out: str | Path, *, dicom: str | Path | None = None, seg: str | Path | None = None
) -> str:
    """Write one export of a finished result.

    Args:
        folder: Output folder of `analyze`.
        kind: A key of `KINDS`.
        out: The file; an earlier export of the same kind is replaced, nothing else.
        dicom: Folder with the DICOM series that the images were made from; needed by all kinds but ``mrb``.
        seg: A segmentation exported before, which the structured report then refers to.

    Returns:
        What was written, in words without identifiers.

    Raises:
        RefusedInput: If the result, the series or the file cannot be used; nothing is written then.
    """
    folder, out = Path(folder), Path(out)
    check_result_folder(folder)
    if kind == "mrb":
        _check_target(out, _is_scene)
        return _export_scene(folder, out)
    if dicom is None:
        raise RefusedInput(
            what=f"a {KINDS[kind]} refers to the series that the images were made from",
            where="--dicom",
            remedy="give --dicom DIR, the folder of the series the images were made from",
        )
    _check_target(out, lambda path: _sop_class(path) == _SOP_CLASSES[kind])
    if kind != "rtstruct":
        made_by.highdicom()
    outcome = read_outcome(folder)
    source = find_source(Path(dicom), outcome)
    data = _made(kind, outcome, source, Path(seg) if seg is not None else None)
    with _whole_file(out) as partial, _quiet():
        data.save_as(partial, enforce_file_format=True)
    how = "the files that were analysed" if source.same_files else "known by its grid: check that it is the right one"
    return f"{KINDS[kind]} of {source.called} ({how}) in {out}"


def _made(kind: str, outcome: Outcome, source: Source, seg: Path | None) -> Any:
    """The object; odd values in the headers of the source are a refusal that does not quote them."""
    make: Callable[..., Any] = _REFERS_TO_SERIES[kind]
    extra = [_segmentation(seg, outcome, source)] if seg is not None and kind == "dicom-sr" else []
    with _quiet():
        try:
            return make(outcome, source, *extra)
        except RefusedInput:
            raise
        except Exception as error:
            raise RefusedInput(
                what=f"its headers cannot be taken over into a {KINDS[kind]}",
                where=source.called,
                found=type(error).__name__,
                remedy="export the series again from the archive",
            ) from error


def _segmentation(path: Path, outcome: Outcome, source: Source) -> Any:
    """A segmentation exported before, if it is of this result and series."""
    import pydicom

    remedy = "give the file that export --dicom-seg wrote for this result, or leave --seg out"
    if _sop_class(path) is None:
        raise RefusedInput(what="not a DICOM file", where="--seg", remedy=remedy)
    with _quiet():
        data = pydicom.dcmread(path)
    tracked = {str(one.get("TrackingUID", "")) for one in data.get("SegmentSequence", [])}
    same_study = data.get("StudyInstanceUID") == source.first.StudyInstanceUID
    if not same_study or tracked != {outcome.tracking_uid(label.key) for label in outcome.labels}:
        raise RefusedInput(what="not the segmentation of this result and series", where="--seg", remedy=remedy)
    return data


def _export_scene(folder: Path, out: Path) -> str:
    """The scene that the run wrote, which has the images as they were given; else one made now."""
    if out.suffix.lower() != ".mrb":
        raise RefusedInput(what="not a scene file name", where="--out", found=out.name, remedy="let it end in .mrb")
    with _whole_file(out) as partial:
        if (folder / _SCENE).is_file():
            shutil.copyfile(folder / _SCENE, partial)
            return f"{KINDS['mrb']} in {out}"
        problem = write_scene(folder, partial)
        if problem:
            raise RefusedInput(what=problem.replace(partial.name, out.name))
    return f"{KINDS['mrb']}, made anew from the prepared images, in {out}"


@contextmanager
def _whole_file(out: Path) -> Iterator[Path]:
    """A path of the same name in a private folder beside ``out``; becomes ``out`` when the block ends well."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(prefix=".partial-", dir=out.parent))
    except OSError as error:
        raise _unwritable(out, error) from error
    try:
        yield private / out.name
        os.replace(private / out.name, out)  # noqa: PTH105 - the documented atomic rename
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _check_target(out: Path, replaceable: Callable[[Path], bool]) -> None:
    """Refuse to replace anything but an earlier export of the same kind, such as an image of the source."""
    if out.is_dir():
        raise RefusedInput(what="the output is a folder", where="--out", remedy="name a file in it")
    if out.exists() and not replaceable(out):
        raise RefusedInput(
            what="there is a file that is no earlier export of this kind",
            where="--out",
            found=out.name,
            remedy="choose another name",
        )


def _is_scene(path: Path) -> bool:
    return path.suffix.lower() == ".mrb" and zipfile.is_zipfile(path)


def _sop_class(path: Path) -> str | None:
    """Kind of object in a DICOM file; None if it is none."""
    import pydicom

    try:
        with _quiet():
            return str(pydicom.dcmread(path, specific_tags=["SOPClassUID"]).get("SOPClassUID", ""))
    except Exception:  # noqa: BLE001 - pydicom raises anything on files that are not DICOM
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """No message of the libraries: they quote values, which may be identifiers."""
    log = logging.getLogger("highdicom")
    before, log.disabled = log.disabled, True
    try:
        with quiet_pydicom():
            yield
    finally:
        log.disabled = before


def _unwritable(out: Path, error: OSError) -> RefusedInput:
    remedy = "choose a writable folder with free space"
    return RefusedInput(
        what="the file cannot be written", where="--out", found=error.strerror or out.name, remedy=remedy
    )
