"""Vector quantisation with a codebook, learned by gradient or by moving average.

van den Oord et al. 2017 (https://arxiv.org/abs/1711.00937); moving average: its appendix A.1.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

_SMOOTHING = 1e-5


class VectorQuantizer(nn.Module):
    """Replaces every vector by its nearest codeword (Kobayashi 2021, eq. 1 and 2).

    Args:
        codewords: K, the number of codewords.
        size: D, the entries of each.
        moving_average: Learn the codebook as the moving average of the vectors that chose each codeword, while in
            training mode, instead of by the gradient of the codebook loss.
        decay: Of that moving average.
        restart_below: With ``moving_average``: a codeword chosen, on average, by fewer vectors of a batch than this
            is set to a random vector of the batch, so that no codeword dies. 0, the paper's way: never.
    """

    codebook: torch.Tensor
    chosen: torch.Tensor
    summed: torch.Tensor

    def __init__(
        self,
        codewords: int = 512,
        size: int = 64,
        *,
        moving_average: bool = False,
        decay: float = 0.99,
        restart_below: float = 0.0,
    ) -> None:
        super().__init__()
        self.moving_average, self.decay, self.restart_below = moving_average, decay, restart_below
        start = torch.randn(codewords, size)
        if moving_average:
            self.register_buffer("codebook", start)
            self.register_buffer("chosen", torch.ones(codewords))
            self.register_buffer("summed", start.clone())
        else:
            self.codebook = nn.Parameter(start)

    def forward(self, latent: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Quantise.

        Args:
            latent: z_e of shape ``(batch, D, i, j)``.

        Returns:
            What the decoder takes, of the same shape: the codewords in value, but with the gradient passed straight
            through to ``latent``; the codewords themselves, same shape, through which the codebook loss reaches the
            codebook (`latent_loss` in `training.losses`); the codes of shape ``(batch, i, j)``, int64.
        """
        codes = self.codes(latent)
        quantised = self.embed(codes)
        if self.moving_average and self.training:
            self._follow(latent.detach(), codes)
        latent = latent.to(quantised.dtype)
        return latent + (quantised - latent).detach(), quantised, codes

    def codes(self, latent: torch.Tensor) -> torch.Tensor:
        """Index of the nearest codeword of every vector (eq. 1): ``(batch, D, i, j)`` to ``(batch, i, j)``."""
        with torch.no_grad(), torch.autocast(latent.device.type, enabled=False):
            flat = _flat(latent)
            book = self.codebook.detach().float()
            distance = book.square().sum(1) - 2.0 * flat @ book.T
            return distance.argmin(1).reshape(latent.shape[0], *latent.shape[2:])

    def embed(self, codes: torch.Tensor) -> torch.Tensor:
        """The codewords of ``codes`` (eq. 2): ``(batch, i, j)`` to ``(batch, D, i, j)``."""
        return functional.embedding(codes, self.codebook).permute(0, 3, 1, 2)

    @torch.no_grad()
    def _follow(self, latent: torch.Tensor, codes: torch.Tensor) -> None:
        flat, flat_codes = _flat(latent), codes.flatten()
        counts = torch.bincount(flat_codes, minlength=len(self.chosen)).to(flat.dtype)
        sums = torch.zeros_like(self.summed).index_add_(0, flat_codes, flat)
        self.chosen.lerp_(counts, 1.0 - self.decay)
        self.summed.lerp_(sums, 1.0 - self.decay)
        self._restart(flat)
        total = self.chosen.sum()
        smooth = (self.chosen + _SMOOTHING) / (total + len(self.chosen) * _SMOOTHING) * total
        self.codebook.copy_(self.summed / smooth[:, None])

    def _restart(self, flat: torch.Tensor) -> None:
        dead = self.chosen < self.restart_below
        if not dead.any():
            return
        picked = torch.randint(len(flat), (int(dead.sum()),), device=flat.device)
        self.summed[dead] = flat[picked]
        self.chosen[dead] = 1.0


def _flat(latent: torch.Tensor) -> torch.Tensor:
    return latent.float().permute(0, 2, 3, 1).reshape(-1, latent.shape[1])
