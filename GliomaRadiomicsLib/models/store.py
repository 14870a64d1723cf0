"""Where bundles lie: starter models in the package, the user's own in a folder of theirs; the user's come first."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.models import bundle, monai_bundle, unpack
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.models.download import fetch
from GliomaRadiomicsLib.models.metadata import CARD_FILE, METADATA_FILE, check_name

STARTER_FOLDER = Path(__file__).parent / "starter"
USER_FOLDER_VARIABLE = "GLIOMA_RADIOMICS_MODELS"


@dataclass(frozen=True)
class ModelInfo:
    """One bundle of the store; ``origin`` says whether it came with the product or was added by the user."""

    name: str
    system: str
    version: str
    origin: Literal["starter", "user"]
    path: Path


def user_folder() -> Path:
    """The user's model folder: ``GLIOMA_RADIOMICS_MODELS`` or ``~/.glioma-radiomics/models``; it need not exist."""
    chosen = os.environ.get(USER_FOLDER_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path.home() / ".glioma-radiomics" / "models"


def starter(name: str) -> Path:
    """Folder of a starter model.

    Raises:
        RefusedInput: If there is none of this name.
    """
    if not has_starter(name):
        raise _unknown(name, _names(STARTER_FOLDER))
    return STARTER_FOLDER / name


def has_starter(name: str) -> bool:
    """Whether there is a starter model of this name."""
    return (STARTER_FOLDER / check_name(name) / METADATA_FILE).is_file()


def find(name_or_path: str | Path) -> Path:
    """Folder of a bundle given by folder, or by name: the user's first, then the starter's.

    Raises:
        RefusedInput: If there is none.
    """
    text = str(name_or_path)
    if os.sep in text or "/" in text or Path(name_or_path, METADATA_FILE).is_file():
        return Path(name_or_path)
    for folder in (user_folder() / text, STARTER_FOLDER / text):
        if (folder / METADATA_FILE).is_file():
            return folder
    raise _unknown(text, sorted({*_names(user_folder()), *_names(STARTER_FOLDER)}))


def list_models() -> list[ModelInfo]:
    """Every bundle of the store, by name; a name in both places is listed twice, the user's (which counts) first.

    Raises:
        RefusedInput: If a bundle's metadata cannot be read.
    """
    found = []
    for origin, folder in (("user", user_folder()), ("starter", STARTER_FOLDER)):
        for name in _names(folder):
            data = load_metadata(folder / name)
            found.append(ModelInfo(name, data["system"], data["version"], origin, folder / name))  # type: ignore[arg-type]
    return sorted(found, key=lambda model: (model.name, model.origin != "user"))


def info(name: str) -> dict[str, Any]:
    """Metadata of a bundle, by name or folder.

    Raises:
        RefusedInput: As `find` and `load_metadata`.
    """
    return load_metadata(find(name))


def verify(name: str) -> dict[str, Any]:
    """Metadata of a bundle whose files all have the SHA-256 it states.

    Raises:
        RefusedInput: As `find` and `bundle.verify`.
    """
    return bundle.verify(find(name))


def import_bundle(
    source: str | Path, *, name: str = "", overwrite: bool = False, max_bytes: int = unpack.MAX_BYTES
) -> Path:
    """Take a bundle, a zip or tar file or a folder, into the user's folder.

    A bundle of MONAI's layout is rewritten as one of ours; see `monai_bundle`.

    Args:
        source: The bundle.
        name: What to call it; empty: as its metadata states.
        overwrite: Replace a bundle of this name.
        max_bytes: Of everything unpacked.

    Returns:
        Its new folder.

    Raises:
        RefusedInput: If it is no bundle, is damaged, unsafe (see `unpack`) or too large, holds a file its metadata does
            not list, or if the user has one of this name and ``overwrite`` is False.
    """
    source, home = Path(source), user_folder()
    name = check_name(name) if name else ""
    if not source.exists():
        raise RefusedInput(what="no such file or folder", where=source, remedy="give a zipped bundle or its folder")
    home.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=home, prefix=".import-"))
    try:
        if monai_bundle.is_monai(source):
            unpack.take(source, temporary, max_bytes, monai_bundle.is_wanted)
            return monai_bundle.convert(temporary, source, home, name=name, overwrite=overwrite)
        unpack.take(source, temporary, max_bytes)
        root = unpack.bundle_root(temporary, source)
        metadata = _verified(root, source)
        _check_nothing_unlisted(root, source)
        target = home / (name or str(metadata["name"]))
        if not overwrite:
            bundle.refuse_existing(target, source)
        if name:
            bundle.restate(root, {**metadata, "name": name})
        root.chmod(0o755)
        bundle.put_in_place(root, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def download(name: str, url: str, sha256: str, *, overwrite: bool = False, progress: Progress | None = None) -> Path:
    """Fetch a file by URL and SHA-256; a zipped bundle is imported, anything else kept as a file of weights.

    Args:
        name: What to call it; a zipped bundle must state the same name.
        url: ``https``, ``http`` or ``file``.
        sha256: Of the file at ``url``.
        overwrite: Replace a bundle of this name.
        progress: Told how far the download is.

    Returns:
        The bundle's folder, or the file ``<user folder>/weights/<name><suffix>``.

    Raises:
        RefusedInput: As `download.fetch` and `import_bundle`, or if the bundle has another name.
    """
    suffix = Path(url.split("?")[0]).suffix.lower()
    file = fetch(url, sha256, user_folder() / "weights" / (check_name(name) + suffix), progress)
    if not zipfile.is_zipfile(file) or suffix != ".zip":
        return file
    try:
        folder = import_bundle(file, overwrite=overwrite)
    finally:
        file.unlink(missing_ok=True)
    if folder.name != name:
        raise RefusedInput(
            what="the bundle has another name", where=url, found=folder.name, remedy=f"it was imported as {folder.name}"
        )
    return folder


def _verified(root: Path, source: Path) -> dict[str, Any]:
    """Metadata of an unpacked bundle; what is wrong with it is said of the file that was given."""
    try:
        return bundle.verify(root)
    except RefusedInput as error:
        raise RefusedInput(what=error.what, where=source, found=error.found, remedy=error.remedy) from error


def _check_nothing_unlisted(root: Path, source: Path) -> None:
    listed = {METADATA_FILE, CARD_FILE, *load_metadata(root)["files"]}
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    if found - listed:
        remedy = "list it in metadata.json or leave it out"
        raise RefusedInput(
            what="a file its metadata does not list", where=source, found=min(found - listed), remedy=remedy
        )


def _names(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"[!.]*/{METADATA_FILE}"))


def _unknown(name: str, known: list[str]) -> RefusedInput:
    remedy = f"choose from {', '.join(known) or 'none installed'}, or give a bundle's folder"
    return RefusedInput(what="no model of this name", where="models", found=name, remedy=remedy)
