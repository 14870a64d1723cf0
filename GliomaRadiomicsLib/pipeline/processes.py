"""Starting a worker process, its Python and environment, and ending it with everything it started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from GliomaRadiomicsLib.core.errors import RefusedInput

WORKER = ("-m", "GliomaRadiomicsLib", "worker")
"""What follows the Python to make it the worker of this library."""

_LIBRARY_PARENT = Path(__file__).resolve().parents[2]


def start_process(
    command: Sequence[str], environment: dict[str, str], *, stdin: int, stdout: IO[bytes], stderr: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that `end_tree` reaches all of it; without a console window."""
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, **options)


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End by force a process of `start_process` and everything it started; what is gone already is no error."""
    if sys.platform == "win32":
        kill_tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(kill_tree, check=False, capture_output=True)
    else:
        _signal_group(process, signal.SIGKILL)


def ask_tree_to_end(process: subprocess.Popen[bytes]) -> None:
    """As `end_tree`, but with a signal that a process can answer by tidying up; Windows has none and ends by force."""
    if sys.platform == "win32":
        end_tree(process)
    else:
        _signal_group(process, signal.SIGTERM)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal the process group, which has the number of its first process; it may be gone already."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def find_python(folders: Iterable[str | Path] = ()) -> str:
    """The Python to start: this one, or inside 3D Slicer (whose ``sys.executable`` is no Python) ``PythonSlicer``.

    Args:
        folders: More folders to look in, such as that of the application.

    Raises:
        RefusedInput: If there is none.
    """
    executable = Path(sys.executable) if sys.executable else Path()
    if executable.name.lower().startswith("python"):
        return str(executable)
    places = os.pathsep.join(map(str, (executable.parent, executable.parent / "bin", *folders)))
    found = shutil.which("PythonSlicer", path=places) or shutil.which("PythonSlicer")
    if found is None:
        raise RefusedInput(what="no Python to run in", where="PythonSlicer", remedy="reinstall 3D Slicer")
    return found


def worker_environment() -> dict[str, str]:
    """This process's environment, with this library importable and output in UTF-8, line by line."""
    path = os.pathsep.join(filter(None, (str(_LIBRARY_PARENT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
