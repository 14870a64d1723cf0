"""The house rules that a machine can check: layers, lazy imports, small files and functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "GliomaRadiomicsLib"
MODULES = sorted((ROOT / "GliomaRadiomics").rglob("*.py"))
SOURCES = [*sorted(LIBRARY.rglob("*.py")), *MODULES]
MOST_LINES, MOST_FUNCTION_LINES = 400, 60
SLICER_OWN = {"slicer", "vtk", "qt", "ctk", "SampleData", "PyTorchUtils"}
"""Modules that 3D Slicer itself brings."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_in(code: str) -> set[str]:
    """Top-level packages loaded after ``code`` ran in a fresh Python."""
    code += "\nimport sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_the_import_contracts_hold() -> None:
    pytest.importorskip("importlinter", reason='SKIPPED: needs import-linter, pip install "glioma-radiomics[test]"')
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import GliomaRadiomicsLib, GliomaRadiomicsLib.pipeline.job, GliomaRadiomicsLib.core.settings",
        "import GliomaRadiomicsLib.core.results, GliomaRadiomicsLib.core.progress, GliomaRadiomicsLib.systems.registry",
        "from GliomaRadiomicsLib.cli.main import main\ntry: main(['analyze', '--help'])\nexcept SystemExit: pass",
    ],
)
def test_what_a_panel_loads_first_is_light(code: str) -> None:
    heavy = {"torch", "sklearn", "monai", "matplotlib", "pandas", "lightning_fabric"}
    assert not imported_in(code) & heavy


def test_a_job_needs_the_standard_library_and_numpy_only() -> None:
    found = imported_in("import GliomaRadiomicsLib.pipeline.job, GliomaRadiomicsLib.core.settings")
    assert not found & {"scipy", "SimpleITK", "nibabel", "skimage", "yaml", "slicer", "vtk"}


def file_scope_imports(tree: ast.Module) -> set[str]:
    """Packages imported when the file is loaded: outside every function, but inside classes, ``if`` and ``try``."""
    found: set[str] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
        stack += ast.iter_child_nodes(node)
    return found


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_the_extension_imports_nothing_foreign_when_loaded(path: Path) -> None:
    allowed = SLICER_OWN | set(sys.stdlib_module_names) | {"GliomaRadiomicsLib"}
    assert file_scope_imports(ast.parse(path.read_text())) - allowed == set()


def test_the_check_of_imports_sees_hidden_ones() -> None:
    code = "import os\ntry:\n    import torch\nexcept ImportError:\n    pass\nclass A:\n    from numpy import array\n"
    assert file_scope_imports(ast.parse(code + "def f():\n    import pandas\n")) == {"os", "torch", "numpy"}


def test_files_and_functions_stay_small() -> None:
    long: dict[str, int] = {}
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if (lines := len(text.splitlines())) > MOST_LINES:
            long[relative(path)] = lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MOST_FUNCTION_LINES:
                    long[f"{relative(path)}: {node.name}"] = lines
    assert long == {}


def test_no_path_of_a_machine_is_written_into_the_code() -> None:
    places = ("/work" + "/", "/root" + "/", "/home" + "/")
    assert [relative(path) for path in SOURCES if any(place in path.read_text("utf-8") for place in places)] == []
