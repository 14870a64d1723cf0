"""How faithful a kind of heat map was, from a bundle's metadata, and whether it fails its own test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TESTS = ("deletion", "insertion", "beaten", "shuffled")
"""Ends of the figures' ids: gains of deletion and insertion, share of random regions beaten, likeness to maps of
shuffled weights."""
MOST_ALIKE = 0.5
"""Rank correlation with maps of shuffled weights from which a map does not show what was learned."""
CHANCE = 0.5
"""Share of random regions beaten by a map that says nothing."""
FLAT = "not measured: the map is flat"

Entry = Mapping[str, Any]


def faithfulness_of(metadata: Mapping[str, Any], method: str) -> list[dict[str, Any]]:
    """How faithful a kind of heat map was, where the bundle states it: [{id, metric, value, ci, n, note}].

    Args:
        metadata: Of the bundle.
        method: As the system names its heat map; what follows a dash is a part of the tumour or a grade, not another
            method.
    """
    endings = tuple(f"_{method.split('-')[0]}_{name}" for name in TESTS)
    found = [entry for entry in metadata["evidence"].get("figures", []) if entry["id"].endswith(endings)]
    return [{key: entry.get(key) for key in ("id", "metric", "value", "ci", "n", "note")} for entry in found]


def one_of(entries: Sequence[Entry], name: str) -> Entry | None:
    """The figure of one of `TESTS`, or None where it was not measured."""
    return next((entry for entry in entries if str(entry.get("id", "")).endswith(f"_{name}")), None)


def failure(entries: Sequence[Entry]) -> str:
    """Why a map fails its own test, as a sentence; empty where it passes or was not tested.

    It fails where it is as good as the same for shuffled weights (`MOST_ALIKE`), or where the interval of the share of
    random regions beaten is not above chance.
    """
    reasons = []
    alike, beaten = one_of(entries, "shuffled"), one_of(entries, "beaten")
    if alike is not None and alike["value"] > MOST_ALIKE:
        reasons.append(f"it looks much the same for shuffled weights, rho {alike['value']:.2f}")
    if beaten is not None and (beaten.get("ci") or [beaten["value"]])[0] <= CHANCE:
        reasons.append("it may be no better than random regions")
    if not reasons:
        return ""
    return f"This map fails its test ({'; '.join(reasons)}) and should not be read as a reason for the prediction."


def failures(figures: Sequence[Entry]) -> list[str]:
    """A sentence for every kind of map among a bundle's figures that fails, or whose likeness was not measured."""
    kinds = [entry["id"].removesuffix("_beaten") for entry in figures if entry["id"].endswith("_beaten")]
    found = []
    for kind in kinds:
        entries = [entry for entry in figures if entry["id"] in {f"{kind}_{name}" for name in TESTS}]
        name = f"Heat map {kind.partition('_')[2]}"
        if one_of(entries, "shuffled") is None:
            found.append(f"{name}: likeness to maps of shuffled weights {FLAT}.")
        if failure(entries):
            found.append(f"{name}: {failure(entries)}")
    return found
