"""Pixels of DICOM files: plain ones directly, compressed ones through GDCM (SimpleITK)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.imaging.dicom.header import Slice, quiet_pydicom

_PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99")
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_TAGS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "NumberOfFrames"),
    *("SamplesPerPixel", "PixelData"),
)
_MAGIC_END = 132
_THREADS = 4
"""Decoding of compressed pixels gains from them; Python stands aside meanwhile."""


class UnreadablePixels(ValueError):  # noqa: N818 - a reason, turned into RefusedInput by the caller
    """Why the pixels of a file cannot be used; ``path`` is the file."""

    def __init__(self, reason: str, path: Path) -> None:
        self.path = path
        super().__init__(reason)


def read_pixels(slices: Sequence[Slice]) -> tuple[npt.NDArray, str]:
    """Pixel values of the slices, slope and intercept applied.

    Args:
        slices: Of one size, from files of one or more frames.

    Returns:
        Array ``(slice, row, column)``, of integers where slope and intercept are whole, else float32, and the SHA-256
        over the hashes of the files, which does not depend on their names.

    Raises:
        UnreadablePixels: Naming the file that is truncated or cannot be decoded.
    """
    stack = np.empty((len(slices), *slices[0].size), _dtype(slices))
    digests: list[str] = []
    by_file: dict[Path, list[int]] = {}
    for index, one in enumerate(slices):
        by_file.setdefault(one.path, []).append(index)
    with quiet_pydicom(), _quiet_itk(), ThreadPoolExecutor(_THREADS) as threads:
        files = zip(by_file.values(), threads.map(_read_file, by_file), strict=True)
        for members, (frames, digest, scaled) in files:
            digests.append(digest)
            for index in members:
                stack[index] = _frame(frames, slices[index], scaled)
    return stack, hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


@contextmanager
def _quiet_itk() -> Iterator[None]:
    """No warnings from ITK on the console."""
    import SimpleITK as sitk  # noqa: N813 - its usual name

    quiet = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(quiet)


def _dtype(slices: Sequence[Slice]) -> npt.DTypeLike:
    if any(slope != 1.0 or offset != round(offset) for slope, offset in (one.scale for one in slices)):
        return np.float32
    if any(bits > 31 and not signed for bits, signed in (one.bits for one in slices)):
        return np.float32
    if any(one.scale[1] for one in slices) or max(one.bits[0] for one in slices) > 16:
        return np.int32
    wide = any(bits > 15 and not signed for bits, signed in (one.bits for one in slices))
    return np.uint16 if wide and not any(one.bits[1] for one in slices) else np.int32 if wide else np.int16


def _frame(frames: npt.NDArray, one: Slice, scaled: bool) -> npt.NDArray:
    number = one.frame or 0
    if number >= len(frames) or frames.shape[1:] != one.size:
        msg = "fewer pixels than its header says"
        raise UnreadablePixels(msg, one.path)
    slope, intercept = one.scale
    if scaled or (slope == 1.0 and intercept == 0.0):
        return frames[number]
    if slope == 1.0 and intercept == round(intercept):
        return frames[number].astype(np.int32) + np.int32(intercept)
    return frames[number] * np.float64(slope) + np.float64(intercept)


def _read_file(path: Path) -> tuple[npt.NDArray, str, bool]:
    """Frames ``(frame, row, column)``, hash of the file, and whether slope and intercept are applied already."""
    import pydicom

    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    try:
        bare = data[128:_MAGIC_END] != b"DICM"
        header = pydicom.dcmread(io.BytesIO(data), specific_tags=list(_TAGS), force=bare)
    except Exception as error:  # noqa: BLE001 - pydicom raises anything on damaged bytes
        msg = "truncated or damaged file"
        raise UnreadablePixels(msg, path) from error
    syntax = str(getattr(header.file_meta, "TransferSyntaxUID", _PLAIN[0]))
    if syntax in (*_PLAIN, _BIG_ENDIAN):
        try:
            return _plain_frames(header, path, "<" if syntax != _BIG_ENDIAN else ">"), digest, False
        except UnreadablePixels:
            raise
        except (AttributeError, TypeError, ValueError) as error:
            msg = "truncated or damaged file"
            raise UnreadablePixels(msg, path) from error
    return _decoded_frames(path), digest, True


def _plain_frames(header: Any, path: Path, order: str) -> npt.NDArray:
    if header.get("PixelData") is None:
        msg = "no pixels, or truncated before them"
        raise UnreadablePixels(msg, path)
    allocated = int(header.BitsAllocated)
    stored = int(header.get("BitsStored") or allocated)
    signed = bool(header.get("PixelRepresentation"))
    frames, shape = int(header.get("NumberOfFrames") or 1), (int(header.Rows), int(header.Columns))
    if allocated not in (8, 16, 32):
        msg = f"{allocated} bits per pixel"
        raise UnreadablePixels(msg, path)
    count = frames * shape[0] * shape[1]
    if len(header.PixelData) * 8 < count * allocated:
        msg = "truncated: fewer pixels than its header says"
        raise UnreadablePixels(msg, path)
    array = np.frombuffer(header.PixelData, f"{order}{'i' if signed else 'u'}{allocated // 8}", count)
    array = array.astype(array.dtype.newbyteorder("="), copy=False).reshape(frames, *shape)
    high = int(header.get("HighBit") if header.get("HighBit") is not None else stored - 1)
    if stored < allocated:
        array = (array << (allocated - 1 - high)) >> (allocated - stored)
    return array


def _decoded_frames(path: Path) -> npt.NDArray:
    import SimpleITK as sitk  # noqa: N813 - its usual name

    try:
        image = sitk.ReadImage(str(path), imageIO="GDCMImageIO")
    except RuntimeError as error:
        msg = "compressed pixels that cannot be decoded, or a truncated file"
        raise UnreadablePixels(msg, path) from error
    array = sitk.GetArrayFromImage(image)
    return array if array.ndim == 3 else array[None]
