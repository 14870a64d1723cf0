"""The module on a real MRML scene, its widgets played by a PySide6 stand-in."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Testing"))

pytest.importorskip("slicer", reason='SKIPPED: needs slicer-core, pip install "glioma-radiomics[scene]"')
pytest.importorskip("PySide6", reason="SKIPPED: needs PySide6-Essentials")


@pytest.fixture(scope="session")
def module() -> Any:
    """The module file, loaded as 3D Slicer loads it; with the real Base/Python where SLICER_BASE_PYTHON names it."""
    import slicer
    from support import pyside_standin, slicer_base_stub

    from GliomaRadiomicsLib.scene import headless

    headless.boot()
    pyside_standin.install(slicer)
    vars(slicer.app).update(connect=lambda *_: None, translate=lambda _context, text: text, thread=lambda: None)
    base = os.environ.get("SLICER_BASE_PYTHON")
    if base:
        prepare_real_base(slicer, Path(base))
    else:
        slicer_base_stub.install(slicer)
    path = ROOT / "GliomaRadiomics" / "GliomaRadiomics.py"
    spec = importlib.util.spec_from_file_location("GliomaRadiomics", path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["GliomaRadiomics"] = loaded
    slicer.modules.gliomaradiomics = types.SimpleNamespace(path=str(path), name="GliomaRadiomics")
    spec.loader.exec_module(loaded)
    return loaded


def prepare_real_base(slicer: Any, base: Path) -> None:
    import PySide6.QtCore

    slicer.__path__.append(str(base / "slicer"))
    sys.modules.setdefault("MRMLCorePython", slicer.MRMLCore)
    vars(slicer.app).update(
        thread=PySide6.QtCore.QThread.currentThread,
        moduleManager=lambda: types.SimpleNamespace(connect=lambda *_: None, disconnect=lambda *_: None),
        settings=lambda: PySide6.QtCore.QSettings("stand-in", "stand-in"),
    )


@pytest.fixture
def scene(module: Any, tmp_path: Path) -> Iterator[Any]:
    import slicer
    from PySide6.QtCore import QSettings

    settings = str(tmp_path / "settings.ini")
    vars(slicer.app)["userSettings"] = lambda: QSettings(settings, QSettings.Format.IniFormat)
    slicer.mrmlScene.Clear(False)
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear(False)


@pytest.fixture
def spares(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Workers that would have been started ahead."""
    from GliomaRadiomicsLib.pipeline.spare import Spare

    started: list[Any] = []
    monkeypatch.setattr(Spare, "start", lambda spare: started.append(spare))
    return started


@pytest.fixture
def widget(
    module: Any, scene: Any, spares: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    import qt
    import slicer

    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.setMRMLScene(scene)
    parent.__dict__["isEntered"] = True
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(tmp_path / "models"))
    made = module.GliomaRadiomicsWidget(parent)
    made.setup()
    yield made
    made.cleanup()


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the error dialogs would have said."""
    import slicer

    said: list[str] = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, **_: said.append(text))
    return said


@pytest.fixture
def worker(tmp_path: Path, module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the logic start a worker that behaves as told."""
    from support.output_folder import write_output_folder

    from GliomaRadiomicsLib.panel import packages

    write_output_folder(tmp_path / "finished")
    monkeypatch.setattr(packages, "ensure_packages", lambda *_, **__: None)

    def behave(how: str) -> None:
        options = {
            "command": [sys.executable, str(ROOT / "Testing" / "support" / "fake_worker.py")],
            "environment": {"FAKE_WORKER": how, "FAKE_OUTPUT": str(tmp_path / "finished")},
        }
        monkeypatch.setattr(module.GliomaRadiomicsLogic, "jobOptions", options)

    return behave
