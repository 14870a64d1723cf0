"""The fields a user fills in, with label, unit, range and help; the same in Slicer and in the browser.

Texts are literals, so that they can be taken out for translation; the faces translate them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from GliomaRadiomicsLib.core.settings import NORMALISATIONS

Kind = Literal["node", "choice", "number", "flag", "text", "file", "folder"]
UNKNOWN = ""
"""Value of a choice that was not made."""


@dataclass(frozen=True)
class Choice:
    """One value of a choice and the words for it."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One thing to fill in.

    Attributes:
        key: Name among the values.
        label: What stands before it.
        kind: Which sort of widget it is.
        help: Tool tip, one or two sentences.
        unit: Of a number; empty where it has none.
        low: Smallest value of a number.
        high: Largest value of a number.
        step: Step of a number.
        choices: Of a choice, in their order.
        default: Value at the start; None is not known, not given.
        only_steps: Whether no number between two steps can be true.
    """

    key: str
    label: str
    kind: Kind
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[Choice, ...] = ()
    default: Any = None
    only_steps: bool = False

    @property
    def title(self) -> str:
        """Label with the unit in brackets."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def range_words(self) -> str:
        """What a number of this field may be, in a sentence's end: ``give 0 to 120 years``."""
        steps = f", in steps of {self.step:g}" if self.only_steps else ""
        return f"give {self.low:g} to {self.high:g} {self.unit}".rstrip() + steps

    def takes(self, number: float) -> bool:
        """Whether a number lies in the range of this field."""
        assert self.low is not None and self.high is not None and self.step is not None
        return self.low <= number <= self.high and not (self.only_steps and number % self.step)


_NOT_KNOWN = Choice(UNKNOWN, "not known")

SEQUENCE_FIELDS = (
    Field("t1", "T1", "node", "T1-weighted image without contrast agent. May be left out."),
    Field("t1ce", "T1ce", "node", "T1-weighted image after contrast agent; shows the enhancing tumour."),
    Field("t2", "T2", "node", "T2-weighted image. May be left out."),
    Field("flair", "FLAIR", "node", "FLAIR image; shows the oedema. May be left out."),
    Field(
        "mask",
        "Tumour outline",
        "node",
        "Outline of your own (labels 1 necrotic or non-enhancing core, 2 oedema, 4 enhancing tumour). It is used "
        "instead of the automatic one.",
    ),
)

CLINICAL_FIELDS = (
    Field("age", "Age", "number", "Age at imaging. Used for grade, IDH status and survival.", "years", 0, 120, 1),
    Field(
        "sex",
        "Sex",
        "choice",
        "Sex of the patient.",
        choices=(_NOT_KNOWN, Choice("F", "female"), Choice("M", "male")),
        default=UNKNOWN,
    ),
    Field(
        "kps",
        "Karnofsky status",
        "number",
        "Karnofsky performance status before surgery.",
        "%",
        0,
        100,
        10,
        only_steps=True,
    ),
    Field(
        "resection",
        "Extent of resection",
        "choice",
        "What was, or will be, removed. Used for survival.",
        choices=(
            _NOT_KNOWN,
            Choice("gtr", "gross total resection"),
            Choice("str", "subtotal resection"),
            Choice("biopsy", "biopsy only"),
        ),
        default=UNKNOWN,
    ),
    Field(
        "idh",
        "IDH status in tissue",
        "choice",
        "As measured in tissue, where known. Used for survival.",
        choices=(_NOT_KNOWN, Choice("mutant", "mutant"), Choice("wildtype", "wildtype")),
        default=UNKNOWN,
    ),
    Field(
        "grade",
        "WHO grade in tissue",
        "choice",
        "As measured in tissue, where known. Used for survival, never to predict the grade.",
        choices=(_NOT_KNOWN, Choice("2", "grade 2"), Choice("3", "grade 3"), Choice("4", "grade 4")),
        default=UNKNOWN,
    ),
)

STEP_PREFIX = "step_"
"""Before the name of a step, in the keys of the flags that choose the steps."""

_NORMALISATION_WORDS = {
    "zscore": "z-score in the brain",
    "zscore-image": "z-score in the whole image",
    "white-stripe": "white stripe",
    "percentile": "1st to 99th percentile",
    "nyul": "histogram matching (Nyúl)",
    "minmax": "smallest to largest value",
}

RUN_FIELDS = (
    Field("step_segmentation", "Outline the tumour", "flag", "Segment the tumour automatically.", default=True),
    Field("step_features", "Measure features", "flag", "Shape, intensity and texture of each region.", default=True),
    Field(
        "step_grading",
        "Predict",
        "flag",
        "Grade, IDH status, MGMT methylation and survival, as far as models are installed.",
        default=True,
    ),
    Field("step_report", "Write the report", "flag", "A page to read and print: report.html.", default=True),
    Field("step_scene", "Write a Slicer scene", "flag", "One file for 3D Slicer: scene.mrb.", default=True),
    Field(
        "device",
        "Computed on",
        "choice",
        "Automatic takes the graphics card if there is one that can be used.",
        choices=(Choice("auto", "automatic"), Choice("cpu", "processor"), Choice("cuda", "graphics card (CUDA)")),
        default="auto",
    ),
    Field(
        "normalisation",
        "Intensities of the images written",
        "choice",
        "How the images that are written are normalised; a network's own inputs stay as it was trained.",
        choices=tuple(Choice(name, _NORMALISATION_WORDS.get(name, name)) for name in NORMALISATIONS),
        default=NORMALISATIONS[0],
    ),
)

HEATMAP_FIELDS = (
    Field("heatmap", "Heat map", "choice", "Which explanation is laid over the image; none hides it.", default=UNKNOWN),
    Field(
        "opacity",
        "Opacity",
        "number",
        "0 % shows the image alone.",
        "%",
        0,
        100,
        5,
        default=65,
    ),
    Field(
        "threshold",
        "Hide below",
        "number",
        "Places where the heat map is weaker than this share of its strongest value are not shown.",
        "% of the strongest value",
        0,
        100,
        5,
        default=30,
    ),
)

COHORT_FIELDS = (
    Field("cohort", "Table of patients", "file", "COHORT.csv: one line per patient with the paths of the images."),
    Field("cohort_out", "Output folder", "folder", "Each patient gets a folder of its own in it."),
)

TRAIN_FIELDS = (
    Field("train_system", "Model to train", "choice", "Which system is trained.", default=UNKNOWN),
    Field("train_cohort", "Table of patients", "file", "COHORT.csv with the outcome of each patient."),
    Field("train_out", "Folder for the model", "folder", "A new folder, named as the model, is made in it."),
    Field("train_name", "Name of the model", "text", "Small letters, digits and underscores."),
    Field("train_config", "Settings", "file", "YAML file with settings of the system. May be left out."),
)

DOWNLOAD_FIELDS = (
    Field("download_name", "Name", "text", "Name of the model; of a known backbone this alone is enough."),
    Field("download_url", "Address", "text", "Where the zipped bundle lies: https://..."),
    Field("download_sha256", "SHA-256", "text", "Checksum of the file; it is taken only if it is this one."),
)


def field(key: str) -> Field:
    """The field of this key, of all lists above; raises KeyError if there is none."""
    return _BY_KEY[key]


ALL_FIELDS = (
    *SEQUENCE_FIELDS,
    *CLINICAL_FIELDS,
    *RUN_FIELDS,
    *HEATMAP_FIELDS,
    *COHORT_FIELDS,
    *TRAIN_FIELDS,
    *DOWNLOAD_FIELDS,
)
_BY_KEY = {one.key: one for one in ALL_FIELDS}
