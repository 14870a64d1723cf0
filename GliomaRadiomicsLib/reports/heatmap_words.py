"""What stands beside a heat map: which one it is, where it lies, and how faithful its kind was, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from GliomaRadiomicsLib.models.map_figures import FLAT, failure, one_of
from GliomaRadiomicsLib.reports.heatmap_kinds import kind_of
from GliomaRadiomicsLib.reports.markup import is_number, number
from GliomaRadiomicsLib.reports.measured import interval_words

NOT_MEASURED = "How faithful this kind of map is was not measured for this model."
LITTLE = 1 / 3
"""Share of a map inside the tumour under which the report says so."""

_GRADES = {"hgg": "grade 4", "lgg": "grade 2 or 3"}
_TESTS = {
    "deletion": "taking away what the map marks lowers the score more than taking away random regions, in log-odds by "
    "{value}; above 0 is better than chance",
    "insertion": "putting in what the map marks raises the score more than putting in random regions, in log-odds by "
    "{value}; above 0 is better than chance",
    "beaten": "share of random regions that the map beats: {value}; 0.5 is chance",
    "shuffled": "likeness to the maps of shuffled weights, as rank correlation: {value}; near 0 the map shows what was "
    "learned, near 1 it would look so for any weights",
}


def which(name: str) -> str:
    """What tells a map apart from others of its kind, as a sentence; empty where nothing does.

    Args:
        name: Such as ``vq_grading-responsible_codeword_12-hgg`` or ``cnn_grading-gradcam_res3``.
    """
    method, _, part = name.partition("-")[2].partition("-")
    grade = _GRADES.get(part.lower(), "")
    codeword = re.search(r"codeword_(\d+)", method)
    if codeword:
        return f"Codeword {codeword[1]} alone{f', more frequent in {grade}' if grade else ''}."
    if "responsible" in method and grade:
        return f"All chosen codewords that are more frequent in {grade}, together."
    if method == "gradcam_network":
        return "Of the network's own grade, which has no part in this system's prediction."
    block = re.fullmatch(r"gradcam_(\w+)", method)
    if block:
        return f"Of block {block[1]} of the network."
    return f"For {grade}." if grade else ""


def lying_words(name: str, share: float | None) -> str:
    """Where a map of a prediction lies, as a sentence, where less than `LITTLE` of it lies in the tumour.

    Args:
        name: Of the map; the uncertainty of an outline is not asked for.
        share: Of the map's absolute values inside the tumour; None where there is no tumour or no map.
    """
    if share is None or share >= LITTLE or not kind_of(name).of_prediction:
        return ""
    return f"Less than a third of this map lies inside the tumour ({100 * share:.0f} % of its absolute values)."


def faithfulness_words(name: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was measured of this kind of map, a sentence each, and whether it fails; never empty.

    Args:
        name: Of the map.
        entries: As `CaseResult.faithfulness` holds them.
    """
    kind = kind_of(name)
    if not kind.of_prediction:
        return []
    if not entries:
        return [NOT_MEASURED]
    told = [kind.tested] if kind.tested else []
    told += [_sentence(entry) for entry in entries]
    if one_of(entries, "beaten") is not None and one_of(entries, "shuffled") is None:
        told.append(f"Likeness to maps of shuffled weights: {FLAT}.")
    return [*told, *filter(None, [failure(entries)])]


def _sentence(entry: Mapping[str, Any]) -> str:
    value = number(entry["value"], 2) if is_number(entry.get("value")) else "not measured"
    limits = f" (95 % interval {interval_words(entry['ci'])})" if entry.get("ci") else ""
    ending = str(entry.get("id", "")).rpartition("_")[2]
    if ending not in _TESTS:
        note = f" ({entry['note']})" if entry.get("note") else ""
        return f"{entry['metric']}: {value}{limits}, n = {entry['n']}{note}."
    plain = _TESTS[ending].format(value=f"{value}{limits}")
    flat = str(entry.get("note") or "").partition("; ")[2]
    return f"{plain[:1].upper()}{plain[1:]}{f'; {flat}' if flat else ''} ({entry['n']} patients)."
