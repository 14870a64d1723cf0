"""The grade by each system side by side: probability, trust, evidence, heat maps; or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from GliomaRadiomicsLib.core.results import CaseResult, GradingResult
from GliomaRadiomicsLib.interface.words import sentence
from GliomaRadiomicsLib.reports.heatmap_kinds import kind_of
from GliomaRadiomicsLib.reports.heatmap_words import faithfulness_words
from GliomaRadiomicsLib.reports.markup import amount, headline, is_number, number
from GliomaRadiomicsLib.reports.markup import probability as probability_words
from GliomaRadiomicsLib.reports.measured import GRADE, auc_words
from GliomaRadiomicsLib.reports.wording import LABEL_WORDS, TRUST_WORDS, energy_words, outline_note
from GliomaRadiomicsLib.systems import registry

IMAGE_SYSTEMS = ("cnn_grading", "vq_grading", "fused_grading")
"""The three systems that stand side by side first, whether or not they are installed."""

QUESTION = f"Probability of WHO {GRADE}"
_STRONGEST = 6


@dataclass(frozen=True)
class HeatMapChoice:
    """One explanation that can be laid over the image.

    Attributes:
        key: Of ``files["heatmaps"]`` in `result.json`.
        label: In the selector.
        unit: Of its values; empty where they have none.
        explanation: What it shows, in a sentence.
        faithfulness: How far it may be believed, one sentence each; empty for the uncertainty.
    """

    key: str
    label: str
    unit: str
    explanation: str
    faithfulness: str = ""


@dataclass(frozen=True)
class Moved:
    """What moved a prediction: name, value with unit, and how far, in log-odds (positive towards grade 4)."""

    name: str
    value: str
    contribution: float


@dataclass(frozen=True)
class GradeColumn:
    """One system.

    Attributes:
        system: Name of the system.
        title: In words.
        probability: Of WHO grade 4 against 2 and 3; None without a prediction.
        probability_text: Two decimals, never rounded to certainty; a dash without a prediction.
        label: ``grade 4`` or ``grade 2 or 3``; empty without a prediction.
        trust: ``ok``, ``caution``, ``no``; empty without a prediction.
        trust_text: Sign and word of the trust.
        reasons: Why the trust is what it is.
        evidence: What the probability rests on: AUC with interval and n, on whom, how measured.
        heatmaps: Explanations of this system in this result.
        abstained_reason: Why there is no prediction, as a sentence; empty where there is one.
        moved: What moved the prediction most, strongest first.
    """

    system: str
    title: str
    probability: float | None = None
    probability_text: str = "–"
    label: str = ""
    trust: str = ""
    trust_text: str = ""
    reasons: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    heatmaps: list[HeatMapChoice] = field(default_factory=list)
    abstained_reason: str = ""
    moved: list[Moved] = field(default_factory=list)


def grade_columns(result: CaseResult, heatmaps: Sequence[str] | None = None) -> list[GradeColumn]:
    """A column for each of the three image systems, then one for every other system that graded.

    Args:
        result: Of the run.
        heatmaps: Keys of the heat maps that can be shown; those of the result if None.
    """
    keys = tuple(result.files.get("heatmaps") or ()) if heatmaps is None else tuple(heatmaps)
    others = [name for name in result.grading if name not in IMAGE_SYSTEMS]
    return [_column(name, result, keys) for name in (*IMAGE_SYSTEMS, *others)]


def heatmap_choices(keys: Iterable[str], result: CaseResult | None = None) -> list[HeatMapChoice]:
    """Heat maps as a selector shows them, in the order of ``keys``; ``result`` lends what was measured of them."""
    return [_choice(key, result) for key in keys]


def _column(name: str, result: CaseResult, keys: Sequence[str]) -> GradeColumn:
    grade, title = result.grading.get(name), headline(name)
    if grade is None:
        return GradeColumn(name, title, abstained_reason=_why_absent(name, result))
    evidence = [f"{auc_words(grade.evidence)}.", *_measured_how(grade)]
    if not is_number(grade.probability_hgg):
        reason = f"No prediction: {(grade.reason or 'no reason given').rstrip('.')}."
        return GradeColumn(name, title, reasons=_reasons(grade), evidence=evidence, abstained_reason=reason)
    sign, word = TRUST_WORDS[grade.trust.flag]
    return GradeColumn(
        system=name,
        title=title,
        probability=grade.probability_hgg,
        probability_text=probability_words(grade.probability_hgg),
        label=LABEL_WORDS.get(grade.label, grade.label),
        trust=grade.trust.flag,
        trust_text=f"{sign} {word}",
        reasons=[*_reasons(grade), outline_note(result, grade)],
        evidence=evidence,
        heatmaps=heatmap_choices([key for key in keys if key.startswith(f"{name}-")], result),
        moved=_moved(grade),
    )


def _why_absent(name: str, result: CaseResult) -> str:
    if result.segmentation is not None and not result.segmentation.volumes_ml.get("WT"):
        return "No prediction: no tumour was outlined."
    if not result.grading:
        return "No prediction: the step was not run, or no tumour was outlined."
    known = name in registry.SYSTEMS
    return f"No prediction: {'no model of this system is installed' if known else 'unknown system'}."


def _reasons(grade: GradingResult) -> list[str]:
    return [sentence(reason) for reason in grade.trust.reasons]


def _measured_how(grade: GradingResult) -> list[str]:
    evidence = grade.evidence
    lines = [f"Measured on: {evidence.cohort}.", f"How: {evidence.validation}."]
    return [*lines, evidence.note] if evidence.note else lines


def _choice(key: str, result: CaseResult | None) -> HeatMapChoice:
    kind = kind_of(key)
    system, _, method = key.partition("-")
    faithfulness = _faithfulness(key, system, result)
    label = f"{headline(system)}: {headline(method.replace('-', ' '))}" if method else headline(key)
    return HeatMapChoice(key, label, kind.unit, kind.explanation, faithfulness)


def _faithfulness(key: str, system: str, result: CaseResult | None) -> str:
    """Where this explanation lies, and what was measured of its kind on patients the model was not trained on."""
    grade = None if result is None else result.grading.get(system)
    measured = [] if result is None else result.faithfulness.get(key, [])
    energy = "" if grade is None else energy_words(grade.trust)
    return " ".join(filter(None, [energy, *faithfulness_words(key, measured)]))


def _moved(grade: GradingResult) -> list[Moved]:
    usable = [item for item in grade.contributions if is_number(item.get("contribution"))]
    strongest = sorted(usable, key=lambda item: -abs(item["contribution"]))[:_STRONGEST]
    return [Moved(str(item.get("name", "–")), _value(item), float(item["contribution"])) for item in strongest]


def _value(item: dict) -> str:
    value = item.get("value")
    return amount(value if isinstance(value, str) else number(value), item.get("unit") or "")
