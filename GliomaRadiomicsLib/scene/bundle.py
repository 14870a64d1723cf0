"""The output folder of `analyze` as one scene file that 3D Slicer opens, without Slicer.

python -m GliomaRadiomicsLib.scene.bundle OUTPUT_FOLDER [--out scene.mrb]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput

_NOTICE_ATTRIBUTE = "GliomaRadiomics.Notice"
_NOTICE = "Research software; not a medical device."


def write_bundle(output_folder: str | Path, out: str | Path | None = None, *, patient: str = "Patient") -> Path:
    """Write the scene file of an output folder; it appears under its name only when it is complete.

    Args:
        output_folder: Folder that `analyze` wrote.
        out: The ``.mrb`` file; default ``scene.mrb`` in the folder.
        patient: Name of the subject-hierarchy folder and start of the node names.

    Returns:
        Path of the file.

    Raises:
        RefusedInput: If the folder is not an output folder, or the file cannot be written.
    """
    from GliomaRadiomicsLib.scene import headless
    from GliomaRadiomicsLib.scene.views import add_view_nodes, show_result
    from GliomaRadiomicsLib.scene.writer import write_result

    out = Path(out) if out is not None else Path(output_folder) / "scene.mrb"
    if out.suffix.lower() != ".mrb":
        raise RefusedInput(what="not a scene file name", where="--out", found=out.name, remedy="let it end in .mrb")
    scene = headless.boot()
    add_view_nodes(scene)
    nodes = write_result(output_folder, patient=patient, scene=scene)
    show_result(scene, nodes)
    if nodes.resultTableNode is not None:
        nodes.resultTableNode.SetAttribute(_NOTICE_ATTRIBUTE, _NOTICE)
    save_scene(scene, out)
    return out


def save_scene(scene: Any, out: Path) -> None:
    """Save the scene as ``.mrb``: first in a temporary folder beside ``out``, renamed when complete.

    Raises:
        RefusedInput: If the file cannot be written.
    """
    files = _add_storage_nodes(scene)
    try:
        folder = Path(tempfile.mkdtemp(prefix=".partial-", dir=out.parent))
    except OSError as error:
        raise _cannot_write(out, error.strerror) from error
    try:
        partial = folder / out.name
        if not scene.WriteToMRB(str(partial)) or not _is_complete(partial, files):
            raise _cannot_write(out, "the scene could not be packed")
        os.replace(partial, out)  # noqa: PTH105 - the documented atomic rename
    except OSError as error:
        raise _cannot_write(out, error.strerror) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Command line; exit codes 0 done, 2 refused, 1 failed, with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m GliomaRadiomicsLib.scene.bundle", description=__doc__)
    parser.add_argument("output_folder", type=Path)
    parser.add_argument("--out", type=Path, help="scene file (default: scene.mrb in the folder)")
    parser.add_argument("--patient", default="Patient", help="name of the folder and start of the node names")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    try:
        _silence_vtk()
        out = write_bundle(options.output_folder, options.out, patient=options.patient)
    except RefusedInput as error:
        _say(str(error))
        return 2
    except Exception as error:  # noqa: BLE001 - the caller gets one line and the exit code
        _say(f"scene not written: {type(error).__name__}: {' '.join(str(error).split())}")
        return 1
    _say(f"{out.name} written in {time.perf_counter() - began:.1f} s{_peak_memory()}")
    return 0


def _add_storage_nodes(scene: Any) -> int:
    """Without a storage node a storable node is silently left out of the scene file; answers how many have one."""
    files = 0
    for index in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(index)
        if not (node.IsA("vtkMRMLStorableNode") and node.GetSaveWithScene()):
            continue
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode()
        files += node.GetStorageNode() is not None
    return files


def _is_complete(path: Path, files: int) -> bool:
    """Whether the archive can be opened and holds the scene and at least one file for every stored node."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return any(name.endswith(".mrml") for name in names) and sum("/Data/" in name for name in names) >= files


def _cannot_write(out: Path, reason: str | None) -> RefusedInput:
    return RefusedInput(
        what="scene cannot be written", where=out.name, found=reason, remedy="choose a writable folder with free space"
    )


def _silence_vtk() -> None:
    """VTK tells of every packed file; the caller wants one line."""
    try:
        import vtk
    except ImportError as error:
        raise RefusedInput(
            what="no MRML scene without slicer-core",
            found=error,
            remedy='pip install "glioma-radiomics[scene]", or use the Python of 3D Slicer',
        ) from error
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
    vtk.vtkOutputWindow.GetInstance().SetDisplayModeToNever()


def _peak_memory() -> str:
    if sys.platform == "win32":
        return ""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return f", peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9:.2f} GB"


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
