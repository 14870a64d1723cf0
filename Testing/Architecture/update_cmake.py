"""Rewrites the file lists in the CMakeLists.txt of module and library: ``python update_cmake.py``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("GliomaRadiomics", "GliomaRadiomicsLib")
SCRIPTS, RESOURCES = "MODULE_PYTHON_SCRIPTS", "MODULE_PYTHON_RESOURCES"


def files_to_list(folder: Path) -> dict[str, list[str]]:
    """Scripts and resources of a folder, relative to it; hidden files, caches and CMakeLists.txt are left out."""
    found: dict[str, list[str]] = {SCRIPTS: [], RESOURCES: []}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in relative.parts)
        if path.is_file() and not hidden and path.name != "CMakeLists.txt":
            found[SCRIPTS if path.suffix == ".py" else RESOURCES].append(relative.as_posix())
    return found


def listed_files(text: str, name: str) -> list[str]:
    """What ``set(name ...)`` lists, with the module's name filled in."""
    block = re.search(rf"set\({name}\n(.*?)\s*\)", text, re.DOTALL)
    if block is None:
        msg = f"no list {name}"
        raise ValueError(msg)
    return [line.strip() for line in block.group(1).splitlines() if line.strip()]


def with_lists(text: str, lists: dict[str, list[str]]) -> str:
    """The same CMakeLists.txt with other lists."""
    for name, files in lists.items():
        body = "".join(f"  {file}\n" for file in files)
        text = re.sub(rf"set\({name}\n.*?  \)", lambda _, b=body, n=name: f"set({n}\n{b}  )", text, flags=re.DOTALL)
    return text


def main() -> int:
    for folder in FOLDERS:
        path = ROOT / folder / "CMakeLists.txt"
        path.write_text(with_lists(path.read_text(), files_to_list(path.parent)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
