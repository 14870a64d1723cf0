"""Between the values of the fields and `AnalyzeSettings`; what is not known is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import STEPS, AnalyzeSettings, ClinicalData
from GliomaRadiomicsLib.interface.fields import CLINICAL_FIELDS, RUN_FIELDS, STEP_PREFIX, UNKNOWN, field

_CLINICAL = tuple(one.name for one in fields(ClinicalData))
_STEP_FLAGS = {step: f"{STEP_PREFIX}{step}" for step in STEPS}
_OTHERS = tuple(one.name for one in fields(AnalyzeSettings) if one.name not in ("clinical", "steps"))


def analyze_settings(values: Mapping[str, Any]) -> AnalyzeSettings:
    """Checked settings of a run.

    Args:
        values: By the keys of `CLINICAL_FIELDS` and `RUN_FIELDS`, and, where wanted, ``models`` (bundle by system) and
            other fields of `AnalyzeSettings`. What is missing is as at the start; an empty choice and an age below 0
            are not known.

    Raises:
        RefusedInput: Naming the first value that cannot be used.
    """
    clinical = ClinicalData(**{name: _clinical(name, values.get(name)) for name in _CLINICAL})
    steps = tuple(step for step, flag in _STEP_FLAGS.items() if bool(values.get(flag, True)))
    others = {name: values[name] for name in _OTHERS if values.get(name) not in (None, UNKNOWN)}
    if "models" in others:
        others["models"] = {system: bundle for system, bundle in others["models"].items() if bundle}
    settings = AnalyzeSettings(clinical=clinical, steps=steps, **others)
    settings.check()
    return settings


def values_of(settings: AnalyzeSettings) -> dict[str, Any]:
    """Values of the fields that give these settings; None is not known, an empty choice was not made."""
    choices = {one.key for one in CLINICAL_FIELDS if one.kind == "choice"}
    values: dict[str, Any] = {}
    for name in _CLINICAL:
        value = getattr(settings.clinical, name)
        values[name] = (UNKNOWN if value is None else str(value)) if name in choices else value
    values |= {flag: step in settings.steps for step, flag in _STEP_FLAGS.items()}
    return values | {name: getattr(settings, name) for name in _OTHERS}


def clinical_values(result: CaseResult) -> dict[str, Any]:
    """Values of the clinical fields with which a result was computed; None is not known."""
    given = result.inputs.get("clinical") or {}
    return {name: given.get(name) for name in _CLINICAL}


def start_values() -> dict[str, Any]:
    """Values of clinical data and run before anybody changed them."""
    return {one.key: one.default for one in (*CLINICAL_FIELDS, *RUN_FIELDS)}


def _in_range(name: str, number: float) -> float:
    one = field(name)
    if not one.takes(number):
        raise RefusedInput(what=f"this cannot be the {one.label}", found=f"{number:g}", remedy=one.range_words)
    return number


def _clinical(name: str, value: Any) -> Any:
    """One clinical value; None where it is not known."""
    if value is None or value == UNKNOWN:
        return None
    if name == "grade":
        return int(value)
    if name in ("age", "kps"):
        return None if float(value) < 0 else _in_range(name, float(value))
    return value
