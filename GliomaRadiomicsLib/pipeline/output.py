"""The output folder: built under another name, renamed when complete, so that nothing half-done ever looks done.

Beside ``out`` a run keeps one hidden folder with the note of who is writing, the new result, and, for the moment of the
exchange, the earlier one. Whatever interrupts the exchange, the earlier result comes back, at the latest with the next
run.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import sys
import uuid
from pathlib import Path
from types import TracebackType

from GliomaRadiomicsLib.core.errors import RefusedInput

CONTENT = frozenset(
    {
        "result.json",
        "provenance.json",
        "segmentation.nii.gz",
        "preprocessed",
        "heatmaps",
        "features.csv",
        "report.html",
        "scene.mrb",
    }
)
"""Everything a run may leave in its folder; an earlier result is replaced only when it holds nothing else."""

_OWNER = "owner.json"
_NOISE = {".DS_Store", "Thumbs.db", "desktop.ini"}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REMEDY = "choose another --out, a writable folder with free space"


class OutputFolder:
    """Context manager giving a private folder beside ``out`` that becomes ``out`` when the block ends without error.

    An earlier result in ``out`` is replaced only then. A folder with anything else in it, or one that another run is
    writing, is refused. Messages name ``out`` as it was given.

    Attributes:
        out: The folder, with links followed.
        replaces: Whether an earlier result lies there; known once the block has begun.

    Raises:
        RefusedInput: If ``out`` cannot be written, belongs to another run, or holds something that is not a result; or
            if the disk ran full inside the block.
    """

    def __init__(self, out: str | Path) -> None:
        self._given = out
        self.replaces = False
        self.out = Path(os.path.realpath(out))
        if not self.out.name:
            raise RefusedInput(what="not a folder for results", where=out, remedy="name a new folder as --out")
        self.partial = self.out.with_name(f".{self.out.name}.partial")
        self._new, self._old = self.partial / "new", self.partial / "old"

    def check(self) -> None:
        """Refuse what cannot be an output folder without making anything; the start of the block checks it again."""
        try:
            self._check_replaceable()
            parent = next(folder for folder in self.out.parents if folder.exists())
            if not parent.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(parent, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Path:
        try:
            self._check_replaceable()
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self._claim()
        except OSError as error:
            raise self._unwritable(error) from error
        self.replaces = (self.out / "result.json").exists()
        return self._new

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._clear()
            self._explain(error)
            return
        try:
            self._put_in_place()
        except OSError as problem:
            raise self._unwritable(problem) from problem
        finally:
            self._clear()

    def remove_remains(self) -> None:
        """Remove what a run that was ended by force left beside ``out``; an earlier result in it is put back."""
        if (self.partial / _OWNER).exists() and not owner_is_alive(self.partial / _OWNER):
            if self._new.exists():
                self._put_back()
            self._clear()

    def _put_in_place(self) -> None:
        self._check_replaceable()
        try:
            if self.out.exists():
                self.out.rename(self._old)
            self._new.rename(self.out)
        except BaseException:
            if not self._new.exists() and self.out.exists():
                self.out.rename(self._new)
            self._put_back()
            raise

    def _put_back(self) -> None:
        if self._old.exists() and not self.out.exists():
            self._old.rename(self.out)

    def _clear(self) -> None:
        """The owner's note goes last, so that what is left by an interruption is still known as ours."""
        shutil.rmtree(self._new, ignore_errors=True)
        if self.out.exists():
            shutil.rmtree(self._old, ignore_errors=True)
        if not self._old.exists():
            shutil.rmtree(self.partial, ignore_errors=True)

    def _explain(self, error: BaseException | None) -> None:
        """Refuse a full disk, and name the folder as the user knows it instead of the private one."""
        if isinstance(error, OSError) and error.errno in _FULL:
            raise self._unwritable(error) from error
        where = error.where if isinstance(error, RefusedInput) else None
        if isinstance(error, RefusedInput) and isinstance(where, Path) and where.is_relative_to(self.partial):
            raise RefusedInput(what=error.what, where=self._given, found=error.found, remedy=_REMEDY) from error

    def _unwritable(self, error: OSError) -> RefusedInput:
        return RefusedInput(
            what="the output folder cannot be written", where=self._given, found=error.strerror, remedy=_REMEDY
        )

    def _check_replaceable(self) -> None:
        if not self.out.exists():
            return
        if not self.out.is_dir():
            raise RefusedInput(what="the output is a file", where=self._given, remedy="give a folder as --out")
        if os.path.ismount(self.out):
            raise RefusedInput(
                what="the output folder is a mounted drive",
                where=self._given,
                remedy=f"name a new folder inside it, such as --out {self._given}/result",
            )
        names = {path.name for path in self.out.iterdir()} - _NOISE
        foreign = sorted(names - CONTENT) or sorted(names)
        if names and (names - CONTENT or "result.json" not in names):
            raise RefusedInput(
                what="the output folder holds something that is not an earlier result",
                where=self._given,
                found=foreign[0],
                remedy="choose an empty or new folder",
            )

    def _claim(self) -> None:
        """The private folder gets its name together with its owner, so that two runs cannot both have it."""
        if self.partial.exists() and owner_is_alive(self.partial / _OWNER):
            raise self._taken()
        self.remove_remains()
        claim = self.out.with_name(f".{self.out.name}.{uuid.uuid4().hex[:12]}")
        try:
            claim.mkdir()
            (claim / self._new.name).mkdir()
            write_owner(claim / _OWNER)
            claim.rename(self.partial)
        except OSError as error:
            if self.partial.exists():
                raise self._taken() from error
            raise
        finally:
            shutil.rmtree(claim, ignore_errors=True)

    def _taken(self) -> RefusedInput:
        return RefusedInput(
            what="another run is writing this folder",
            where=self._given,
            remedy=f"wait for it or choose another --out; if no run is active, delete {self.partial.name} beside it",
        )


def write_owner(note: Path) -> None:
    """Note that this process is writing here."""
    note.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))


def owner_is_alive(note: Path) -> bool:
    """Whether the process of a note of `write_owner` runs; on another machine it is taken to."""
    try:
        owner = json.loads(note.read_text())
        host, pid = owner["host"], int(owner["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return host != socket.gethostname() or process_is_alive(pid)


def process_is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine."""
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
