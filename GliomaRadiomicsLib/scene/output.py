"""What an output folder of `analyze` holds, as read for the scene."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.results import CaseResult

_NIFTI = ".nii.gz"


@dataclass(frozen=True)
class OutputFolder:
    """Paths and result of one output folder; files that a run left out are None or missing from the mapping.

    Attributes:
        result: The parsed ``result.json``.
        label_map: ``segmentation.nii.gz``.
        features: ``features.csv``.
        provenance: ``provenance.json``.
        heat_maps: File by key ``system/method`` or ``system/method/class``.
        volumes: File by sequence: those that ``files.volumes`` of the result names, else ``preprocessed/``.
    """

    result: CaseResult
    label_map: Path | None
    features: Path | None
    provenance: Path | None
    heat_maps: dict[str, Path]
    volumes: dict[str, Path]

    @property
    def reference(self) -> str | None:
        """The sequence whose grid the segmentation has: the one the result names, else T1ce, or the first one given."""
        named = self.result.inputs.get("reference")
        if named in self.volumes:
            return str(named)
        return "t1ce" if "t1ce" in self.volumes else next(iter(self.volumes), None)


def open_output(folder: str | Path) -> OutputFolder:
    """Find out what an output folder holds; no image is read yet.

    Raises:
        RefusedInput: If there is no ``result.json`` in it, or it cannot be read by this version.
    """
    folder = Path(folder)
    result = _read_result(folder / "result.json")
    return OutputFolder(
        result=result,
        label_map=_existing(folder / f"segmentation{_NIFTI}"),
        features=_existing(folder / "features.csv"),
        provenance=_existing(folder / "provenance.json"),
        heat_maps={heat_map_key(path): path for path in sorted((folder / "heatmaps").glob(f"*{_NIFTI}"))},
        volumes=_volume_files(folder, result),
    )


def heat_map_key(path: Path) -> str:
    """``cnn_grading/gradcam/hgg`` of ``heatmaps/cnn_grading-gradcam-hgg.nii.gz``."""
    return "/".join(path.name.removesuffix(_NIFTI).split("-", 2))


def _read_result(path: Path) -> CaseResult:
    if not path.is_file():
        raise RefusedInput(
            what="no result.json", where=path.parent.name, remedy="give the output folder of a finished analyze"
        )
    try:
        return CaseResult.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedInput(
            what="cannot be read", where="result.json", found=error, remedy="run analyze again with this version"
        ) from error


def _volume_files(folder: Path, result: CaseResult) -> dict[str, Path]:
    named = {sequence: folder / path for sequence, path in (result.files.get("volumes") or {}).items()}
    found = {sequence: path for sequence, path in named.items() if path.is_file()}
    if not found:
        found = {name: folder / "preprocessed" / f"{name}{_NIFTI}" for name in SEQUENCES}
    return {name: found[name] for name in SEQUENCES if name in found and found[name].is_file()}


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
