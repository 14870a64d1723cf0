"""What a bundle's metadata.json must state; checked before a bundle is written and before it is used."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput

SCHEMA_VERSION = "1.0"
METADATA_FILE = "metadata.json"
CARD_FILE = "README.md"
ALLOWED_SUFFIXES = (".safetensors", ".json", ".md", ".txt", ".csv", ".yaml", ".png")
"""Kinds of files a bundle may hold; nothing that runs code when it is read (no pickle, no Python)."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_REQUIRED: dict[str, type] = {
    "name": str,
    "system": str,
    "version": str,
    "licence": str,
    "attribution": list,
    "input": dict,
    "training": dict,
    "evidence": dict,
    "intended_use": str,
    "not_for": list,
}
_FIGURE_KEYS = ("id", "metric", "value", "n", "cohort", "validation")


def check_name(name: str) -> str:
    """The name, if it can serve as a folder name on every platform.

    Raises:
        RefusedInput: Otherwise.
    """
    if not _NAME.fullmatch(name) or name.endswith("."):
        remedy = "use lower-case letters, digits, dot, dash and underscore, at most 64"
        raise RefusedInput(what="not a model name", where="name", found=name, remedy=remedy)
    return name


def check_metadata(metadata: Mapping[str, Any], where: object = METADATA_FILE) -> None:
    """Check that the metadata states everything a model must not travel without.

    Args:
        metadata: Content of metadata.json.
        where: Named in messages.

    Raises:
        RefusedInput: Naming the first entry that is missing, of the wrong type, or not finite.
    """
    for key, kind in _REQUIRED.items():
        if not isinstance(metadata.get(key), kind):
            found = type(metadata[key]).__name__ if key in metadata else "nothing"
            remedy = f"state it as {kind.__name__}"
            raise RefusedInput(what=f"the metadata lacks '{key}'", where=where, found=found, remedy=remedy)
    check_name(metadata["name"])
    _check_major(str(metadata.get("schema_version", SCHEMA_VERSION)), where)
    for entry in metadata["evidence"].get("figures", []):
        _check_figure(entry, where)
    for name in metadata.get("files", {}):
        check_member(name, where)


def check_member(name: str, where: object) -> PurePosixPath:
    """The relative path of a bundle's file, if it stays inside the bundle and is of an allowed kind.

    Raises:
        RefusedInput: As `check_inside`, or for a kind of file not allowed.
    """
    path = check_inside(name, where)
    if path.suffix.lower() not in ALLOWED_SUFFIXES:
        remedy = f"a bundle holds only {', '.join(ALLOWED_SUFFIXES)}"
        raise RefusedInput(what="a file of this kind is not read from bundles", where=where, found=name, remedy=remedy)
    return path


def check_inside(name: str, where: object) -> PurePosixPath:
    """The relative path of a bundle's file, if it stays inside the bundle.

    Raises:
        RefusedInput: For an absolute path, ``..``, a drive letter or a backslash.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name or not path.parts:
        raise RefusedInput(
            what="a file leads out of the bundle", where=where, found=name, remedy="do not use this bundle"
        )
    return path


def plain_file(folder: Path, name: str) -> Path:
    """The bundle's file ``name`` inside ``folder``.

    Raises:
        RefusedInput: If it is missing, no plain file, or `check_member` refuses it.
    """
    path = folder / check_member(name, folder)
    if path.is_symlink() or not path.is_file():
        raise RefusedInput(
            what=f"{name} is missing from the bundle", where=folder, remedy="import or download the bundle again"
        )
    return path


def _check_major(version: str, where: object) -> None:
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        remedy = f"this version reads schema {SCHEMA_VERSION}; update the product or the bundle"
        raise RefusedInput(what="unknown bundle schema", where=where, found=version, remedy=remedy)


def _check_figure(entry: Mapping[str, Any], where: object) -> None:
    missing = [key for key in _FIGURE_KEYS if entry.get(key) in (None, "")]
    if missing:
        what = f"a figure of the evidence lacks '{missing[0]}'"
        raise RefusedInput(what=what, where=where, found=entry.get("id"), remedy="state it or leave the figure out")
    if not math.isfinite(entry["value"]):
        raise RefusedInput(
            what="a figure of the evidence is no number", where=where, found=entry["id"], remedy="leave the figure out"
        )
