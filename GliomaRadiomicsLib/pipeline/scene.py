"""Writing `scene.mrb` in a process of its own, so that this one needs no MRML and survives whatever happens there."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.pipeline.processes import find_python, worker_environment

TIME_LIMIT_S = 300


def write_scene(folder: Path, out: Path | None = None) -> str:
    """Write the scene of an output folder.

    Args:
        folder: The output folder.
        out: The ``.mrb`` file; default ``scene.mrb`` in the folder.

    Returns:
        An empty text, or why there is no scene and what to do about it.
    """
    if find_spec("slicer") is None:
        return "scene.mrb was not written because slicer-core is not installed; pip install 'glioma-radiomics[scene]'"
    try:
        command = [find_python(), "-m", "GliomaRadiomicsLib.scene.bundle", str(folder)]
        command += [] if out is None else ["--out", str(out)]
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIME_LIMIT_S,
            check=False,
            env=worker_environment(),
        )
    except RefusedInput as error:
        return f"scene.mrb was not written: {error}"
    except subprocess.TimeoutExpired:
        return f"scene.mrb was not written within {TIME_LIMIT_S} s; run it again with --steps scene"
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return f"scene.mrb was not written: {last}"
    return ""
