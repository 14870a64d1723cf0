"""Molecular outcomes of a case on the console: the reason to doubt before the number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.reports.markup import probability as probability_words

_NAMES = {"idh": "IDH", "mgmt": "MGMT methylation", "1p19q": "1p/19q codeletion", "atrx": "ATRX loss"}


def molecular_lines(result: CaseResult) -> list[str]:
    """A line per outcome, or why there is no prediction; nothing where it was not asked."""
    found = {"idh": result.idh, "mgmt": result.mgmt, **result.molecular}
    return [line for target, data in found.items() for line in _lines(_NAMES.get(target, target), data)]


def _lines(name: str, data: Mapping[str, Any]) -> list[str]:
    if data.get("status") == "abstained":
        return [f"{name}: no prediction ({data['reason']})"]
    if data.get("status") != "predicted":
        return []
    key = next(key for key in data if key.startswith("probability_"))
    doubts = "".join(f"{reason}; " for reason in data["trust"]["reasons"])
    outcome = key.removeprefix("probability_")
    said = f"more likely {data['label']}, probability {outcome} {probability_words(data[key])}"
    return [f"{name}: {doubts}{said}{_measured(data['evidence'])}"]


def _measured(evidence: Mapping[str, Any]) -> str:
    auc, interval = evidence.get("auc"), evidence.get("auc_ci")
    if auc is None:
        return ""
    limits = f" [{interval[0]:.2f} to {interval[1]:.2f}]" if interval else ""
    return f" (AUC {auc:.2f}{limits}, n = {evidence['n']})"
