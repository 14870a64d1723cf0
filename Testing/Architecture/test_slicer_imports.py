"""What 3D Slicer loads with the module needs nothing that Slicer does not bring, and no learning library anywhere.

The catalogue allows at file scope: the standard library, Slicer, VTK, SimpleITK, numpy and scipy. Less is taken here.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "GliomaRadiomicsLib"
REQUIREMENTS = ROOT / "GliomaRadiomics" / "Resources" / "requirements.txt"
FACES = [*sorted((LIBRARY / "panel").glob("*.py")), ROOT / "GliomaRadiomics" / "GliomaRadiomics.py"]
LEARNING = {"torch", "monai", "sklearn", "lightning_fabric", "safetensors"}

BROUGHT = {"numpy", "slicer", "vtk", "vtkmodules", "qt", "ctk", "SampleData", "GliomaRadiomicsLib", "GliomaRadiomics"}
"""What a module file and everything it imports may import when Slicer loads it, beside the standard library."""

PROBE = """
import importlib, importlib.abc, importlib.util, sys, types
from pathlib import Path

root, allowed = Path({root!r}), {allowed!r} | set(sys.stdlib_module_names)
refused = []

class Guard(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in played:
            return importlib.util.spec_from_loader(name, Played())
        if top not in allowed:
            refused.append(name)
            raise ModuleNotFoundError(name + " is not in Slicer", name=name)

class Anything:
    def __init__(self, *arguments, **options): pass
    def __call__(self, decorated): return decorated
    def __class_getitem__(cls, item): return cls

class Played(importlib.abc.Loader):
    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__getattr__ = lambda name: type(name, (Anything,), {{}})
        return module
    def exec_module(self, module):
        if module.__name__ == "slicer.parameterNodeWrapper":
            module.parameterNodeWrapper = lambda cls: cls
        if module.__name__ == "slicer.i18n":
            module.tr = lambda text: text
            module.translate = lambda context, text: text

played = {{"slicer", "vtk", "qt", "ctk", "SampleData"}}
sys.meta_path.insert(0, Guard())
sys.path.insert(0, str(root / "GliomaRadiomics"))
import GliomaRadiomics
for package in ("panel", "scene", "interface"):
    for path in sorted((root / "GliomaRadiomicsLib" / package).glob("*.py")):
        importlib.import_module("GliomaRadiomicsLib." + package + ("" if path.stem == "__init__" else "." + path.stem))
print(len([name for name in sys.modules if name.startswith("GliomaRadiomicsLib.")]), sorted(set(refused)))
"""


def test_slicer_can_load_everything_before_a_package_is_installed() -> None:
    """Module, panel, scene and interface are imported where every foreign package is missing; Slicer's are played."""
    code = PROBE.format(root=str(ROOT), allowed=BROUGHT)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    # Python's own copy module looks for Jython's package org.
    loaded, refused = done.stdout.split(" ", 1)
    assert int(loaded) > 40
    assert refused.strip() in ("[]", "['org']"), "looked for at file scope, even where its absence is survived"


def test_the_probe_sees_a_foreign_import() -> None:
    code = PROBE.format(root=str(ROOT), allowed=BROUGHT - {"numpy"})
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert "numpy is not in Slicer" in done.stderr


@pytest.mark.parametrize("path", FACES, ids=lambda path: path.name)
def test_no_widget_imports_a_learning_library(path: Path) -> None:
    """Nowhere, not even inside a function: computing belongs to the worker."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    assert not found & LEARNING


def requirement_lines() -> list[str]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def test_requirements_are_lower_bounds_of_wheels_without_torch() -> None:
    """No exact versions, which would displace those of other extensions; PyTorch comes with its own extension."""
    for line in requirement_lines():
        assert re.fullmatch(r"[A-Za-z][\w-]*>=[\d.]+", line), line
        assert re.split(r"[>=]", line)[0].lower() not in {"torch", "pyradiomics", "monai"}


def test_torch_is_never_installed_by_pip() -> None:
    """Only through the extension PyTorch, which chooses the build for the machine."""
    calls = re.compile(r"pip_(?:install|ensure)\(([^)]*)\)|[\"']pip[\"'],\s*[\"']install[\"']([^\]]*)")
    for path in [*sorted(LIBRARY.rglob("*.py")), *FACES]:
        for call in calls.finditer(path.read_text(encoding="utf-8")):
            assert "torch" not in call.group(0).lower(), path.name
    text = (LIBRARY / "panel" / "packages.py").read_text(encoding="utf-8")
    assert "installTorch(" in text


def test_packages_are_asked_for_in_functions_only() -> None:
    """No module installs or looks for packages when it is loaded."""
    for path in FACES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                pytest.fail(f"{path.name}:{node.lineno} runs code at file scope")
