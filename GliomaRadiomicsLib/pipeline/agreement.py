"""Do the systems that grade by images agree? Each is told what the others say, and the trusted ones are averaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from GliomaRadiomicsLib.core.results import GradingResult
from GliomaRadiomicsLib.explain.trust import compared

SYSTEMS = ("vq_grading", "cnn_grading", "fused_grading")
"""Those that see the images themselves, each in another way."""


def compare(grading: Mapping[str, GradingResult]) -> dict[str, GradingResult]:
    """All gradings; those of `SYSTEMS` with a trust that knows what the others of them say."""
    said = _said(grading)
    told = {}
    for name, probability in said.items():
        others = {other: value for other, value in said.items() if other != name}
        told[name] = replace(grading[name], trust=compared(grading[name].trust, probability, others))
    return {**grading, **told}


def agreement_of(grading: Mapping[str, GradingResult]) -> dict[str, Any]:
    """What the trusted systems say together; empty where fewer than two of `SYSTEMS` gave a probability.

    Args:
        grading: Gradings after `compare`.

    Returns:
        ``probability_hgg`` (mean of the systems whose trust flag is not "no", None where there is none), ``label``
        (HGG, LGG or none), ``agree`` (whether they all say the same), ``systems`` (those averaged), ``left_out``
        (reason by system).
    """
    said = _said(grading)
    if len(said) < 2:  # noqa: PLR2004 - one alone cannot agree
        return {}
    left_out = {name: "; ".join(grading[name].trust.reasons) for name in said if grading[name].trust.flag == "no"}
    trusted = {name: value for name, value in said.items() if name not in left_out}
    mean = sum(trusted.values()) / len(trusted) if trusted else None
    sides = {value >= 0.5 for value in trusted.values()}
    label = "none" if mean is None else "HGG" if mean >= 0.5 else "LGG"
    return {
        "probability_hgg": mean,
        "label": label,
        "agree": len(sides) == 1 and not left_out,
        "systems": list(trusted),
        "left_out": left_out,
    }


def _said(grading: Mapping[str, GradingResult]) -> dict[str, float]:
    found = {name: grading[name].probability_hgg for name in SYSTEMS if name in grading}
    return {name: value for name, value in found.items() if value is not None}
