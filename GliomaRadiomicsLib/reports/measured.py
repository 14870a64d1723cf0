"""Measured figures in words: Dice of the segmentation on unseen patients, AUC of a grade, largest diameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult, Evidence, FeatureRow, SegmentationResult
from GliomaRadiomicsLib.reports.markup import is_number, millilitres, number, words

GRADE = "grade 4 (against 2 and 3)"
"""What the probability of a grading system is that of, as readers are told."""
_DIAMETERS = ("shape_Maximum3DDiameter", "shape_Maximum2DDiameterSlice")


def outline_is_automatic(result: CaseResult) -> bool:
    """Whether the tumour was outlined by a network, and neither corrected by hand nor given with the case."""
    return result.outline_source == "automatic"


def volume_words(segmentation: SegmentationResult, region: str) -> str:
    """Volume of a region; enhancing tumour that no image could show is no 0 ml."""
    used = segmentation.sequences_used
    if region == "ET" and used and "t1ce" not in used:
        return "not visible without T1ce"
    return millilitres(segmentation.volumes_ml.get(region))


def whole_points(points: Iterable[float]) -> float:
    """Total of a nomogram's points as they are shown, each in whole points."""
    return float(sum(round(one) for one in points))


def auc_words(evidence: Evidence) -> str:
    """``AUC 0.91 (0.86 to 0.95), n = 167``."""
    count = _count(evidence.n)
    if not is_number(evidence.auc):
        return f"no measured AUC, {count}"
    bounds = f" ({interval_words(evidence.auc_ci)})" if evidence.auc_ci else " (no interval given)"
    return f"AUC {number(evidence.auc, 2)}{bounds}, {count}"


def evidence_words(evidence: Mapping[str, Any]) -> str:
    """On whom, how, and each figure with its interval, of an outcome's evidence as plain data.

    ``400 patients of UCSF; nested cross-validation; C-index 0.72 (0.68 to 0.76), n = 400``.
    """
    told = [str(evidence[key]) for key in ("cohort", "validation") if evidence.get(key)]
    figures = [_figure_words(key, evidence) for key in evidence if is_number(evidence[key]) and not _is_count(key)]
    if is_number(evidence.get("n")):
        first = figures[0] if figures else "no measured AUC" if "auc" in evidence else ""
        figures[:1] = [", ".join(filter(None, [first, _count(evidence["n"])]))]
    note = f". {evidence['note']}" if evidence.get("note") else ""
    return "; ".join([*told, *figures]) + note


def _is_count(key: str) -> bool:
    return key == "n" or key.endswith("_n")


def _figure_words(key: str, evidence: Mapping[str, Any]) -> str:
    bounds, patients = evidence.get(f"{key}_ci"), evidence.get(f"{key}_n")
    interval = f" ({interval_words(bounds)})" if bounds else " (no interval given)"
    count = f", {_count(int(patients))}" if patients is not None else ""
    name = words(key).replace("c index", "C-index")
    return f"{name} {number(evidence[key], 2)}{interval}{count}"


def interval_words(bounds: Sequence[Any]) -> str:
    """``0.86 to 0.95``."""
    return f"{number(bounds[0], 2)} to {number(bounds[1], 2)}"


def dice_words(evidence: dict[str, Any], region: str) -> str | None:
    """Measured Dice of a region, ``0.57 (0.42 to 0.70)``; None where it was not measured."""
    found = evidence.get("dice")
    values = found.get(region) if isinstance(found, dict) else None
    if values is None or not is_triple(values):
        return None
    return f"{number(values[0], 2)} ({interval_words(values[1:])})"


def patients_count(evidence: dict[str, Any]) -> str:
    """``, n = 18``; empty where the number is not stated."""
    return f", {_count(evidence['n'])}" if is_number(evidence.get("n")) else ""


def _count(patients: int) -> str:
    """``n = 18``, never broken over two lines."""
    return f"n\u00a0=\u00a0{patients}"


def is_triple(values: Any) -> bool:
    """Whether ``values`` are a mean and the two ends of its interval."""
    return isinstance(values, (list, tuple)) and len(values) == 3 and all(is_number(value) for value in values)


def dice_patients(evidence: dict[str, Any]) -> str:
    """On whom the Dice was measured: ``patients of unseen sites`` where sites were left out."""
    text = str(evidence.get("validation", "")).lower()
    return "patients of unseen sites" if "site" in text and "left out" in text else "unseen patients"


def diameters_mm(features: Sequence[FeatureRow], region: str) -> tuple[float, float]:
    """Largest diameter of a region in 3-D and within one stored slice, in millimetres; NaN where not measured."""
    found = [
        next((row.value for row in features if row.region == region and row.feature.endswith(name)), float("nan"))
        for name in _DIAMETERS
    ]
    return found[0], found[1]


def millimetres(value: float) -> str:
    """Length without decimals, and its unit."""
    return f"{number(value, 0)} mm" if is_number(value) else number(None)
