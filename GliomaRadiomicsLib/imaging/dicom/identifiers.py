"""Names, dates and numbers of patients: compared while a folder is read, never shown and never kept as text."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path
from typing import Any

HIDDEN = "[hidden]"
_SALT = secrets.token_bytes(16)
_UID = re.compile(r"\d+(\.\d+){3,}")
_SPLIT = re.compile(r"[\^=\s,;]+")
_WHOLE_VALUES = ("PatientID", "AccessionNumber", "StudyID", "PatientBirthDate", "StudyDate", "SeriesDate")
_NAMES = ("PatientName", "ReferringPhysicianName", "InstitutionName")
KEYWORDS = (*_WHOLE_VALUES, *_NAMES)
"""Attributes whose values are looked for in paths before these are shown."""
_SHORTEST, _SHORTEST_NUMBER = 3, 4


def key_of(*values: object) -> str:
    """A code that is equal for equal values and says nothing about them; it changes with every start of the program."""
    text = "\n".join(str(value).strip() for value in values)
    return hashlib.blake2b(text.encode("utf-8", "replace"), key=_SALT, digest_size=8).hexdigest()


class Identifiers:
    """Words that must not be shown, gathered from headers, and a way to show paths without them."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._seen: set[tuple[str, ...]] = set()

    def add(self, header: Any) -> None:
        """Remember the identifying words of a pydicom header."""
        values = tuple(str(header.get(name) or "") for name in KEYWORDS)
        if values in self._seen:
            return
        self._seen.add(values)
        for name, value in zip(KEYWORDS, values, strict=True):
            parts = _SPLIT.split(value) if name in _NAMES else [value]
            self._words |= {word for part in parts if _tells(word := _plain(part))}

    def shown(self, path: Path, root: Path) -> str:
        """``path`` below ``root`` with every part that holds an identifier replaced."""
        try:
            parts = path.relative_to(root).parts
        except ValueError:
            parts = (path.name,)
        return "/".join(HIDDEN if self._reveals(part) else part for part in parts) or "."

    def _reveals(self, part: str) -> bool:
        plain = _plain(part)
        return bool(_UID.search(part)) or any(word in plain for word in self._words)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _tells(word: str) -> bool:
    return len(word) >= (_SHORTEST_NUMBER if word.isdigit() else _SHORTEST)
