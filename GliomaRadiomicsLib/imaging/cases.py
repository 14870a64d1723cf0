"""Case folders in the BraTS namings of 2012 to 2024, and BraTS label maps."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import ED, ET, LABEL_VALUES, NCR_NET, SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import image_suffix, read_volume
from GliomaRadiomicsLib.imaging.roles import SURE, recognise_name

_ROLE_OF_WORD = {
    "t1": "t1",
    "t1n": "t1",
    "t1w": "t1",
    "t1ce": "t1ce",
    "t1c": "t1ce",
    "t1gd": "t1ce",
    "t2": "t2",
    "t2w": "t2",
    "flair": "flair",
    "t2f": "flair",
    "seg": "seg",
    "segm": "seg",
    "truth": "seg",
    "ot": "seg",
}
_NUMBERED = re.compile(r"^vsd\..*\.\d+$")
_SEPARATORS = re.compile(r"[._\-\s]+")
_EXAMPLE = (
    "name the files like NAME_t1.nii.gz, NAME_t1ce.nii.gz, NAME_t2.nii.gz, NAME_flair.nii.gz, or give a DICOM folder "
    "with --dicom"
)


def find_case(folder: str | Path) -> dict[str, Path]:
    """Files of one case by role: the sequences of `SEQUENCES` that are there, and ``seg`` if there is a label map.

    Reads BraTS names of every year, upper or lower case: ``*_t1``, ``*-t1n``, ``*_t1ce``, ``*-t1c``, ``*_t1gd``,
    ``*_t2``, ``*-t2w``, ``*_flair``, ``*-t2f``, ``*_seg``, and the ``VSD.Brain.XX.O.MR_T1c.<number>`` of 2012 to 2015,
    which lie one folder deeper. Where no name is one of these, names such as ``AX T1 POST GAD`` are understood too.

    Raises:
        RefusedInput: If the folder is missing, no file has such a name, two files claim the same role, or it is a
            folder of case folders.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RefusedInput(what="no such folder", where=folder, remedy="give the folder that holds the case's images")
    found = _by_role(folder.glob("*")) or _one_deeper(folder)
    if not any(role in found for role in SEQUENCES):
        found = {**found, **_by_words(folder)}
    for role, paths in found.items():
        if len(paths) > 1:
            names = " and ".join(sorted(path.name for path in paths)[:2])
            raise RefusedInput(
                what=f"{len(paths)} files for {role}",
                where=folder,
                found=names,
                remedy="leave one of them per sequence",
            )
    if not any(role in found for role in SEQUENCES):
        raise RefusedInput(what="no sequence found by name", where=folder, remedy=_EXAMPLE)
    return {role: found[role][0] for role in (*SEQUENCES, "seg") if role in found}


def read_label_map(path: str | Path, *, brats2013: bool = False, name: str = "seg") -> Volume:
    """Read a tumour label map as uint8 with the values 0, 1 (NCR/NET), 2 (ED), 4 (ET); see `as_label_map`."""
    volume = read_volume(path, name)
    return as_label_map(volume, brats2013=brats2013, where=path)


def as_label_map(volume: Volume, *, brats2013: bool = False, where: object = None) -> Volume:
    """``volume`` as uint8 label map with the values 0, 1 (NCR/NET), 2 (ED), 4 (ET).

    Args:
        volume: Labels 0/1/2/4 (BraTS 2017 to 2021) or 0/1/2/3 (BraTS 2023, where 3 is ET).
        brats2013: The values are those of BraTS 2012 and 2013: 1 necrosis, 2 oedema, 3 non-enhancing, 4 enhancing.
        where: File to name in messages; without it the name of the volume.

    Raises:
        RefusedInput: For other values, for fractions, and for 3 and 4 together unless ``brats2013``.
    """
    where = where if where is not None else (volume.name or None)
    values = _whole_values(volume, where)
    unknown = sorted(values - {0, *LABEL_VALUES, 3})
    if unknown:
        raise RefusedInput(
            what="unknown labels in the mask",
            where=where,
            found=_listed(unknown),
            remedy="use 1 NCR/NET, 2 oedema, 4 enhancing (or BraTS 2023: 1, 2, 3)",
        )
    if {3, 4} <= values and not brats2013:
        raise RefusedInput(
            what="labels 3 and 4 together mean different things in different years",
            where=where,
            found=_listed(sorted(values)),
            remedy="renumber them: in BraTS 2012/2013 3 (non-enhancing) becomes 1, in BraTS 2024 4 (cavity) becomes 0",
        )
    return volume.with_array(_translation(brats2013)[volume.array.astype(np.uint8)])


def _one_deeper(folder: Path) -> dict[str, list[Path]]:
    below = {path: _by_role(path.glob("*")) for path in folder.iterdir() if path.is_dir()}
    cases = [path for path, found in below.items() if len(found) > 1]
    if len(cases) > 1:
        raise RefusedInput(
            what="this is a folder of cases, not a case",
            where=folder,
            found=f"{len(cases)} case folders",
            remedy="give one of the folders in it",
        )
    return _by_role(folder.glob("*/*"))


def _by_role(paths: object) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:  # type: ignore[attr-defined]
        role = role_of_name(path.name)
        if role and path.is_file():
            found.setdefault(role, []).append(path)
    return found


def _by_words(folder: Path) -> dict[str, list[Path]]:
    """Files by the role that the words of their names tell surely."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*")):
        suffix = image_suffix(path)
        if suffix is None or path.name.startswith(".") or not path.is_file():
            continue
        recognised = recognise_name(path.name[: -len(suffix)])
        if recognised.role is not None and recognised.confidence >= SURE:
            found.setdefault(recognised.role, []).append(path)
    return found


def role_of_name(name: str) -> str | None:
    """Role (a sequence or ``seg``) that a file name claims by BraTS naming, or None."""
    suffix = image_suffix(name)
    if suffix is None or name.startswith("."):
        return None
    stem = name[: -len(suffix)].lower()
    if _NUMBERED.match(stem):
        stem = stem.rsplit(".", 1)[0]
    return _ROLE_OF_WORD.get(_SEPARATORS.split(stem)[-1])


def _whole_values(volume: Volume, where: object) -> set[int]:
    values = np.unique(volume.array)
    whole = np.isfinite(values) & (values == np.rint(values))
    if not whole.all():
        raise RefusedInput(
            what="not a label map: it holds fractions, NaN or infinity",
            where=where,
            found=_listed(values[~whole].tolist()),
            remedy="give the label map itself, not a probability map or a linearly resampled one",
        )
    return {int(value) for value in values}


def _translation(brats2013: bool) -> np.ndarray:
    translation = np.zeros(256, dtype=np.uint8)
    translation[[NCR_NET, ED, ET]] = NCR_NET, ED, ET
    translation[3] = NCR_NET if brats2013 else ET
    return translation


def _listed(values: list) -> str:
    text = ", ".join(f"{value:g}" for value in values[:5])
    return text + (f" and {len(values) - 5} more" if len(values) > 5 else "")
