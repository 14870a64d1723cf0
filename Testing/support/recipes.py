"""The recipes of docs/scripting.md: the Python block under each numbered heading, and how it is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scripting.md"
_HEADING = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def opening() -> str:
    """The block with which every recipe begins."""
    return _BLOCK.findall(PAGE.read_text(encoding="utf-8").split("\n## ")[0])[0]


def headings() -> dict[int, str]:
    """Title of each recipe by its number."""
    return {int(number): title for number, title in _HEADING.findall(PAGE.read_text(encoding="utf-8"))}


def recipe(number: int) -> str:
    """The one block of a recipe."""
    text = PAGE.read_text(encoding="utf-8")
    start = next(found for found in _HEADING.finditer(text) if int(found[1]) == number)
    following = _HEADING.search(text, start.end())
    (block,) = _BLOCK.findall(text[start.end() : following.start() if following else len(text)])
    return block


def run_code(code: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run a block as the Python console does, and return the names it leaves behind."""
    exec(compile(code, PAGE.name, "exec"), names)  # noqa: S102 - the page is part of the project
    return names
