"""The tables of settings in docs/grading.md from the settings themselves; run as a module with the file to complete."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings

BEGIN, END = "<!-- settings: begin (written by `make docs`) -->", "<!-- settings: end -->"
SYSTEMS: dict[str, type[GradingSettings]] = {
    "cnn_grading": CnnSettings,
    "fused_grading": FusedSettings,
    "vq_grading": VqSettings,
}


def completed(page: str) -> str:
    """The page with its tables of settings written anew; raises ValueError if it has no place for them."""
    before, after = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:before] + "\n" + tables() + page[after:]


def tables() -> str:
    """Every setting with default and meaning: those of all three systems, then each system's own."""
    parts = ["### Of all three systems", _table(GradingSettings, [field.name for field in fields(GradingSettings)])]
    for name, kind in SYSTEMS.items():
        own = [field.name for field in fields(kind) if field.name not in meanings(GradingSettings)]
        parts += [f"### Of `{name}`", _differences(kind), _table(kind, own)]
    return "\n\n".join(part for part in parts if part) + "\n\n"


def meanings(kind: type[GradingSettings]) -> dict[str, str]:
    """What each setting means, as the docstring of the class says."""
    _, _, listed = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`") for name, text in found}


def _table(kind: type[GradingSettings], names: list[str]) -> str:
    default, meaning = kind(), meanings(kind)
    rows = [f"| `{name}` | `{_yaml(getattr(default, name))}` | {meaning[name]} |" for name in names]
    return "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows])


def _differences(kind: type[GradingSettings]) -> str:
    """Where the defaults of a system are others than those of all, and what it does not have."""
    common, own = GradingSettings(), kind()
    there = {"work", "device", "accept_left_out", *own.plain()}
    absent = [f"`{field.name}`" for field in fields(GradingSettings) if field.name not in there]
    other = [
        f"`{field.name}: {_yaml(getattr(own, field.name))}`"
        for field in fields(GradingSettings)
        if field.name in there and getattr(own, field.name) != getattr(common, field.name)
    ]
    parts = [f"Other defaults: {', '.join(other)}." if other else ""]
    parts.append(f"Without {', '.join(absent)}." if absent else "")
    return " ".join(part for part in parts if part)


def _yaml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value == "" else str(value)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(completed(page.read_text(encoding="utf-8")), encoding="utf-8")
