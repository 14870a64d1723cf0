"""Segmentation network with a codebook of imaging phenotypes between encoder and decoder.

Kobayashi et al. 2021, "Observing deep radiomics for the classification of glioma grades": axial slices 4x256x256 in,
latent 64x8x8, codebook 512x64, logits Sx256x256 out.
Where the paper is silent: group normalisation in groups of 8, negative slope .01, bilinear interpolation, a 1x1
convolution from the 128 channels of the last encoder block to the 64 of the codewords, and one to the labels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.initialisation import he_initialise
from GliomaRadiomicsLib.networks.blocks.residual2d import SLOPE, ConvNormAct2d, ResidualBlock2d
from GliomaRadiomicsLib.networks.blocks.vector_quantizer import VectorQuantizer

CHANNELS = (32, 64, 128, 128, 128, 128)


class VQOutput(NamedTuple):
    """What the network gives in training.

    Attributes:
        logits: Shape ``(batch, labels, i, j)``.
        latent: z_e before quantisation, ``(batch, D, i/32, j/32)``.
        quantised: The codewords chosen, same shape; carries the gradient to the codebook.
        codes: Their numbers, ``(batch, i/32, j/32)``.
    """

    logits: torch.Tensor
    latent: torch.Tensor
    quantised: torch.Tensor
    codes: torch.Tensor


class VQSegmentationNet(nn.Module):
    """Encoder, codebook, decoder.

    Args:
        sequences: Number of input sequences.
        labels: S, the number of labels with the background.
        channels: Of the encoder's residual blocks, a stride 2 between each two; the decoder has them in reverse.
        codewords: K.
        size: D.
        moving_average: See `VectorQuantizer`.
        restart_below: See `VectorQuantizer`.
    """

    def __init__(
        self,
        sequences: int = 4,
        labels: int = 4,
        channels: tuple[int, ...] = CHANNELS,
        codewords: int = 512,
        size: int = 64,
        *,
        moving_average: bool = False,
        restart_below: float = 0.0,
    ) -> None:
        super().__init__()
        self.multiple = 2 ** (len(channels) - 1)
        self.encoder = _encoder(sequences, channels)
        self.to_latent = nn.Conv2d(channels[-1], size, kernel_size=1)
        self.quantizer = VectorQuantizer(codewords, size, moving_average=moving_average, restart_below=restart_below)
        self.decoder = _decoder(size, channels[::-1])
        self.head = nn.Conv2d(channels[0], labels, kernel_size=1)
        he_initialise(self, SLOPE)

    def latent(self, slices: torch.Tensor) -> torch.Tensor:
        """z_e of slices: ``(batch, sequences, i, j)``, multiples of ``multiple``, to ``(batch, D, i/32, j/32)``."""
        return self.to_latent(self.encoder(slices))

    def encode(self, slices: torch.Tensor) -> torch.Tensor:
        """Codes of slices: ``(batch, sequences, i, j)`` to ``(batch, i/32, j/32)``, int64."""
        return self.quantizer.codes(self.latent(slices))

    def decode(self, quantised: torch.Tensor) -> torch.Tensor:
        """Logits of z_q: ``(batch, D, i/32, j/32)`` to ``(batch, labels, i, j)``."""
        return self.head(self.decoder(quantised))

    def decode_codes(self, codes: torch.Tensor) -> torch.Tensor:
        """Logits of codes: ``(batch, i/32, j/32)`` to ``(batch, labels, i, j)``."""
        return self.decode(self.quantizer.embed(codes))

    def forward(self, slices: torch.Tensor) -> VQOutput:
        """Segment slices ``(batch, sequences, i, j)``; see `VQOutput`."""
        latent = self.latent(slices)
        straight_through, quantised, codes = self.quantizer(latent)
        return VQOutput(self.decode(straight_through), latent, quantised, codes)


def _encoder(sequences: int, channels: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for level, (before, after) in enumerate(zip((sequences, *channels[:-1]), channels, strict=True)):
        if level:
            layers.append(ConvNormAct2d(before, before, stride=2))
        layers.append(ResidualBlock2d(before, after))
    return nn.Sequential(*layers)


def _decoder(size: int, channels: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for level, (before, after) in enumerate(zip((size, *channels[:-1]), channels, strict=True)):
        if level:
            layers += [nn.Upsample(scale_factor=2, mode="bilinear"), ConvNormAct2d(before, before)]
        layers.append(ResidualBlock2d(before, after))
    return nn.Sequential(*layers)
