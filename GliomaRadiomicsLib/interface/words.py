"""Sentences and evidence in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from GliomaRadiomicsLib.reports.markup import headline, is_number, number, readable
from GliomaRadiomicsLib.reports.measured import interval_words

_NAMES = {
    "cohort": "Measured on",
    "validation": "How",
    "note": "Note",
    "auc": "AUC",
    "c_index": "C-index",
    "c_index_clinical_alone": "C-index of the clinical data alone",
    "c_index_external": "C-index on patients of other scanners",
}


def sentence(text: str) -> str:
    """With a capital letter and one full stop."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def evidence_lines(evidence: Any) -> list[str]:
    """Evidence as plain data in lines: a figure with its interval and number of patients is one line."""
    if not isinstance(evidence, Mapping):
        return []
    shown = {key: value for key, value in evidence.items() if value not in (None, "", [], {})}
    if str(shown.get("cohort", "")).startswith(f"{shown.get('n')} patients"):
        del shown["n"]
    parts = {f"{key}{end}" for key in shown for end in ("_ci", "_n") if f"{key}{end}" in shown}
    return [_line(key, value, shown) for key, value in shown.items() if key not in parts]


def _line(key: str, value: Any, evidence: Mapping[str, Any]) -> str:
    if key in ("n", "n_events"):
        return f"{value} {'patients' if key == 'n' else 'deaths'}."
    name = _NAMES.get(key, headline(key))
    if not is_number(value):
        return sentence(f"{name}: {readable(value)}")
    limits, count = evidence.get(f"{key}_ci"), evidence.get(f"{key}_n")
    interval = f" ({interval_words(limits)})" if limits else ""
    return f"{name} {number(value, 2)}{interval}{f', n = {count}' if count else ''}."
