"""Settings of the codebook system; the defaults are the paper's, and what it leaves open is said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems.image_grading.settings import Check, GradingSettings
from GliomaRadiomicsLib.systems.vq_grading.count_model import SCALES

PRETASKS = ("fold", "separate", "shared")
_NOT_HERE = ("dropout", "quarter_turns", "gamma")
_NORM_GROUP = 8


@dataclass(frozen=True)
class VqSettings(GradingSettings):
    """How to train.

    Attributes:
        size: Pixels of a slice along both axes.
        pixel_mm: Width of a pixel. The paper's 256 pixels are of 1 mm.
        slice_mm: Distance of the slices; all that meet the brain are seen.
        channels: Of the encoder's residual blocks, a stride of 2 between each two; the decoder has them in reverse.
        codewords: How many (the paper's K).
        codeword_size: Numbers in each (the paper's D).
        moving_average: Learn the codebook as a moving average instead of by the gradient; the paper allows either.
        restart_below: With ``moving_average``: a codeword chosen less often per batch is moved to a vector in use; 0,
            the paper's way: never.
        beta: Weight of the commitment loss; not in the paper.
        epochs: At most; ``steps`` ends the training too.
        shift: Largest shift of the intensities, in standard deviations; not in the paper.
        scale: Largest change of contrast, as a share; not in the paper.
        tumour_share: Share of the training slices that are drawn among those with tumour; the others among all.
        pretask: Whom the network (segmentations only, never a grade) is trained on when patients are held out.
            "fold": anew in every fold, on its training patients and those without a grade; "separate", the paper's:
            once, on patients without a grade; "shared": once, on all, those held out included.
        helpers_in_selection: Whether the helper cases join the training patients when codewords are chosen and weighed,
            brought to the patients' mean and spread of every count; calibration and figures are of patients.
        count_scale: "linear", the paper's, or "log": ln(1 + count).
        level: Of both tests by which codewords are chosen.
        most_codewords: Of those that pass both tests, at most so many, the most significant first.
        penalty_c: Inverse strength of the L2 penalty of the logistic regression; fixed beforehand, not tuned.
        codeword_maps: Of so many codewords, those with the strongest say, `explain` gives a map each.
    """

    steps: int = 400_000
    batch_size: int = 72
    weight_decay: float = 0.0
    rotate_degrees: float = 15.0
    helper_share: float = 0.25
    size: int = 256
    pixel_mm: float = 1.0
    slice_mm: float = 1.0
    channels: tuple[int, ...] = (32, 64, 128, 128, 128, 128)
    codewords: int = 512
    codeword_size: int = 64
    moving_average: bool = False
    restart_below: float = 0.0
    beta: float = 0.25
    epochs: int = 600
    shift: float = 0.1
    scale: float = 0.1
    tumour_share: float = 0.5
    pretask: str = "fold"
    helpers_in_selection: bool = False
    count_scale: str = "linear"
    level: float = 0.05
    most_codewords: int = 16
    penalty_c: float = 1.0
    codeword_maps: int = 2

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> VqSettings:  # type: ignore[override]
        """As the base class; settings of the other networks that have no meaning here are refused."""
        strange = sorted(set(config) & set(_NOT_HERE))
        if strange:
            remedy = "leave it out: the codebook system has no such thing"
            raise RefusedInput(what="unknown setting", where="--config", found=strange[0], remedy=remedy)
        return super().from_config(config)

    def refuse_without_others(self) -> None:
        """As the base class."""
        if self.pretask == "separate":
            raise RefusedInput(
                what="a separate pre-task needs patients without a grade",
                where="pretask",
                found="none",
                remedy="add patients with a label map and an empty grade, or choose pretask fold or shared",
            )

    def plain(self) -> dict[str, Any]:
        """As the base class, without what has no meaning here."""
        return {name: value for name, value in super().plain().items() if name not in _NOT_HERE}

    def checks(self) -> list[Check]:
        """As the base class."""
        channels = len(self.channels) > 0 and all(n > 0 and n % _NORM_GROUP == 0 for n in self.channels)
        multiple = 2 ** (max(len(self.channels), 1) - 1)
        ones = ("codewords", "codeword_size", "epochs", "most_codewords")
        zeros = ("restart_below", "beta", "codeword_maps", "shift")
        return [
            *super().checks(),
            ("channels", channels, f"one number per block, multiples of {_NORM_GROUP}"),
            ("size", self.size >= multiple and self.size % multiple == 0, f"a multiple of {multiple}, 2 per stride"),
            *[(name, getattr(self, name) > 0, "above 0") for name in ("pixel_mm", "slice_mm", "penalty_c")],
            *[(name, getattr(self, name) >= 1, "1 or more") for name in ones],
            *[(name, getattr(self, name) >= 0, "0 or more") for name in zeros],
            ("restart_below", not self.restart_below or self.moving_average, "restarts need moving_average"),
            ("scale", 0 <= self.scale < 1, "0 to below 1"),
            ("tumour_share", 0 <= self.tumour_share <= 1, "0 to 1"),
            ("pretask", self.pretask in PRETASKS, " or ".join(PRETASKS)),
            ("count_scale", self.count_scale in SCALES, " or ".join(SCALES)),
            ("level", 0 < self.level < 1, "between 0 and 1"),
        ]
