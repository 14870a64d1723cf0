"""The extension built and installed by Slicer's own CMake macros; see slicer_build for what is played.

SLICER_SOURCE_DIR names a source tree of 3D Slicer (of it CMake, Extensions, Schemas, Utilities/Templates and
Base/QTCore/Testing are used), CTK_SOURCE_DIR one of CTK; without the latter files are copied, but not byte-compiled.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("update_cmake", Path(__file__).with_name("update_cmake.py"))
update_cmake = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(update_cmake)

PLACE = Path("lib/Slicer-5.11/qt-scripted-modules")
"""Where the stand-in says that scripted modules are installed."""


def run(*command: object, timeout_s: float = 300) -> str:
    parts = [str(part) for part in command]
    done = subprocess.run(parts, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cmake_program() -> str:
    beside = Path(sys.executable).with_name("cmake")
    found = str(beside) if beside.is_file() else shutil.which("cmake")
    said = re.search(r"version (\d+)\.(\d+)", run(found, "--version")) if found else None
    if said is None or (int(said[1]), int(said[2])) < (3, 28):
        pytest.skip("SKIPPED: Slicer's macros need CMake 3.28, pip install cmake")
    return str(found)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build folder and folder of the installed modules."""
    slicer = os.environ.get("SLICER_SOURCE_DIR")
    if not slicer:
        pytest.skip("SKIPPED: needs SLICER_SOURCE_DIR, a source tree of 3D Slicer")
    cmake = cmake_program()
    folder = tmp_path_factory.mktemp("slicer_build")
    build, installed = folder / "build", folder / "installed"
    run(
        *(cmake, "-S", ROOT, "-B", build, f"-DCMAKE_INSTALL_PREFIX={installed}"),
        f"-DSlicer_DIR={Path(__file__).with_name('slicer_build')}",
        f"-DSLICER_SOURCE_DIR={slicer}",
        f"-DCTK_SOURCE_DIR={os.environ.get('CTK_SOURCE_DIR', '')}",
        f"-DPYTHON_EXECUTABLE={sys.executable}",
    )
    run(cmake, "--build", build)
    run(cmake, "--install", build)
    return build, installed / PLACE


def sources() -> set[str]:
    """Files that must arrive, relative to the folder of scripted modules."""
    found: set[str] = set()
    for folder, place in (("GliomaRadiomics", ""), ("GliomaRadiomicsLib", "GliomaRadiomicsLib/")):
        lists = update_cmake.files_to_list(ROOT / folder)
        found |= {place + name for names in lists.values() for name in names}
    return found


def test_every_file_arrives_in_its_place_and_none_else(built: tuple[Path, Path]) -> None:
    _, installed = built
    arrived = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    assert {name for name in arrived if not name.endswith(".pyc")} == sources()
    assert {name[:-1] for name in arrived if name.endswith(".pyc")} <= sources()


def test_the_installed_library_runs_without_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    _, installed = built
    code = (
        "import GliomaRadiomicsLib as lib; print(lib.__file__); import GliomaRadiomicsLib.cli.main as m; m.main(['-h'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert str(installed) in done.stdout, done.stdout + done.stderr
    assert "analyze" in done.stdout


def test_the_self_test_and_the_generic_tests_are_registered(built: tuple[Path, Path]) -> None:
    build, _ = built
    tests = (build / "GliomaRadiomics" / "CTestTestfile.cmake").read_text(encoding="utf-8")
    names = set(re.findall(r"add_test\(\[*=*\[*\"?(py_\w+)", tests))
    assert names == {"py_GliomaRadiomics", "py_nomainwindow_qSlicerGliomaRadiomicsModuleGenericTest"}


def test_the_description_that_slicer_generates_is_complete(built: tuple[Path, Path]) -> None:
    build, _ = built
    lines = (build / "GliomaRadiomics.s4ext").read_text(encoding="utf-8").splitlines()
    said = dict(line.split(" ", 1) for line in lines if " " in line and not line.startswith("#"))
    assert said["depends"] == "PyTorch"
    assert said["iconurl"].endswith("GliomaRadiomics.png")
    assert len(said["screenshoturls"].split()) == 5
    assert "not a medical device" in said["description"]
