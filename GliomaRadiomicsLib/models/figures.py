"""Measured figures as they stand in a bundle's metadata; result, report and model card all read them from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from GliomaRadiomicsLib.core.results import Evidence


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        id: Stable name within the bundle, such as ``cv_auc``.
        metric: What was measured, in words: ``AUC``, ``Brier score``, ``Dice WT``.
        value: The figure.
        n: Number of patients it rests on.
        cohort: Which patients.
        validation: How they relate to the training patients.
        ci: 95 % interval, where one was computed.
        note: Anything a reader must know to read the figure rightly.
    """

    id: str
    metric: str
    value: float
    n: int
    cohort: str
    validation: str
    ci: tuple[float, float] | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``metadata["evidence"]["figures"]``; values rounded to four decimals."""
        data = asdict(self)
        data["value"] = round(self.value, 4)
        data["ci"] = None if self.ci is None else [round(bound, 4) for bound in self.ci]
        return data


def figure(metadata: Mapping[str, Any], identifier: str) -> Figure | None:
    """The figure of this id in a bundle's metadata, or None if it has none."""
    for entry in metadata["evidence"].get("figures", []):
        if entry["id"] == identifier:
            interval = entry.get("ci")
            return Figure(**{**entry, "ci": None if interval is None else (interval[0], interval[1])})
    return None


def evidence_of(metadata: Mapping[str, Any], auc_id: str, note: str = "") -> Evidence:
    """What a prediction of this bundle rests on, from its metadata only.

    Args:
        metadata: Of the bundle.
        auc_id: Id of the AUC figure to show.
        note: Shown beside it.
    """
    found = figure(metadata, auc_id)
    if found is None:
        training = metadata["training"]
        missing = f"this bundle states no measured AUC. {note}".strip()
        return Evidence(str(training.get("cohort", "not stated")), int(training.get("n", 0)), "none", note=missing)
    return Evidence(found.cohort, found.n, found.validation, found.value, found.ci, note)
