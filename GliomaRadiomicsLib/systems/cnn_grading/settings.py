"""Settings of the grading network; the defaults are the paper's, and what it leaves open is said so."""

from __future__ import annotations

from dataclasses import dataclass

from GliomaRadiomicsLib.systems.image_grading.settings import Check, GradingSettings


@dataclass(frozen=True)
class CnnSettings(GradingSettings):
    """How to train. The paper gives neither batch size nor number of steps nor channels.

    Attributes:
        roi: "tumour": a cube around the tumour; "brain": the box of the brain.
        side: Voxels of the region along each axis.
        margin_mm: Added to the tumour on each side; the paper's 10 voxels of 1 mm.
        channels: Of the residual blocks; the paper has four.
        hidden: Channels of the hidden 1x1x1 convolution.
    """

    roi: str = "tumour"
    side: int = 96
    margin_mm: float = 10.0
    channels: tuple[int, ...] = (16, 32, 48, 64)
    hidden: int = 32

    def checks(self) -> list[Check]:
        """As the base class."""
        least = least_side(len(self.channels))
        return [
            *super().checks(),
            ("roi", self.roi in ("tumour", "brain"), "tumour or brain"),
            ("channels", len(self.channels) > 0 and min(self.channels) > 0, "one number per block"),
            ("side", self.side >= least, f"{len(self.channels)} blocks need {least} voxels or more"),
            ("margin_mm", self.margin_mm >= 0, "0 or more"),
            ("hidden", self.hidden > 0, "1 or more"),
        ]


def least_side(blocks: int) -> int:
    """Smallest side that leaves a voxel after so many blocks: the stem takes 2, a block 4, the pooling halves."""
    side = 5
    for _ in range(blocks - 1):
        side = side * 2 + 4
    return side + 2
