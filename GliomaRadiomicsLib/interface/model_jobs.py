"""Jobs of the section Models: import, download, train."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def import_job(file: str | Path) -> dict[str, Any]:
    """Take over a bundle or a backbone's weights from a file or a folder."""
    return {"command": "models-import", "file": str(file)}


def download_job(values: Mapping[str, str]) -> dict[str, Any]:
    """Fetch a model; ``values`` by the keys of `fields.DOWNLOAD_FIELDS`."""
    name, url, sha256 = (values[key].strip() for key in ("download_name", "download_url", "download_sha256"))
    return {"command": "models-download", "name": name, "url": url, "sha256": sha256.lower()}


def train_job(values: Mapping[str, str], device: str = "auto") -> dict[str, Any]:
    """Train a model.

    Args:
        values: By the keys of `fields.TRAIN_FIELDS`.
        device: Where it is computed.

    Raises:
        RefusedInput: For a name that cannot be one of a model.
    """
    from GliomaRadiomicsLib.models.metadata import check_name

    return {
        "command": "train",
        "system": values["train_system"],
        "cohort": values["train_cohort"].strip(),
        "out": str(Path(values["train_out"].strip()) / check_name(values["train_name"].strip())),
        "config": values["train_config"].strip() or None,
        "device": device,
    }


def is_train_filled(values: Mapping[str, str]) -> bool:
    """Whether everything that a training needs is given."""
    return all(values.get(key, "").strip() for key in ("train_system", "train_cohort", "train_out", "train_name"))


def suggested_name(system: str, given: str, systems: list[str]) -> str:
    """Name for the model: the one that was given, unless that was suggested for another system, or is empty."""
    suggested = {"", *(f"my_{name}" for name in systems)}
    if given.strip() not in suggested:
        return given
    return f"my_{system}" if system else ""
