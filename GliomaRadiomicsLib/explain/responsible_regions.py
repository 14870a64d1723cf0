"""Responsible regions: where the segmentation changes when a codeword is replaced by that of the background.

Kobayashi et al. 2021, "Feature ablation study to visualize responsible regions".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

Decode = Callable[[torch.Tensor], torch.Tensor]
"""From codes ``(n, h, w)`` to logits ``(n, labels, i, j)``, such as `VQSegmentationNet.decode_codes`."""


def responsible_region(
    decode: Decode, codes: torch.Tensor, codewords: Sequence[int], background: int, *, batch: int = 8
) -> torch.Tensor:
    """The collected region of ``codewords``: the sum of the maps of each, replaced alone.

    The map of one codeword is the sum over the labels of the absolute difference of the logits. Only slices that hold
    a codeword are decoded, ``batch`` at a time, so that an absent codeword, like the background's own, gives exactly
    zero, and the memory does not grow with the volume.

    Args:
        decode: The decoder, in evaluation mode.
        codes: Codes of the slices of a volume, ``(slices, h, w)``, int64.
        codewords: Numbers of the codewords, such as the HGG responsible vectors; one is the region of that one.
        background: Number of the background's codeword (`background_codeword`).
        batch: Slices decoded at once.

    Returns:
        Shape ``(slices, i, j)``, float32, on the CPU, not negative, in logits.
    """
    size = _slice_shape(decode, codes)
    region = torch.zeros(len(codes), *size)
    wanted = torch.tensor(sorted(set(codewords) - {background}), dtype=codes.dtype, device=codes.device)
    holding = torch.isin(codes, wanted).flatten(1).any(1).nonzero().flatten()
    with torch.no_grad():
        for part in holding.split(batch):
            chosen = codes[part]
            whole = decode(chosen).float()
            for codeword in torch.unique(chosen[torch.isin(chosen, wanted)]):
                region[part.cpu()] += _difference(decode, chosen, whole, codeword, background).cpu()
    return region


def _difference(
    decode: Decode, codes: torch.Tensor, whole: torch.Tensor, codeword: torch.Tensor, background: int
) -> torch.Tensor:
    held = codes == codeword
    difference = torch.zeros(len(codes), *whole.shape[2:], device=whole.device)
    with_it = held.flatten(1).any(1)
    replaced = torch.where(held[with_it], torch.full_like(codeword, background), codes[with_it])
    difference[with_it] = (whole[with_it] - decode(replaced).float()).abs().sum(1)
    return difference


def _slice_shape(decode: Decode, codes: torch.Tensor) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(decode(codes[:1]).shape[2:])


def background_codeword(codes: torch.Tensor, background: torch.Tensor) -> int:
    """The most common codeword where the image is background.

    Args:
        codes: ``(slices, h, w)``, int64.
        background: Boolean mask ``(slices, i, j)``, i and j multiples of h and w; only codes whose whole patch of the
            image is background count.

    Raises:
        ValueError: If no patch is background as a whole.
    """
    height, width = background.shape[1] // codes.shape[1], background.shape[2] // codes.shape[2]
    cells = background.reshape(len(codes), codes.shape[1], height, codes.shape[2], width).all(4).all(2)
    if not cells.any():
        msg = f"no patch of {height} x {width} pixels is background as a whole; give slices with their black margin"
        raise ValueError(msg)
    return int(codes[cells.to(codes.device)].bincount().argmax())
