"""Where the files of a result lie on this machine: in the application's settings, so that no scene carries a path."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import slicer

_SETTING = "GliomaRadiomics/OutputFolders"
_MOST = 200


def remember(data_node: Any, folder: Path) -> None:
    """Note the output folder of the result that a data node holds; the oldest of many is forgotten."""
    if data_node is None:
        return
    noted = {key: path for key, path in _noted().items() if key != _key(data_node)}
    noted[_key(data_node)] = str(folder)
    settings = _settings()
    if settings is not None:
        settings.setValue(_SETTING, json.dumps(dict(list(noted.items())[-_MOST:])))


def find(data_node: Any) -> Path | None:
    """The folder of a result, noted here before or holding the scene's own file; None if there is none any more."""
    if data_node is None:
        return None
    noted = _noted().get(_key(data_node))
    if noted is not None and Path(noted).is_dir():
        return Path(noted)
    url = data_node.GetScene().GetURL() if data_node.GetScene() is not None else None
    beside = Path(url).parent if url else None
    return beside if beside is not None and _holds(beside, data_node) else None


def _key(data_node: Any) -> str:
    return hashlib.sha256((data_node.GetText() or "").encode()).hexdigest()[:32]


def _noted() -> dict[str, str]:
    settings = _settings()
    try:
        noted = json.loads(settings.value(_SETTING) or "{}") if settings is not None else {}
    except (TypeError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _settings() -> Any:
    user_settings = getattr(slicer.app, "userSettings", None)
    return user_settings() if user_settings is not None else None


def _holds(folder: Path, data_node: Any) -> bool:
    """Whether this is the output folder from which the node was made."""
    from GliomaRadiomicsLib.core.results import CaseResult

    try:
        found = CaseResult.from_dict(json.loads((folder / "result.json").read_text(encoding="utf-8")))
        own = CaseResult.from_dict(json.loads(data_node.GetText()))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return replace(found, files={}) == replace(own, files={})
