"""What was run on what: hashes and versions, enough to replay, nothing that identifies the patient."""

from __future__ import annotations

import hashlib
import platform
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.core.volume import Volume

_PACKAGES = ("numpy", "scipy", "SimpleITK", "pydicom", "torch", "scikit-learn", "pandas", "slicer-core")


def sha256_file(path: str | Path) -> str:
    """SHA-256 of a file, as hexadecimal text."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if sys.version_info >= (3, 11) else _digest(file)


def _digest(file) -> str:  # type: ignore[no-untyped-def]
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def sha256_volume(volume: Volume) -> str:
    """SHA-256 of voxel values and geometry (for images that came from memory, not from a file)."""
    digest = hashlib.sha256(np.ascontiguousarray(volume.array).tobytes())
    digest.update(np.round(volume.affine, 6).tobytes())
    return digest.hexdigest()


def timestamp() -> str:
    """Now, to the second: ISO 8601 with the offset of the local time zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Versions of this product, Python, the platform and the packages a result depends on."""
    found = {"glioma-radiomics": VERSION, "python": platform.python_version(), "platform": platform.system()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
