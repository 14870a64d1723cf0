"""The module's logic on a real MRML scene, as the Python console of 3D Slicer has it, without any widget.

Played by a few lines each, because they belong to the desktop program: loading and saving of files, the screen capture,
the way to a module's logic. The worker is real in two recipes, and elsewhere answers with the result of the first.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import os
import shutil
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from GliomaRadiomicsLib.core.settings import DEMO_SEED

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Testing"))

pytest.importorskip("slicer", reason='SKIPPED: needs slicer-core, pip install "glioma-radiomics[scene]"')


def load_module() -> Any:
    """The module file, as 3D Slicer loads it."""
    path = ROOT / "GliomaRadiomics" / "GliomaRadiomics.py"
    spec = importlib.util.spec_from_file_location("GliomaRadiomics", path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["GliomaRadiomics"] = loaded
    spec.loader.exec_module(loaded)
    return loaded


@functools.cache
def phantom_patient(seed: int) -> Any:
    """Made once: seconds each time."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom

    return make_phantom(seed)


class ScreenCaptureLogic:
    """As Slicer's, for slice views: the view is played by its node, whose layers Slicer's own slice logic blends."""

    def viewFromNode(self, node: Any) -> Any:  # noqa: N802 - Slicer's name
        assert node is not None
        return node

    def captureImageFromView(self, node: Any, filename: str) -> None:  # noqa: N802 - Slicer's name
        import slicer
        import vtk

        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        logic.SetMRMLScene(slicer.mrmlScene)
        logic.SetSliceNode(node)
        logic.UpdatePipeline()
        writer = vtk.vtkPNGWriter()
        writer.SetFileName(filename)
        writer.SetInputConnection(logic.GetImageDataConnection())
        writer.Write()


@dataclass
class Console:
    """What a recipe finds: its two folders, the logic, and what it did that Slicer would have seen.

    Attributes:
        data: Holds ``t1.nii.gz`` and the others, ``seg.nii.gz``, and case folders under ``cases``.
        out: Empty at first; ``phantom/out`` is the result of recipe 2 in all others.
        module: The loaded module file.
        logic: Its logic.
        job: Where the worker that is played keeps what it was asked for.
        exits: Codes with which Slicer would have ended.
    """

    data: Path
    out: Path
    module: Any
    logic: Any
    job: Path
    exits: list[int]

    def asked(self) -> dict[str, Any]:
        """The job that the worker that is played was given last."""
        return json.loads(self.job.read_text())


@pytest.fixture(scope="session")
def module() -> Iterator[Any]:
    import slicer
    from support import slicer_base_stub

    from GliomaRadiomicsLib.scene import headless

    headless.boot()
    if "slicer.ScriptedLoadableModule" not in sys.modules:
        slicer_base_stub.install(slicer)
    vars(slicer.app).setdefault("connect", lambda *_: None)
    before = sys.modules.get("GliomaRadiomics")
    yield load_module()
    if before is not None:
        sys.modules["GliomaRadiomics"] = before


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Images of an invented patient, small, and a folder for results."""
    from support.output_folder import invented_patient

    from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume

    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("results")
    sequences, labels, _ = invented_patient()
    for name, volume in sequences.items():
        write_volume(volume, data / f"{name}.nii.gz")
    write_label_map(labels, data / "seg.nii.gz")
    for case in ("one", "three"):
        (data / "cases" / case).mkdir(parents=True)
        shutil.copy(data / "t1ce.nii.gz", data / "cases" / case / f"{case}_t1ce.nii.gz")
    (data / "cases" / "two").mkdir()
    (data / "cases" / "two" / "two_t1ce.nii.gz").write_bytes(b"not an image")
    return data, out


@pytest.fixture
def console(
    module: Any, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Console]:
    import slicer

    from GliomaRadiomicsLib.imaging import phantom
    from GliomaRadiomicsLib.scene.bundle import save_scene
    from GliomaRadiomicsLib.scene.views import add_view_nodes

    data, out = folders
    made = Console(data, out, module, module.GliomaRadiomicsLogic(), tmp_path / "job.json", [])
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(tmp_path / "models"))
    phantom_patient(DEMO_SEED)
    monkeypatch.setattr(phantom, "make_phantom", phantom_patient)
    volumes = slicer.modules.volumes.logic()
    monkeypatch.setattr(slicer.util, "getModuleLogic", lambda _name: made.logic)
    monkeypatch.setattr(slicer.util, "loadVolume", lambda path: volumes.AddArchetypeVolume(path, Path(path).stem))
    monkeypatch.setattr(slicer.util, "loadLabelVolume", lambda path: volumes.AddArchetypeVolume(path, "outline", 1))
    monkeypatch.setattr(slicer.util, "saveScene", lambda path: save_scene(slicer.mrmlScene, Path(path)))
    monkeypatch.setattr(slicer.util, "exit", made.exits.append)
    capture = types.ModuleType("ScreenCapture")
    capture.ScreenCaptureLogic = ScreenCaptureLogic
    monkeypatch.setitem(sys.modules, "ScreenCapture", capture)
    slicer.mrmlScene.Clear(False)
    add_view_nodes(slicer.mrmlScene)
    yield made
    slicer.mrmlScene.Clear(False)


@pytest.fixture
def played_worker(console: Console, real_run: RealRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is answered with the result of the phantom patient; `Console.asked` tells what was asked for."""
    options = {
        "command": [sys.executable, str(ROOT / "Testing" / "support" / "fake_worker.py")],
        "environment": {"FAKE_WORKER": "succeed", "FAKE_OUTPUT": str(real_run.folder), "FAKE_JOB": str(console.job)},
    }
    monkeypatch.setattr(console.module.GliomaRadiomicsLogic, "jobOptions", options)


@dataclass(frozen=True)
class RealRun:
    """Recipe 2 by the real worker: its output folder, what it printed, and the names of its segments."""

    folder: Path
    printed: str
    segments: list[str]


@pytest.fixture(scope="session")
def real_run(module: Any, folders: tuple[Path, Path]) -> RealRun:
    """Run recipe 2 once for all."""
    import slicer
    from support.recipes import recipe, run_code

    slicer.mrmlScene.Clear(False)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        left = run_code(recipe(2), {"slicer": slicer, "logic": module.GliomaRadiomicsLogic(), "out": folders[1]})
    segmentation = left["result"].segmentationNode.GetSegmentation()
    run = RealRun(folders[1] / "phantom" / "out", said.getvalue(), list(segmentation.GetSegmentIDs()))
    slicer.mrmlScene.Clear(False)
    return run


@pytest.fixture
def phantom(console: Console, real_run: RealRun) -> dict[str, Any]:
    """The names that recipe 2 leaves behind, with its images and nodes in the scene."""
    import slicer

    from GliomaRadiomicsLib.scene.writer import write_result

    images = console.module.loadPhantom()
    result = write_result(real_run.folder, volume_nodes=images, patient="Phantom", scene=slicer.mrmlScene)
    return {"images": images, "result": result}
