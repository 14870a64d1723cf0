"""CMake lists every file that must be installed, and nothing that is not there."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("update_cmake", Path(__file__).with_name("update_cmake.py"))
update_cmake = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(update_cmake)

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None


@pytest.mark.parametrize("folder", update_cmake.FOLDERS)
@pytest.mark.parametrize("name", [update_cmake.SCRIPTS, update_cmake.RESOURCES])
def test_every_file_is_listed_and_every_listed_file_exists(folder: str, name: str) -> None:
    listed = update_cmake.listed_files((ROOT / folder / "CMakeLists.txt").read_text(), name)
    present = update_cmake.files_to_list(ROOT / folder)[name]
    remedy = "run python Testing/Architecture/update_cmake.py"
    assert sorted(set(present) - set(listed)) == [], f"not listed; {remedy}"
    assert sorted(set(listed) - set(present)) == [], f"listed, but not there; {remedy}"
    assert len(listed) == len(set(listed))


def test_the_update_changes_the_lists_only() -> None:
    text = (ROOT / "GliomaRadiomicsLib" / "CMakeLists.txt").read_text()
    lists = {update_cmake.SCRIPTS: ["b.py"], update_cmake.RESOURCES: []}
    changed = update_cmake.with_lists(text, lists)
    assert update_cmake.listed_files(changed, update_cmake.SCRIPTS) == ["b.py"]
    assert update_cmake.listed_files(changed, update_cmake.RESOURCES) == []
    assert changed.endswith(text[text.rindex("slicerMacroBuildScriptedModule") :])


def test_every_module_folder_is_added_and_the_extension_describes_itself() -> None:
    text = (ROOT / "CMakeLists.txt").read_text()
    for folder in update_cmake.FOLDERS:
        assert f"add_subdirectory({folder})" in text
    for key in ("HOMEPAGE", "CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS", "DEPENDS"):
        assert re.search(rf"set\(EXTENSION_{key} \"", text), key
    icon = re.search(r'set\(EXTENSION_ICONURL "(.*)"\)', text).group(1)
    assert (ROOT / icon).is_file()
    assert 'set(EXTENSION_DEPENDS "PyTorch")' in text


@pytest.mark.skipif(tomllib is None, reason="SKIPPED: reading pyproject.toml needs Python 3.11")
def test_slicer_installs_what_package_and_exports_need_but_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {line for line in project["dependencies"] if not line.startswith(("torch", "numpy"))}
    needed |= set(project["optional-dependencies"]["dicom"])
    requirements = (ROOT / "GliomaRadiomics" / "Resources" / "requirements.txt").read_text().splitlines()
    assert {line for line in requirements if line and not line.startswith("#")} == needed
