"""Taking a bundle from outside, a zip or tar file or a folder, without trusting it."""

from __future__ import annotations

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.metadata import METADATA_FILE, check_inside, check_member

MAX_BYTES = 2 * 1024**3
"""Largest bundle taken in, unpacked."""

MAX_FILES = 1000
_BLOCK = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, NotImplementedError, EOFError
)  # fmt: skip

Keep = Callable[[PurePosixPath], bool]
"""Whether a file, by its path inside the bundle, is wanted; the others are neither read nor written."""


@dataclass(frozen=True)
class _Member:
    """A file of an archive."""

    name: str
    size: int
    is_link: bool
    is_encrypted: bool
    open: Callable[[], IO[bytes] | None]


def take(source: Path, target: Path, max_bytes: int = MAX_BYTES, keep: Keep | None = None) -> None:
    """Unpack or copy a bundle into the empty folder ``target``.

    Args:
        source: Zip file, tar file (also compressed) or folder.
        target: Empty folder.
        max_bytes: Most that is taken in.
        keep: Which files are wanted; None takes all, and refuses those of a kind bundles do not hold.

    Raises:
        RefusedInput: If it is no archive, encrypted, damaged or too large, or if a file is a link, leads out of the
            bundle, stands twice or is of a kind bundles do not hold.
    """
    if source.is_dir():
        _copy_folder(source, target, max_bytes, keep)
        return
    try:
        with _opened(source) as archive:
            _unpack(source, _members(archive), target, max_bytes, keep)
    except _DAMAGED as error:
        what = "not a readable zip or tar file"
        raise RefusedInput(what=what, where=source, found=error, remedy="download it again") from error
    except FileExistsError as error:
        what, remedy = "a file stands twice in the archive", "do not use this bundle"
        raise RefusedInput(what=what, where=source, remedy=remedy) from error


def names(source: Path) -> list[str]:
    """Names of the files of an archive, or down to three levels of a folder; empty where it cannot be read."""
    if source.is_dir():
        found = (path for pattern in ("*", "*/*", "*/*/*") for path in source.glob(pattern))
        return [path.relative_to(source).as_posix() for path in found if path.is_file()]
    try:
        with _opened(source) as archive:
            return [member.name for member in _members(archive)]
    except _DAMAGED:
        return []


def bundle_root(folder: Path, where: object, marker: str = METADATA_FILE) -> Path:
    """The folder with ``marker``: ``folder`` itself or its only subfolder.

    Raises:
        RefusedInput: If neither has one.
    """
    subfolders = [path for path in folder.iterdir() if path.is_dir()]
    for candidate in (folder, *(subfolders if len(subfolders) == 1 else [])):
        if (candidate / marker).is_file():
            return candidate
    raise RefusedInput(what=f"no model bundle: {marker} is missing", where=where, remedy="give a bundle")


def _opened(source: Path) -> zipfile.ZipFile | tarfile.TarFile:
    is_tar = not zipfile.is_zipfile(source) and tarfile.is_tarfile(source)
    return tarfile.open(source) if is_tar else zipfile.ZipFile(source)


def _members(archive: zipfile.ZipFile | tarfile.TarFile) -> Iterator[_Member]:
    if isinstance(archive, zipfile.ZipFile):
        for entry in archive.infolist():
            if not entry.is_dir():
                is_link = stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG)
                opens = partial(archive.open, entry)
                yield _Member(entry.filename, entry.file_size, is_link, bool(entry.flag_bits & 0x1), opens)
        return
    for item in archive:
        if not item.isdir():
            name = item.name.removeprefix("./")
            yield _Member(name, item.size, not item.isreg(), False, partial(archive.extractfile, item))


def _unpack(where: Path, members: Iterable[_Member], target: Path, max_bytes: int, keep: Keep | None) -> None:
    checked = [(_path_of(where, member, keep), member) for member in members]
    kept = [(path, member) for path, member in checked if keep is None or keep(path)]
    _check_total(where, len(kept), sum(member.size for _, member in kept), max_bytes)
    room = max_bytes
    for relative, member in kept:
        path = target / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        room -= _write(member, path, room)


def _path_of(where: Path, member: _Member, keep: Keep | None) -> PurePosixPath:
    if member.is_link:
        _refuse_link(where, member.name)
    if member.is_encrypted:
        raise RefusedInput(what="the archive is encrypted", where=where, remedy="unpack it and import the folder")
    return check_member(member.name, where) if keep is None else check_inside(member.name, where)


def _write(member: _Member, path: Path, room: int) -> int:
    written, opened = 0, member.open()
    assert opened is not None
    with opened as source, path.open("xb") as target:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > room:
                raise RefusedInput(what="larger than its own index says", where=member.name, remedy="do not use it")
            target.write(block)
    return written


def _copy_folder(source: Path, target: Path, max_bytes: int, keep: Keep | None) -> None:
    files = [path for path in sorted(source.rglob("*")) if path.is_symlink() or path.is_file()]
    kept = []
    for file in files:
        name = file.relative_to(source).as_posix()
        if keep is not None and not keep(PurePosixPath(name)):
            continue
        if file.is_symlink():
            _refuse_link(source, name)
        kept.append((file, check_member(name, source) if keep is None else check_inside(name, source)))
    _check_total(source, len(kept), sum(file.stat().st_size for file, _ in kept), max_bytes)
    for file, relative in kept:
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        (target / relative).write_bytes(file.read_bytes())


def _check_total(where: Path, count: int, total: int, max_bytes: int) -> None:
    if total > max_bytes or count > MAX_FILES:
        found = f"{count} files, {total} bytes"
        remedy = f"at most {MAX_FILES} files and {max_bytes} bytes are taken in"
        raise RefusedInput(what="the bundle is too large", where=where, found=found, remedy=remedy)


def _refuse_link(where: Path, name: str) -> None:
    raise RefusedInput(
        what="the bundle holds a link or special file", where=where, found=name, remedy="do not use this bundle"
    )
