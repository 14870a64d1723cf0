"""Taking a bundle from outside, a zip file or a folder, without trusting it."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.metadata import METADATA_FILE, check_member

MAX_BYTES = 2 * 1024**3
"""Largest bundle taken in, unpacked."""

MAX_FILES = 1000
_BLOCK = 1 << 20


def unpack_zip(archive: Path, target: Path, max_bytes: int = MAX_BYTES) -> None:
    """Unpack a zipped bundle into the empty folder ``target``.

    Raises:
        RefusedInput: If it is no zip file, encrypted, damaged or too large, or if a member is a link, leads out of the
            bundle, stands twice or is of a kind bundles do not hold.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            _check_total(archive, len(members), sum(member.file_size for member in members), max_bytes)
            room = max_bytes
            for member in members:
                path = target / _checked_member(archive, member)
                path.parent.mkdir(parents=True, exist_ok=True)
                room -= _copy(opened, member, path, room)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise RefusedInput(
            what="not a readable zip file", where=archive, found=error, remedy="download it again"
        ) from error
    except FileExistsError as error:
        raise RefusedInput(
            what="a file stands twice in the zip file", where=archive, remedy="do not use this bundle"
        ) from error


def copy_folder(source: Path, target: Path, max_bytes: int = MAX_BYTES) -> None:
    """Copy a bundle's plain files into the empty folder ``target``.

    Raises:
        RefusedInput: If it holds a link, is too large, or holds a kind of file bundles do not hold.
    """
    files = list(_plain_files(source))
    _check_total(source, len(files), sum(file.stat().st_size for file in files), max_bytes)
    for file in files:
        relative = check_member(file.relative_to(source).as_posix(), source)
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        (target / relative).write_bytes(file.read_bytes())


def bundle_root(folder: Path, where: object) -> Path:
    """The folder with metadata.json: ``folder`` itself or its only subfolder.

    Raises:
        RefusedInput: If neither has one.
    """
    subfolders = [path for path in folder.iterdir() if path.is_dir()]
    for candidate in (folder, *(subfolders if len(subfolders) == 1 else [])):
        if (candidate / METADATA_FILE).is_file():
            return candidate
    raise RefusedInput(what=f"no model bundle: {METADATA_FILE} is missing", where=where, remedy="give a bundle")


def _plain_files(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        if path.is_symlink():
            _refuse_link(source, path.relative_to(source).as_posix())
        if path.is_file():
            yield path


def _checked_member(archive: Path, member: zipfile.ZipInfo) -> PurePosixPath:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        _refuse_link(archive, member.filename)
    if member.flag_bits & 0x1:
        raise RefusedInput(what="the zip file is encrypted", where=archive, remedy="unpack it and import the folder")
    return check_member(member.filename, archive)


def _copy(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, room: int) -> int:
    written = 0
    with opened.open(member) as source, path.open("xb") as target:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > room:
                raise RefusedInput(what="larger than its own index says", where=member.filename, remedy="do not use it")
            target.write(block)
    return written


def _check_total(where: Path, count: int, total: int, max_bytes: int) -> None:
    if total > max_bytes or count > MAX_FILES:
        found = f"{count} files, {total} bytes"
        remedy = f"at most {MAX_FILES} files and {max_bytes} bytes are taken in"
        raise RefusedInput(what="the bundle is too large", where=where, found=found, remedy=remedy)


def _refuse_link(where: Path, name: str) -> None:
    raise RefusedInput(
        what="the bundle holds a link or special file", where=where, found=name, remedy="do not use this bundle"
    )
