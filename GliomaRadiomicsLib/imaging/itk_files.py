"""NRRD and MetaImage files through SimpleITK, checked for completeness before ITK sees them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.itk import from_itk, to_itk
from GliomaRadiomicsLib.imaging.nifti import UnreadableImage

_READERS = {"NRRD": "NrrdImageIO", "MetaImage": "MetaImageIO"}
_META_BYTES = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_FLOAT": 4,
    "MET_LONG": 4,
    "MET_ULONG": 4,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_DOUBLE": 8,
}
_HEADER_BYTES = 1 << 16
_SCALAR = "save the image as a scalar (grey-value) image"
_AGAIN = "copy or convert it again"


def write_transform(matrix: npt.NDArray[np.float64], path: Path) -> None:
    """Write a movement as an ITK transform file, as 3D Slicer, ANTs and ITK-SNAP read it (``.tfm``, LPS mm).

    Args:
        matrix: 4x4, from a place (RAS mm) in the fixed image to the same tissue's place in the moving image.
        path: Ends in ``.tfm`` or ``.txt``.
    """
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    lps = to_lps @ matrix @ to_lps
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(lps[:3, :3].ravel().tolist())
    transform.SetTranslation(lps[:3, 3].tolist())
    sitk.WriteTransform(transform, str(path))


def read_with_itk(path: Path, kind: str, channel: int | None = None) -> Volume:
    """Read a 3-D scalar image; ``kind`` is ``NRRD`` or ``MetaImage``, ``channel`` chosen of several numbers per voxel.

    Raises:
        UnreadableImage: If the file is not a complete 3-D scalar image of that kind.
    """
    _check_magic(path, kind)
    if kind == "MetaImage":
        _check_meta_complete(path)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(_READERS[kind])
    reader.SetFileName(str(path))
    quiet = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        reader.ReadImageInformation()
        several = channel is not None and reader.GetNumberOfComponents() > 1
        _check_kind_of_voxels(reader, several=several)
        image = _without_trailing_one(reader.Execute())
        if channel is not None and several:
            check_channel(channel, reader.GetNumberOfComponents())
            image = sitk.VectorIndexSelectionCast(image, channel)
        return from_itk(image)
    except RuntimeError as error:
        msg = f"not a readable {kind} image, or truncated"
        raise UnreadableImage(msg, _AGAIN) from error
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(quiet)


def write_with_itk(volume: Volume, path: Path) -> None:
    """Write compressed; the suffix of ``path`` decides the format. Raises OSError when that fails."""
    try:
        sitk.WriteImage(to_itk(volume), str(path), useCompression=True)
    except RuntimeError as error:
        msg = "the image could not be written"
        raise OSError(msg) from error


def _check_magic(path: Path, kind: str) -> None:
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    if kind == "NRRD" and not start.startswith(b"NRRD000"):
        msg = "not an NRRD image"
        raise UnreadableImage(msg, "give a NIfTI, NRRD or MetaImage file")
    if kind == "MetaImage" and b"ElementDataFile" not in start:
        msg = "not a MetaImage"
        raise UnreadableImage(msg, "give a NIfTI, NRRD or MetaImage file")


def _check_meta_complete(path: Path) -> None:
    """MetaIO complains about short files on the console; this notices them first."""
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    header, _, _ = start.partition(b"ElementDataFile")
    line_end = start.find(b"\n", len(header))
    fields = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", start[: line_end + 1].decode("latin-1"), re.MULTILINE))
    target = fields.get("ElementDataFile", "LOCAL")
    if target.upper() == "LOCAL":
        present = path.stat().st_size - (line_end + 1)
    elif (path.parent / target).is_file():
        present = (path.parent / target).stat().st_size
    else:
        msg = "its data file is missing"
        raise UnreadableImage(msg, "keep the .raw or .zraw file beside the .mhd file")
    if present < _bytes_promised(fields):
        msg = "file is shorter than its header says"
        raise UnreadableImage(msg, _AGAIN)


def _bytes_promised(fields: dict[str, str]) -> int:
    try:
        if fields.get("CompressedData", "False").lower() == "true":
            return int(fields.get("CompressedDataSize", 1))
        voxels = int(np.prod([int(n) for n in fields["DimSize"].split()], dtype=np.int64))
        return voxels * int(fields.get("ElementNumberOfChannels", 1)) * _META_BYTES.get(fields["ElementType"], 1)
    except (KeyError, ValueError) as error:
        msg = "damaged MetaImage header"
        raise UnreadableImage(msg, _AGAIN) from error


def check_channel(channel: int, channels: int) -> None:
    """Raise `UnreadableImage` unless there is such a channel."""
    if channel >= channels:
        msg = f"no mask {channel} in it, the file holds {channels} masks"
        raise UnreadableImage(msg, f"set label_channel to 0 ... {channels - 1}")


def _check_kind_of_voxels(reader: sitk.ImageFileReader, *, several: bool) -> None:
    if reader.GetNumberOfComponents() != 1 and not several:
        msg = f"{reader.GetNumberOfComponents()} numbers per voxel (colour or vector image)"
        raise UnreadableImage(msg, _SCALAR)
    if "complex" in sitk.GetPixelIDValueAsString(reader.GetPixelID()):
        msg = "complex-valued image"
        raise UnreadableImage(msg, _SCALAR)
    sizes = reader.GetSize()
    if len(sizes) < 3 or any(n != 1 for n in sizes[3:]):
        raise UnreadableImage(*wrong_dimensions(sizes))


def _without_trailing_one(image: sitk.Image) -> sitk.Image:
    if image.GetDimension() == 3:
        return image
    size = list(image.GetSize())
    return sitk.Extract(image, size[:3] + [0] * (len(size) - 3), directionCollapseToStrategy=1)


def wrong_dimensions(sizes: tuple[int, ...]) -> tuple[str, str]:
    """Reason and remedy for an image that is not 3-D."""
    text = " x ".join(str(n) for n in sizes)
    if len(sizes) > 3:
        return f"{len(sizes)}-D image of {text}", "a 3-D image is needed: save one time point or channel on its own"
    return f"{len(sizes)}-D image of {text}", "a 3-D image is needed: give the whole stack, not one slice"
