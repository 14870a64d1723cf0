"""What an export takes from the output folder of `analyze`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABEL_VALUES, LABELS, TumourLabel
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.reports.tables import read_result_json

_RUN_ANEW = "run analyze again"
_GENERATION = {"automatic": "AUTOMATIC", "corrected": "SEMIAUTOMATIC", "given": "MANUAL"}


@dataclass(frozen=True)
class Outcome:
    """A result as far as exports need it.

    Attributes:
        result: As in ``result.json``.
        label_map: 0/1/2/4 on the grid of the reference image as it was given.
        settings: Of the run, from ``provenance.json``; empty where they are not known.
    """

    result: CaseResult
    label_map: Volume
    settings: dict[str, Any]

    @property
    def models(self) -> dict[str, str]:
        """Name and version of the models, by system."""
        return dict(self.settings.get("models") or {})

    @property
    def generation(self) -> str:
        """How the outline came about, in DICOM's words.

        AUTOMATIC by the network; SEMIAUTOMATIC where that was corrected by hand; MANUAL where it was given: then
        nothing is known of how it was drawn.
        """
        return _GENERATION[self.result.outline_source or "given"]

    @property
    def reference(self) -> str:
        """Role of the image whose grid the outline has."""
        return str(self.result.inputs.get("reference", "t1ce"))

    @property
    def reference_sha256(self) -> str:
        """SHA-256 of that image as it was given; empty where not recorded."""
        exchanged = list(self.result.inputs.get("exchanged") or [])
        role = self.reference
        if role in exchanged:
            role = exchanged[1 - exchanged.index(role)]
        entry = self.result.inputs.get("sequences", {}).get(role, {})
        return str(entry.get("sha256", ""))

    @property
    def labels(self) -> list[TumourLabel]:
        """Labels that occur, in the order of `LABELS`."""
        there = set(np.unique(self.label_map.array).tolist())
        return [label for label in LABELS if label.value in there]

    def tracking_uid(self, region: str) -> str:
        """A UID that is the same in every export of this result for a region; made of hashes, it names nobody."""
        from pydicom.uid import generate_uid

        return str(generate_uid(entropy_srcs=[self.result.created, self.reference_sha256, region]))


def check_result_folder(folder: Path) -> None:
    """Raise `RefusedInput` unless a finished result lies there."""
    if not (folder / "result.json").is_file():
        raise RefusedInput(
            what="no result lies there", where=folder, remedy="give the --out folder of a finished analyze"
        )


def read_outcome(folder: Path) -> Outcome:
    """Read what exports need.

    Raises:
        RefusedInput: If the folder holds no finished result, or one without any outlined voxel.
    """
    check_result_folder(folder)
    result = read_result_json(folder / "result.json")
    path = folder / "segmentation.nii.gz"
    if result.segmentation is None or not path.is_file():
        raise RefusedInput(
            what="the tumour was not outlined in this result", where=folder, remedy="run analyze with segmentation"
        )
    label_map = read_volume(path, "segmentation.nii.gz")
    values = set(np.unique(label_map.array).tolist())
    if values - {0, *LABEL_VALUES}:
        found = sorted(values - {0, *LABEL_VALUES})[0]
        raise RefusedInput(what="not a tumour label map", where=path.name, found=found, remedy=_RUN_ANEW)
    if values == {0}:
        remedy = "correct the outline and run analyze with --mask"
        raise RefusedInput(what="no tumour was outlined, so there is nothing to export", where=folder, remedy=remedy)
    return Outcome(result, label_map, _settings(folder / "provenance.json"))


def _settings(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
