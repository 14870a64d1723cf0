"""NIfTI-1 and NIfTI-2, plain or gzipped, in and out of memory.

The whole gzip stream is unpacked and its checksum compared, so a truncated file is noticed. nibabel reads the header,
as ITK refuses headers whose axes are not exactly at right angles.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume

_GZIP_MAGIC = b"\x1f\x8b"
_SNAP_MM = 0.1
_EXACT = 1e-6
_NIFTI2_HEADER_SIZES = (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c")
_MIN_HEADER_BYTES = 348
_NIFTI2_HEADER_BYTES = 540
_GZIP_WINDOW_BITS = 31
_UNPACKED_AT_ONCE = 8 << 20


class UnreadableImage(ValueError):  # noqa: N818 - a reason, turned into RefusedInput by the caller
    """Why a file cannot be used; ``remedy`` says what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(reason)


def decode_nifti(data: bytes) -> tuple[npt.NDArray, npt.NDArray[np.float64]]:
    """Array (as stored: 3-D or any other number of dimensions) and RAS affine of the bytes of an unpacked NIfTI file.

    Raises:
        UnreadableImage: If the bytes are not a complete NIfTI image with usable axes.
    """
    image = _parse(data)
    if image.header.get_data_dtype().fields is not None or image.header.get_data_dtype().kind == "c":
        msg = f"voxels of type {image.header.get_value_label('datatype')} are not single numbers"
        raise UnreadableImage(msg, "save the image as a scalar (grey-value) image")
    try:
        array = np.asanyarray(image.dataobj)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        msg = "file is shorter than its header says"
        raise UnreadableImage(msg, "copy or convert it again") from error
    return array, _right_angled_affine(image)


def states_orientation(path: Path) -> bool:
    """Whether the header of a NIfTI file that can be read says how the image lies in the patient.

    With sform_code and qform_code 0 it does not; the affine is then a convention, and left and right are a guess.
    """
    header = _header(path)
    return bool(header["sform_code"] > 0 or header["qform_code"] > 0)


def is_stored_as_4d(path: Path) -> bool:
    """Whether the header of a NIfTI file that can be read names more than three dimensions."""
    return int(_header(path)["dim"][0]) > 3


def encode_nifti(volume: Volume, *, compress: bool) -> bytes:
    """Bytes of a NIfTI-1 file: sform and qform both set (code 1, scanner), millimetres; gzip without time stamp."""
    image = nib.Nifti1Image(volume.array, volume.affine, dtype=volume.array.dtype)
    image.header.set_xyzt_units("mm")
    image.set_sform(volume.affine, code=1)
    image.set_qform(volume.affine, code=1)
    data = image.to_bytes()
    return gzip.compress(data, compresslevel=4, mtime=0) if compress else data


def _header(path: Path) -> nib.Nifti1Header:
    with path.open("rb") as file:
        packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    with gzip.open(path) if packed else path.open("rb") as file:
        data = file.read(_NIFTI2_HEADER_BYTES)
    kind = nib.Nifti2Header if data[:4] in _NIFTI2_HEADER_SIZES else nib.Nifti1Header
    return kind(data[: kind.template_dtype.itemsize], check=False)


def unpacking(data: bytes) -> Generator[None, None, bytes]:
    """Unpack the bytes of a file, giving way after every few MB; those of a file that is not gzipped stay as they are.

    Raises:
        UnreadableImage: If the stream is cut off, or its checksum is another.
    """
    if not data.startswith(_GZIP_MAGIC):
        return data
    parts: list[bytes] = []
    while data.startswith(_GZIP_MAGIC):  # a file may hold several streams
        stream = zlib.decompressobj(_GZIP_WINDOW_BITS)
        while not stream.eof:
            try:
                parts.append(stream.decompress(data, _UNPACKED_AT_ONCE))
            except zlib.error as error:
                raise _damaged() from error
            if not stream.eof and not parts[-1]:
                raise _damaged()
            data = stream.unconsumed_tail
            yield
        data = stream.unused_data
    return b"".join(parts)


def _damaged() -> UnreadableImage:
    return UnreadableImage("truncated or damaged gzip file", "copy or download it again")


def _parse(data: bytes) -> nib.Nifti1Image:
    kind = nib.Nifti2Image if data[:4] in _NIFTI2_HEADER_SIZES else nib.Nifti1Image
    magic_at = 4 if kind is nib.Nifti2Image else 344
    if len(data) < _MIN_HEADER_BYTES or data[magic_at : magic_at + 2] not in (b"n+", b"ni"):
        msg = "not a NIfTI image"
        raise UnreadableImage(msg, "give a NIfTI, NRRD or MetaImage file")
    try:
        return kind.from_bytes(data)
    except (nib.filebasedimages.ImageFileError, nib.spatialimages.HeaderDataError, ValueError, OSError) as error:
        msg = "damaged NIfTI header"
        raise UnreadableImage(msg, "convert the image again") from error


def _right_angled_affine(image: nib.Nifti1Image) -> npt.NDArray[np.float64]:
    """The header's affine, its axes put at right angles where that moves no voxel by more than 0.1 mm.

    A sheared sform (a registration written into the header) gives way to the qform, which cannot be sheared.
    """
    shape = np.array((*image.shape[:3], 1, 1, 1)[:3])
    for affine in (image.affine, image.get_qform(coded=True)[0]):
        if affine is None or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-12:
            continue
        squared = _orthogonalised(affine)
        moved = np.linalg.norm((np.abs(squared - affine)[:3, :3]) @ shape)
        if moved <= _SNAP_MM:
            return squared
    msg = "image axes are not at right angles (sheared header)"
    raise UnreadableImage(msg, "resample the image onto an ordinary grid")


def _orthogonalised(affine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    direction = affine[:3, :3] / spacing
    if np.abs(direction.T @ direction - np.eye(3)).max() < _EXACT:
        return affine
    left, _, right = np.linalg.svd(direction)
    result = affine.copy()
    result[:3, :3] = left @ right * spacing
    return result
