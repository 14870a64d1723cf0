"""A case as codes: encoding its slices, counting the codewords (eq. 5), and decoding what the codes stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch
    from torch import nn

_AT_ONCE = 16
NO_BACKGROUND = -1


@dataclass(frozen=True, eq=False)
class Coded:
    """A case under a network.

    Attributes:
        codes: Shape (slices, h, w), int64.
        counts: How often each codeword occurs in the volume, shape (K,).
        background: The most common codeword where the images are background; `NO_BACKGROUND` where they have none.
    """

    codes: torch.Tensor
    counts: npt.NDArray[np.int64]
    background: int


def coded(network: nn.Module, images: torch.Tensor) -> Coded:
    """A case's slices ``(n, sequences, i, j)`` as codes, a few at a time."""
    import torch

    from GliomaRadiomicsLib.explain.responsible_regions import background_codeword

    lying = images.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        codes = torch.cat([network.encode(part).cpu() for part in lying.split(_AT_ONCE)])  # type: ignore[operator]
    codewords = len(network.quantizer.codebook)  # type: ignore[union-attr, arg-type]
    counts = np.bincount(codes.flatten().numpy(), minlength=codewords).astype(np.int64)
    try:
        background = background_codeword(codes, (images == 0).all(1))
    except ValueError:
        background = NO_BACKGROUND
    return Coded(codes, counts, background)


def common_background(cases: Iterable[Coded]) -> int:
    """The background's codeword of most cases; 0 where no case has background, which slices of a brain always have."""
    found = [case.background for case in cases if case.background != NO_BACKGROUND]
    return int(np.bincount(found).argmax()) if found else 0


def segmented(network: nn.Module, codes: torch.Tensor) -> npt.NDArray[np.uint8]:
    """Numbers of the labels decoded from codes ``(n, h, w)``: ``(n, i, j)``."""
    import torch

    with torch.no_grad():
        parts = [network.decode_codes(part).argmax(1) for part in codes.split(_AT_ONCE)]  # type: ignore[operator]
    return torch.cat(parts).numpy().astype(np.uint8)


def region_of(
    network: nn.Module, codes: torch.Tensor, codewords: Sequence[int], background: int
) -> npt.NDArray[np.float32]:
    """Responsible region of some codewords, ``(n, i, j)``, in logits; exactly 0 where none of them occurs."""
    from GliomaRadiomicsLib.explain.responsible_regions import responsible_region

    decode = network.decode_codes
    return responsible_region(decode, codes, codewords, background, batch=_AT_ONCE).numpy()  # type: ignore[arg-type]
