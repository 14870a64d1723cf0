"""One patient's charts from the ``survival`` part of `result.json`, of whichever system predicted it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Chart = dict[str, Any]


def patient_charts(survival: Mapping[str, Any]) -> dict[str, Chart]:
    """Charts by file name: the patient's curve on the training cohort's, and the nomogram with the patient marked.

    Args:
        survival: As the systems of the task survival give it; nothing is drawn of an abstention.
    """
    charts: dict[str, Chart] = {}
    groups, curve, nomogram = survival.get("kaplan_meier"), survival.get("curve"), survival.get("nomogram")
    if groups and groups.get("curves") and curve:
        charts["survival_curve"] = {
            "kind": "kaplan_meier",
            **groups,
            "title": "This patient's predicted survival on the curves of the training cohort",
            "patient": {**curve, "label": "This patient, predicted, with 95 % interval"},
        }
    if nomogram:
        charts["nomogram"] = {"kind": "nomogram", "title": "Nomogram, this patient marked", **nomogram}
    return charts
