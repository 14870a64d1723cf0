"""The typed result of one case; `result.json` is exactly this (see `CaseResult.to_dict`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = "1.0"

Severity = Literal["ok", "fixed", "warning", "refused"]
NOT_CHECKED = "not checked"

OutlineSource = Literal["automatic", "corrected", "given"]
"""Whose the outline is: a network's; a network's, corrected by hand; or one that was given with the case."""


@dataclass(frozen=True)
class Finding:
    """One line of the input passport.

    Attributes:
        code: Stable machine name, such as ``grid-resampled``; ends in ``-not-checked`` where nothing could be told.
        severity: ok, fixed (we changed something), warning, or refused.
        message: What was found and, unless ok, the remedy; one sentence, no patient identifiers.
        sequence: The sequence concerned, or None for the whole case.
    """

    code: str
    severity: Severity
    message: str
    sequence: str | None = None

    @property
    def outcome(self) -> str:
        """What to show to people: the severity, or `NOT_CHECKED` where ok only means that nothing could be told."""
        return NOT_CHECKED if self.code.endswith("-not-checked") else self.severity


@dataclass(frozen=True)
class Evidence:
    """What a figure rests on; shown beside every prediction."""

    cohort: str
    n: int
    validation: str
    auc: float | None = None
    auc_ci: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True)
class Trust:
    """May this prediction be trusted? ``flag`` is ok, caution or no; ``reasons`` says why.

    ``energy_in_tumour`` is the share of the explanation inside the tumour; ``energy_of`` says of which explanation, or
    why there is no share.
    """

    flag: Literal["ok", "caution", "no"]
    reasons: list[str] = field(default_factory=list)
    energy_in_tumour: float | None = None
    energy_of: str = ""


@dataclass(frozen=True)
class SegmentationResult:
    """Which model segmented, the volumes of the regions in ml, and how sure it was.

    ``uncertainty`` holds scalars by name; each is explained in the report. ``source`` says whose the outline is; None
    in results that do not record it (see `CaseResult.outline_source`).
    """

    model: str
    volumes_ml: dict[str, float]
    uncertainty: dict[str, float] = field(default_factory=dict)
    sequences_used: list[str] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)
    source: OutlineSource | None = None


@dataclass(frozen=True)
class GradingResult:
    """Grade by one system. ``probability_hgg`` is the probability of WHO grade 4 against 2/3.

    ``contributions`` lists what moved the prediction: [{name, value, unit, contribution}], contribution in log-odds;
    ``relative_to`` says in words from what it is measured, where the system states it.
    """

    probability_hgg: float | None
    label: str
    trust: Trust
    evidence: Evidence
    contributions: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class FeatureRow:
    """One measured feature; ``reason`` says why ``value`` is NaN, where it is."""

    sequence: str
    region: str
    feature: str
    value: float
    reason: str = ""


@dataclass
class CaseResult:
    """Everything the chain found out about one patient. Arrays live in files beside it, named in ``files``.

    ``preparation`` is the record of alignment, brain extraction and correction of the shading, empty where the images
    needed none. ``molecular`` holds outcomes other than IDH and MGMT that the user trained a bundle for, by column of
    the cohort. ``created`` is when the run began (ISO 8601 with the offset of the local time zone), empty where not
    recorded. ``agreement`` is what the grading systems that see the images say together (`pipeline.agreement`).
    ``faithfulness`` holds, by heat map, what its model's card states: [{id, metric, value, ci, n, note}].
    """

    inputs: dict[str, Any]
    passport: list[Finding]
    preparation: dict[str, Any] = field(default_factory=dict)
    segmentation: SegmentationResult | None = None
    grading: dict[str, GradingResult] = field(default_factory=dict)
    agreement: dict[str, Any] = field(default_factory=dict)
    idh: dict[str, Any] = field(default_factory=dict)
    mgmt: dict[str, Any] = field(default_factory=dict)
    molecular: dict[str, dict[str, Any]] = field(default_factory=dict)
    survival: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)
    faithfulness: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    timing_s: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    created: str = ""
    schema_version: str = SCHEMA_VERSION

    @property
    def outline_source(self) -> OutlineSource | None:
        """Whose the outline is; None where the tumour was not outlined."""
        if self.segmentation is None:
            return None
        return self.segmentation.source or ("given" if self.inputs.get("mask") else "automatic")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; keys in the order of the schema."""
        data = asdict(self)
        return {"schema_version": data.pop("schema_version"), "created": data.pop("created"), **data}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CaseResult:
        """The inverse of `to_dict`; raises ValueError for another major schema version."""
        version = str(data.get("schema_version"))
        if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
            msg = f"result schema {version} cannot be read by this version (reads {SCHEMA_VERSION})"
            raise ValueError(msg)
        data = dict(data)
        data["passport"] = [Finding(**finding) for finding in data["passport"]]
        if data.get("segmentation"):
            data["segmentation"] = SegmentationResult(**data["segmentation"])
        data["grading"] = {name: _grading(grade) for name, grade in data.get("grading", {}).items()}
        return cls(**data)


def _grading(data: dict[str, Any]) -> GradingResult:
    evidence = dict(data["evidence"])
    if evidence.get("auc_ci") is not None:
        evidence["auc_ci"] = tuple(evidence["auc_ci"])
    return GradingResult(**{**data, "trust": Trust(**data["trust"]), "evidence": Evidence(**evidence)})
