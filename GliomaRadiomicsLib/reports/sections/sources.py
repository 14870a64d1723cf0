"""What the models were measured on, and what was run on what."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import CaseResult, Evidence
from GliomaRadiomicsLib.reports.markup import (
    DASH,
    Markup,
    headline,
    is_number,
    join,
    number,
    paragraph,
    readable,
    table,
    tag,
    words,
)
from GliomaRadiomicsLib.reports.measured import GRADE, interval_words, is_triple
from GliomaRadiomicsLib.reports.sections.content import Content

_TITLES = {"n": "Patients", "cohort": "Measured on"}
_ROLES = {**{role: SEQUENCE_NAMES[role] for role in SEQUENCES}, "mask": "Mask"}


def write_evidence(content: Content) -> Markup:
    """Cohort, validation and measured figures of every model that was used."""
    result = content.result
    parts = [_grading(name, grade.evidence) for name, grade in result.grading.items()]
    parts += [_figures(name, evidence) for name, evidence in _other_evidence(result).items() if evidence]
    if not parts:
        return paragraph("No model was used in this run.", class_="absent")
    return join([paragraph("How good the models were on patients they had not seen. Yours may differ."), *parts])


def _grading(name: str, evidence: Evidence) -> Markup:
    auc = DASH
    if is_number(evidence.auc):
        bounds = evidence.auc_ci
        auc = number(evidence.auc, 2) + (f" (95 % interval {interval_words(bounds)})" if bounds else "")
    rows = [
        ("Probability of", GRADE),
        ("Measured on", evidence.cohort),
        ("Patients", str(evidence.n or DASH)),
        ("Validation", evidence.validation),
        ("AUC", auc),
        ("Note", evidence.note or DASH),
    ]
    return table(("What", "Value"), rows, caption=headline(name), class_="text")


def _other_evidence(result: CaseResult) -> dict[str, dict[str, Any]]:
    segmentation = result.segmentation.evidence if result.segmentation else {}
    others = {"IDH": result.idh, "MGMT": result.mgmt, "Survival": result.survival, **result.molecular}
    named = {name: data.get("evidence") for name, data in others.items()}
    return {"Segmentation": segmentation, **{name: data for name, data in named.items() if isinstance(data, dict)}}


def _figures(name: str, evidence: dict[str, Any]) -> Markup:
    rows = [_figure(key, value) for key, value in _flat(evidence)]
    return table(("What", "Value"), rows, caption=name, class_="text")


def _flat(evidence: dict[str, Any], outer: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in evidence.items():
        name = f"{outer}{words(str(key))}"
        pairs += _flat(value, f"{name} ") if isinstance(value, dict) else [(name, value)]
    return pairs


def _figure(name: str, value: Any) -> tuple[str, str]:
    """``n`` as patients, a mean with its interval and an interval alone in words."""
    title = _TITLES.get(name, f"{name[:1].upper()}{name[1:]}")
    if is_triple(value):
        return title, f"mean {number(value[0], 2)} (95 % interval {interval_words(value[1:])})"
    if name.endswith(" CI") and isinstance(value, (list, tuple)) and len(value) == 2:
        return title, interval_words(value)
    return title, readable(value)


def write_provenance(content: Content) -> Markup:
    """Hashes of the inputs, versions and timings; no file names."""
    result = content.result
    intro = paragraph(
        "Enough to find out what was run on what; the full record is in ", tag("code", "provenance.json"), "."
    )
    return join([intro, _clinical(result), _inputs(result), _weights(content), _versions(result), _timings(result)])


def _clinical(result: CaseResult) -> Markup | None:
    data = result.inputs.get("clinical")
    units = {"age": "years", "sex": "", "kps": "of 100", "resection": "", "idh": ""}
    if not isinstance(data, dict):
        return None
    rows = [
        (headline(k), f"{readable(data[k])} {unit}".strip()) for k, unit in units.items() if data.get(k) is not None
    ]
    return table(("Given", "Value"), rows, caption="Clinical data used", class_="text") if rows else None


def _inputs(result: CaseResult) -> Markup:
    given = result.inputs.get("sequences", {})
    entries = {role: given.get(role) for role in SEQUENCES} | {"mask": result.inputs.get("mask_image")}
    rows = [_input_row(_ROLES[role], entry) for role, entry in entries.items() if isinstance(entry, dict)]
    if not rows:
        return paragraph("Hashes of the inputs were not recorded.", class_="note")
    return table(("Input", "Voxels", "Voxel size", "SHA-256"), rows, caption="Inputs, by role", class_="text")


def _input_row(name: str, entry: dict[str, Any]) -> tuple[Any, ...]:
    spacing = entry.get("spacing_mm", entry.get("spacing"))
    size = f"{_times(spacing, 2)}\u00a0mm" if spacing else DASH
    digest = tag("code", entry["sha256"], class_="hash") if entry.get("sha256") else DASH
    return name, _times(entry.get("shape"), 0), size, digest


def _times(values: Any, decimals: int) -> str:
    return "\u00a0×\u00a0".join(number(value, decimals) for value in values) if values else DASH


def _weights(content: Content) -> Markup | None:
    rows = [
        (f"{headline(system)} / {file}", tag("code", digest, class_="hash"))
        for system, files in content.weights.items()
        for file, digest in files.items()
    ]
    return (
        table(("Model / file", "SHA-256 of the weights"), rows, caption="Model weights", class_="text")
        if rows
        else None
    )


def _versions(result: CaseResult) -> Markup | None:
    rows = list(result.versions.items())
    return table(("Program", "Version"), rows, caption="Versions", class_="text") if rows else None


def _timings(result: CaseResult) -> Markup | None:
    """The steps before the report; it cannot know its own time."""
    if not result.timing_s:
        return None
    rows = [(headline(name), f"{number(seconds, 2)} s") for name, seconds in result.timing_s.items()]
    rows.append(
        ("Together", f"{number(sum(seconds for seconds in result.timing_s.values() if is_number(seconds)), 2)} s")
    )
    note = "Without the step that writes this report; its time stands in provenance.json."
    return table(("Step", "Time"), rows, caption=f"Time taken. {note}", numeric=(1,))
