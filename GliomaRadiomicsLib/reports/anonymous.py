"""Keeping file names and folders, which often carry a patient's name, out of what is printed or passed on."""

from __future__ import annotations

import re
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult

_IMAGE_FILE = re.compile(r"[^\s'\"<>|(),;]+\.(?:nii|nrrd|nhdr|mha|mhd|dcm|hdr|img)(?:\.gz)?\b", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w/<])(?:~?/[\w.-]|[A-Za-z]:[\\/]|\\\\)[^\s'\"<>|(),;]*[\\/][^\s'\"<>|(),;]*")
_SHORTEST_STEM = 6
HIDDEN = "[file]"


def without_file_names(result: CaseResult) -> CaseResult:
    """A copy of the result in which paths and image file names, wherever they are mentioned, read ``[file]``."""
    known = sorted(_names_in(result.inputs), key=len, reverse=True)
    return CaseResult.from_dict(_hidden(result.to_dict(), known))


def hide_file_names(text: str, known: list[str] | None = None) -> str:
    """``text`` with paths, image file names and the ``known`` names replaced."""
    for name in known or []:
        text = text.replace(name, HIDDEN)
    return _IMAGE_FILE.sub(HIDDEN, _PATH.sub(HIDDEN, text))


def _hidden(value: Any, known: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _hidden(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_hidden(item, known) for item in value)
    return hide_file_names(value, known) if isinstance(value, str) else value


def _names_in(value: Any) -> set[str]:
    """Paths among the strings of the inputs, with their file names and the stems long enough to be telling."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return set().union(*(_names_in(item) for item in value))
    if not isinstance(value, str) or not (re.search(r"[\\/]", value) or _IMAGE_FILE.search(value)):
        return set()
    name = re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    stem = name.split(".")[0]
    return {value, *(part for part in (name, stem) if len(part) >= _SHORTEST_STEM)}
