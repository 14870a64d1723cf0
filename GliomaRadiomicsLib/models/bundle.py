"""A model bundle: a folder with metadata.json, the weights and a model card.

Weights are safetensors (networks) or JSON (small linear models), never pickle: reading a bundle runs no code.
``metadata.json`` lists every file with its SHA-256; `verify` compares them before anything is used.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.provenance import sha256_file
from GliomaRadiomicsLib.models.card import write_card
from GliomaRadiomicsLib.models.metadata import (
    CARD_FILE,
    METADATA_FILE,
    SCHEMA_VERSION,
    check_member,
    check_metadata,
    plain_file,
)

WEIGHTS_FILE = "weights.safetensors"
_METADATA_LIMIT = 5_000_000


def save_bundle(
    folder: str | Path,
    metadata: Mapping[str, Any],
    tensors: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes | str] | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write a bundle; it appears complete under its name or not at all.

    Args:
        folder: Where the bundle shall lie; its parent is made if needed.
        metadata: As `check_metadata` wants it; further entries are kept. ``files`` (SHA-256 of each), ``weights``
            (name of the main file) and ``schema_version`` are filled in, as is ``created`` where absent.
        tensors: Weights by name, all numpy arrays or all torch tensors, written to ``weights.safetensors``.
        files: Further files by relative name, such as ``model.json``; text is written as UTF-8.
        overwrite: Replace an older bundle in ``folder``.

    Returns:
        The folder.

    Raises:
        RefusedInput: If the folder exists and ``overwrite`` is False, if the metadata is incomplete, if a file is of a
            kind bundles do not hold, or if there are neither tensors nor files.
    """
    folder = Path(folder)
    check_metadata(metadata)
    contents = _contents(tensors, files)
    if folder.exists() and not overwrite:
        raise RefusedInput(what="this bundle exists already", where=folder, remedy="choose another folder or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _write(temporary, metadata, contents)
        temporary.chmod(0o755)
        put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def restate(folder: str | Path, metadata: Mapping[str, Any]) -> Path:
    """Write metadata and card of a bundle anew; its other files stay as they are.

    Args:
        folder: Of a bundle whose files are those it lists.
        metadata: As `save_bundle`; ``files`` and ``weights`` in it are filled in anew.

    Raises:
        RefusedInput: As `verify` and `save_bundle`.
    """
    listed = verify(folder)["files"]
    contents = {name: plain_file(Path(folder), name).read_bytes() for name in listed}
    return save_bundle(folder, metadata, files=contents, overwrite=True)


def refuse_existing(target: Path, source: Path) -> None:
    """Raise `RefusedInput`, naming the bundle by ``source``, if there is a model in the folder it is to go into."""
    if target.exists():
        raise RefusedInput(
            what=f"a model named {target.name} is already there (the name is the one its metadata states)",
            where=source,
            remedy="give it another one: glioma-radiomics models import FILE --name NEW",
        )


def load_metadata(path: str | Path, *, system: str = "") -> dict[str, Any]:
    """Read and check ``metadata.json`` of the bundle in folder ``path``.

    Args:
        path: Of the bundle.
        system: Whose bundle it must be; any system's if empty.

    Raises:
        RefusedInput: If there is no bundle, its metadata is not JSON, too large, or incomplete, or it is a bundle of
            another system.
    """
    folder = Path(path)
    file = folder / METADATA_FILE
    if not file.is_file():
        raise RefusedInput(what=f"no model bundle: {METADATA_FILE} is missing", where=folder, remedy="give its folder")
    if file.stat().st_size > _METADATA_LIMIT:
        raise RefusedInput(what="the metadata is too large", where=file, found=f"{file.stat().st_size} bytes")
    try:
        metadata = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RefusedInput(
            what="the metadata is not JSON", where=file, found=error, remedy="import the bundle again"
        ) from error
    if not isinstance(metadata, dict):
        raise RefusedInput(what="the metadata is not a JSON object", where=file, found=type(metadata).__name__)
    check_metadata(metadata, file)
    if system:
        refuse_other_system(metadata, system, folder)
    return metadata


def refuse_other_system(metadata: Mapping[str, Any], system: str, where: object) -> None:
    """Raise `RefusedInput`, naming the bundle by ``where``, if it is not a bundle of this system."""
    if metadata["system"] != system:
        remedy = f"give a bundle of {system}"
        raise RefusedInput(what="a bundle of another system", where=where, found=metadata["system"], remedy=remedy)


def verify(path: str | Path, *, system: str = "") -> dict[str, Any]:
    """Check that every file of the bundle is the one its metadata describes.

    Args:
        path: Of the bundle.
        system: As `load_metadata`.

    Returns:
        The metadata.

    Raises:
        RefusedInput: As `load_metadata`, or if a file is missing, has another SHA-256, or the metadata lists none.
    """
    folder = Path(path)
    metadata = load_metadata(folder, system=system)
    if not metadata.get("files"):
        raise RefusedInput(what="the metadata lists no weights", where=folder, remedy="import the bundle again")
    for name, entry in metadata["files"].items():
        found = sha256_file(plain_file(folder, name))
        if found != entry.get("sha256"):
            raise RefusedInput(
                what=f"{name} is not the file the metadata describes: its SHA-256 differs",
                where=folder,
                found=f"{found[:12]} instead of {str(entry.get('sha256'))[:12]}",
                remedy="the file is damaged or was exchanged; import or download the bundle again",
            )
    return metadata


def load_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Weights of a verified bundle as numpy arrays.

    Raises:
        RefusedInput: As `verify`.
    """
    from safetensors.numpy import load_file

    verify(path)
    return load_file(plain_file(Path(path), WEIGHTS_FILE))


def load_json(path: str | Path, name: str = "model.json") -> dict[str, Any]:
    """A JSON file of a verified bundle.

    Raises:
        RefusedInput: As `verify`, or if the file is not listed in the metadata or is not JSON.
    """
    metadata = verify(path)
    if name not in metadata["files"]:
        raise RefusedInput(what=f"the bundle has no {name}", where=path, remedy="use a bundle of this system")
    try:
        return json.loads(plain_file(Path(path), name).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RefusedInput(
            what=f"{name} is not JSON", where=path, found=error, remedy="import or make the bundle again"
        ) from error


def put_in_place(temporary: Path, folder: Path) -> None:
    """Rename a complete folder to its final name; an older one is removed only after the new one stands."""
    if not folder.exists():
        temporary.rename(folder)
        return
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-old-"))
    folder.rename(aside / "old")
    try:
        temporary.rename(folder)
    except OSError:
        (aside / "old").rename(folder)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _contents(tensors: Mapping[str, Any] | None, files: Mapping[str, bytes | str] | None) -> dict[str, bytes]:
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in (files or {}).items()}
    for name in contents:
        check_member(name, "files")
        if name in (METADATA_FILE, CARD_FILE):
            raise RefusedInput(what="this file is written from the metadata", where="files", found=name)
    if tensors:
        contents[WEIGHTS_FILE] = _safetensors(tensors)
    if not contents:
        raise RefusedInput(what="a bundle without weights", where="tensors, files", remedy="give one of them")
    return contents


def _safetensors(tensors: Mapping[str, Any]) -> bytes:
    if all(isinstance(value, np.ndarray) for value in tensors.values()):
        from safetensors.numpy import save

        return save({name: np.ascontiguousarray(value) for name, value in tensors.items()})
    from safetensors.torch import save as save_torch

    return save_torch({name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()})


def _write(folder: Path, metadata: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    complete = {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(timezone.utc).date().isoformat(),
        **metadata,
        "weights": WEIGHTS_FILE if WEIGHTS_FILE in contents else next(iter(contents)),
        "files": {
            name: {"sha256": sha256_file(folder / name), "bytes": len(content)} for name, content in contents.items()
        },
    }
    text = json.dumps(complete, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / METADATA_FILE).write_text(text + "\n", encoding="utf-8")
    (folder / CARD_FILE).write_text(write_card(json.loads(text)), encoding="utf-8")
