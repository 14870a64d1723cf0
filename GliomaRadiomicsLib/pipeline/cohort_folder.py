"""The output folder of a cohort, held by one run at a time, and how many patients this machine can hold."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.pipeline.cohort_files import SETTINGS_FILE
from GliomaRadiomicsLib.pipeline.cohort_patient import cores
from GliomaRadiomicsLib.pipeline.output import owner_is_alive, write_owner

_NOTE = ".running.json"
_GB_OF_ONE = 5.0
"""Memory to leave for one patient of BraTS size: the largest process of `Testing/Benchmarks/analyze.py`, and room."""


class CohortFolder:
    """Context manager that gives the folder, made if missing, with a note that a run is writing it.

    Raises:
        RefusedInput: If it cannot be written, holds something that is not a cohort, or another run is writing it.
    """

    def __init__(self, out: str | Path) -> None:
        self._out = Path(out)
        self._note = self._out / _NOTE

    def __enter__(self) -> Path:
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            self._check()
            write_owner(self._note)
        except OSError as error:
            taken = error.errno in (errno.EEXIST, errno.ENOTDIR)
            what = "the output is a file" if taken else "the output folder cannot be written"
            remedy = "choose another --out, a writable folder with free space"
            raise RefusedInput(what=what, where=self._out, found=error.strerror, remedy=remedy) from error
        return self._out

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._note.unlink(missing_ok=True)

    def _check(self) -> None:
        names = sorted(path.name for path in self._out.iterdir() if not path.name.startswith("."))
        if names and SETTINGS_FILE not in names:
            raise RefusedInput(
                what="the output folder holds something that is not an earlier cohort",
                where=self._out,
                found=names[0],
                remedy="choose an empty or new folder",
            )
        if owner_is_alive(self._note):
            remedy = f"wait for it or choose another --out; if no run is active, delete {_NOTE} in it"
            raise RefusedInput(what="another run is writing this folder", where=self._out, remedy=remedy)


def default_workers() -> int:
    """As many patients at a time as this machine has cores, and memory for."""
    return max(1, min(cores(), int(_memory_gb() / _GB_OF_ONE)))


def _memory_gb() -> float:
    """Of this machine; where that cannot be told, enough for one patient."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):
        return _GB_OF_ONE
