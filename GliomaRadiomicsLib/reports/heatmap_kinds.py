"""What each kind of heat map shows, and its unit: read by the colour bar, the caption and the text."""

from __future__ import annotations

from dataclasses import dataclass

from GliomaRadiomicsLib.reports.markup import amount


@dataclass(frozen=True)
class HeatmapKind:
    """One kind of heat map.

    Attributes:
        quantity: What its values are, for the colour bar.
        unit: Unit of the values; empty where they have none.
        explanation: What it shows, in a sentence.
        tested: How the test of its faithfulness was done, where that is not plain; a sentence.
        of_prediction: Whether it explains a prediction, which should rest on the tumour.
    """

    quantity: str
    unit: str
    explanation: str
    tested: str = ""
    of_prediction: bool = True

    @property
    def bar_label(self) -> str:
        """Quantity and unit, such as ``uncertainty (bits)``."""
        return f"{self.quantity} ({self.unit or 'no unit'})"

    def amount(self, value: float) -> str:
        """A value with its unit, such as ``0.3 bits`` or ``1 bit``."""
        return amount(f"{value:.2g}", self.unit)


_UNCERTAINTY = HeatmapKind(
    "uncertainty",
    "bits",
    "Uncertainty: where the model was undecided about the label. In bits: 0 is certain, 1 is undecided.",
    of_prediction=False,
)
_KINDS = {
    "gradcam": HeatmapKind(
        "weight", "", "Grad-CAM: the coarse region whose features raised this prediction most. Its values have no unit."
    ),
    "guided": HeatmapKind(
        "sensitivity",
        "",
        "Guided backpropagation: the voxels to which the prediction reacts; fine, but noisy. Its values have no unit.",
    ),
    "occlusion": HeatmapKind(
        "change of the prediction",
        "log-odds",
        "Occlusion: how the prediction changes because this place is there, compared with the same case without it. "
        "In log-odds: positive places raise the prediction, negative ones lower it.",
    ),
    "responsible": HeatmapKind(
        "change",
        "logits",
        "Responsible region: where the segmentation changes, in logits, when a phenotype is taken out.",
        "The maps of both grades were tested together, in every patient the one of the predicted grade.",
    ),
    "uncertainty": _UNCERTAINTY,
    "entropy": _UNCERTAINTY,
}
_UNKNOWN = HeatmapKind("map value", "", "Values as its method computed them; see the method's description.")


def kind_of(name: str) -> HeatmapKind:
    """The kind of a heat map, by the word in its name, such as ``segmentation-uncertainty``."""
    plain = name.lower().replace("-", "").replace("_", "")
    return next((kind for word, kind in _KINDS.items() if word in plain), _UNKNOWN)
