"""The output folder: built under another name, renamed when complete, so that nothing half-done ever looks done."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from pathlib import Path
from types import TracebackType

from GliomaRadiomicsLib.core.errors import RefusedInput

_OWNER = "owner.json"


class OutputFolder:
    """Context manager giving a private folder beside ``out`` that becomes ``out`` when the block ends without error.

    An earlier result in ``out`` is replaced only then. A folder with anything else in it, or one that another run is
    writing, is refused.

    Raises:
        RefusedInput: If ``out`` cannot be written, belongs to another run, or holds something that is not a result.
    """

    def __init__(self, out: str | Path) -> None:
        self.out = Path(out).absolute()
        self.partial = self.out.with_name(f".{self.out.name}.partial")

    def __enter__(self) -> Path:
        self._check_replaceable()
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self._claim()
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise RefusedInput(
                what="the output folder cannot be written", where=self.out, remedy="choose another --out"
            ) from error
        return self.partial

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            shutil.rmtree(self.partial, ignore_errors=True)
            return
        (self.partial / _OWNER).unlink()
        if self.out.exists():
            old = self.out.with_name(f".{self.out.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            self.out.rename(old)
            self.partial.rename(self.out)
            shutil.rmtree(old, ignore_errors=True)
        else:
            self.partial.rename(self.out)

    def _check_replaceable(self) -> None:
        if not self.out.exists():
            return
        if not self.out.is_dir():
            raise RefusedInput(what="the output is a file", where=self.out, remedy="give a folder as --out")
        if any(self.out.iterdir()) and not (self.out / "result.json").exists():
            raise RefusedInput(
                what="the output folder holds something that is not an earlier result",
                where=self.out,
                remedy="choose an empty or new folder",
            )

    def _claim(self) -> None:
        try:
            self.partial.mkdir()
        except FileExistsError:
            if self._owner_is_alive():
                raise RefusedInput(
                    what="another run is writing this folder",
                    where=self.out,
                    remedy="wait for it or choose another --out",
                ) from None
            shutil.rmtree(self.partial)
            self.partial.mkdir()
        (self.partial / _OWNER).write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))

    def _owner_is_alive(self) -> bool:
        try:
            owner = json.loads((self.partial / _OWNER).read_text())
        except (OSError, ValueError):
            return False
        if owner.get("host") != socket.gethostname():
            return True
        return process_is_alive(int(owner["pid"]))


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
