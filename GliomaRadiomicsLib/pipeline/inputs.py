"""The images of one case, from files or memory, with their hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.provenance import sha256_file, sha256_volume
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import find_case
from GliomaRadiomicsLib.imaging.files import check_image_file, has_orientation, read_volume

Source = str | Path | Volume


@dataclass(frozen=True)
class CaseInputs:
    """What a case run starts from.

    Attributes:
        volumes: Sequences by role, as read.
        mask: Label map given by the user, as read, or None; its labels are for the passport to check.
        hashes: SHA-256 of each input by role, of the file where there is one.
        unoriented: Roles whose files do not say how the image lies in the patient.
    """

    volumes: dict[str, Volume]
    mask: Volume | None = None
    hashes: dict[str, str] = field(default_factory=dict)
    unoriented: tuple[str, ...] = ()


def check_sources(sources: Mapping[str, Source | None], mask: Source | None = None) -> None:
    """See that there is a sequence and that every path is a file with the name of an image; nothing is read.

    Raises:
        RefusedInput: Naming the first that is not.
    """
    given = [sources[role] for role in SEQUENCES if sources.get(role) is not None]
    if not given:
        raise RefusedInput(what="no sequence given", remedy="give at least one of T1, T1ce, T2, FLAIR")
    for source in (*given, mask):
        if isinstance(source, (str, Path)):
            check_image_file(source)


def read_inputs(sources: dict[str, Source | None], mask: Source | None = None) -> CaseInputs:
    """Read the sequences given (a path or a `Volume` by role) and the mask.

    Raises:
        RefusedInput: If nothing is given, or a file cannot be used.
    """
    check_sources(sources, mask)
    given = {role: sources[role] for role in SEQUENCES if sources.get(role) is not None}
    volumes, hashes = {}, {}
    for role, source in given.items():
        volumes[role], hashes[role] = _read(source, role)  # type: ignore[arg-type]
    label_map = None
    if mask is not None:
        label_map, hashes["mask"] = _read(mask, "mask")
    files = {role: source for role, source in {**given, "mask": mask}.items() if isinstance(source, (str, Path))}
    unoriented = tuple(role for role, path in files.items() if not has_orientation(path))
    return CaseInputs(volumes, label_map, hashes, unoriented)


def sources_of_folder(folder: str | Path) -> dict[str, Source | None]:
    """Sequences of a case folder in any BraTS naming (its manual label map is left alone)."""
    return {role: path for role, path in find_case(folder).items() if role in SEQUENCES}


def _read(source: Source, role: str) -> tuple[Volume, str]:
    if isinstance(source, Volume):
        return Volume(source.array, source.affine, role), sha256_volume(source)
    return read_volume(source, role), sha256_file(source)
