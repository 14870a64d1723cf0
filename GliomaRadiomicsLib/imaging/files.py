"""Reading and writing of NIfTI, NRRD and MetaImage files; what cannot be read without guessing is refused."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.itk_files import check_channel, read_with_itk, write_with_itk, wrong_dimensions
from GliomaRadiomicsLib.imaging.nifti import (
    UnreadableImage,
    decode_nifti,
    encode_nifti,
    is_stored_as_4d,
    states_orientation,
    unpacking,
)

SUFFIXES = {
    ".nii.gz": "NIfTI",
    ".nii": "NIfTI",
    ".nrrd": "NRRD",
    ".nhdr": "NRRD",
    ".mha": "MetaImage",
    ".mhd": "MetaImage",
}
"""File suffixes (lower case) that can be read, with the format each stands for."""

_DETACHED = (".nhdr", ".mhd")


def image_suffix(path: str | Path) -> str | None:
    """The suffix of ``path`` as in `SUFFIXES` (lower case), or None if it is no image file by name."""
    name = Path(path).name.lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)


def read_volume(path: str | Path, name: str = "") -> Volume:
    """Read a 3-D scalar image.

    Args:
        path: NIfTI (.nii, .nii.gz), NRRD (.nrrd, .nhdr) or MetaImage (.mha, .mhd) file.
        name: What to call the volume in messages.

    Returns:
        Array (i, j, k) in the file's own integer type or float32; RAS affine.

    Raises:
        RefusedInput: For a missing, unreadable or truncated file, an unknown format, and anything but 3-D scalars.
    """
    return _at_once(_reading(Path(path), name, None))


def read_volume_steps(path: str | Path, name: str = "") -> Generator[None, None, Volume]:
    """As `read_volume`, but giving way between short steps while a gzipped NIfTI file is unpacked."""
    return _reading(Path(path), name, None)


def read_mask(path: str | Path, channel: int = 0, name: str = "") -> Volume:
    """Read a mask; of a file with several masks (a number per mask in every voxel), the one chosen.

    Args:
        path: As for `read_volume`; Slicer's ``.seg.nrrd`` and 4-D NIfTI files may hold several masks.
        channel: Which of them, counted from 0; a file with one mask is read whatever is given.
        name: What to call the mask in messages.

    Raises:
        RefusedInput: As `read_volume`, and if there is no such channel.
    """
    return _at_once(_reading(Path(path), name, channel))


def _reading(path: Path, name: str, channel: int | None) -> Generator[None, None, Volume]:
    suffix = check_image_file(path)
    try:
        if SUFFIXES[suffix] == "NIfTI":
            data = yield from unpacking(path.read_bytes())
            volume = _decoded(data, channel)
        else:
            volume = read_with_itk(path, SUFFIXES[suffix], channel)
    except UnreadableImage as error:
        raise RefusedInput(what=error.reason, where=path, remedy=error.remedy) from error
    except OSError as error:
        raise RefusedInput(
            what="file cannot be read", where=path, found=error.strerror, remedy="check its permissions"
        ) from error
    if 0 in volume.shape:
        raise RefusedInput(what="image without voxels", where=path, found=volume.shape, remedy="convert it again")
    return Volume(_kept_dtype(volume.array), volume.affine, name)


def has_orientation(path: str | Path) -> bool:
    """Whether a file that `read_volume` reads says how the image lies in the patient; only NIfTI can leave it open."""
    return SUFFIXES[image_suffix(path) or ""] != "NIfTI" or states_orientation(Path(path))


def is_single_time_point(path: str | Path) -> bool:
    """Whether a file that `read_volume` reads is NIfTI stored as 4-D; it then holds one time point."""
    return SUFFIXES[image_suffix(path) or ""] == "NIfTI" and is_stored_as_4d(Path(path))


def check_image_file(path: str | Path) -> str:
    """The suffix (a key of `SUFFIXES`) of a file that by name and size may hold an image; nothing is read.

    Raises:
        RefusedInput: For a missing or empty file, a folder, and an unknown format.
    """
    path = Path(path)
    if path.is_dir():
        raise RefusedInput(
            what="a folder where an image file is needed",
            where=path,
            remedy="give the image file, or the folder of a case as --case",
        )
    if not path.is_file():
        raise RefusedInput(what="no such file", where=path, remedy="check the path")
    suffix = image_suffix(path)
    if suffix is None:
        raise RefusedInput(
            what="not an image format that is read here",
            where=path,
            found=path.suffix or "no suffix",
            remedy="convert it to .nii.gz, .nrrd or .mha",
        )
    if path.stat().st_size == 0:
        raise RefusedInput(what="empty file", where=path, found="0 bytes", remedy="copy or convert it again")
    return suffix


def write_volume(volume: Volume, path: str | Path) -> None:
    """Write compressed (but .nii plain), first under another name in the same folder, then renamed when complete.

    Booleans are stored as uint8, other floats as float32, 64-bit integers as 32-bit where they fit.

    Raises:
        RefusedInput: If the suffix is not .nii, .nii.gz, .nrrd or .mha, or the file cannot be written.
    """
    path = Path(path)
    suffix = image_suffix(path)
    if suffix is None or suffix in _DETACHED:
        raise RefusedInput(
            what="no format to write", where=path, found=suffix, remedy="use .nii.gz, .nii, .nrrd or .mha"
        )
    stored = Volume(_kept_dtype(volume.array), volume.affine, volume.name)
    partial = path.with_name(f".partial-{uuid.uuid4().hex[:12]}{suffix}")
    try:
        if SUFFIXES[suffix] == "NIfTI":
            partial.write_bytes(encode_nifti(stored, compress=suffix == ".nii.gz"))
        else:
            _write_checked(stored, partial)
        os.replace(partial, path)  # noqa: PTH105 - Path.replace is the same; os.replace is the documented atomic one
    except OSError as error:
        raise RefusedInput(
            what="file cannot be written",
            where=path,
            found=error.strerror or str(error),
            remedy="choose an existing, writable folder with enough free space",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def write_label_map(volume: Volume, path: str | Path) -> None:
    """Write a label map (whole numbers 0 to 255) as uint8; raises `RefusedInput` like `write_volume`."""
    labels = volume.array.astype(np.uint8)
    if not np.array_equal(labels, volume.array):
        raise RefusedInput(
            what="not a label map", where=volume.name or None, remedy="labels are whole numbers 0 to 255"
        )
    write_volume(volume.with_array(labels), path)


def _at_once(steps: Generator[None, None, Volume]) -> Volume:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _decoded(data: bytes, channel: int | None) -> Volume:
    array, affine = decode_nifti(data)
    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if channel is not None and array.ndim > 3 and array.size == np.prod(array.shape[:3]) * array.shape[-1]:
        check_channel(channel, array.shape[-1])
        array = array.reshape(*array.shape[:3], array.shape[-1])[..., channel]
    if array.ndim != 3:
        raise UnreadableImage(*wrong_dimensions(array.shape))
    return Volume(array, affine)


def _kept_dtype(array: npt.NDArray) -> npt.NDArray:
    array = np.asarray(array)
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    if array.dtype.itemsize == 8 and array.size:
        small = np.int32 if array.min() < 0 or array.max() <= np.iinfo(np.int32).max else np.uint32
        info = np.iinfo(small)
        return array.astype(small if info.min <= array.min() and array.max() <= info.max else np.float32)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _write_checked(volume: Volume, path: Path) -> None:
    """ITK does not report every failed write (a full disk), so the file is read back before it gets its name."""
    write_with_itk(volume, path)
    try:
        read_with_itk(path, SUFFIXES[image_suffix(path) or ""])
    except UnreadableImage as error:
        raise OSError(error.reason) from error
