"""Negative log partial likelihood of Cox's model as a loss of networks."""

from __future__ import annotations

import torch


def cox_loss(risk: torch.Tensor, time: torch.Tensor, event: torch.Tensor) -> torch.Tensor:
    """Mean over the events of ``log(sum of exp(risk) of those at risk) - risk``; ties as Breslow, 0 without an event.

    Source: Cox 1972, JRSS B 34:187; Katzman et al. 2018, BMC Med Res Methodol 18:24 (as a loss).

    Args:
        risk: Shape (n,), log relative hazards.
        time: Shape (n,), follow-up.
        event: Shape (n,), bool, True where the event was observed.
    """
    if not event.any():
        return risk.sum() * 0.0
    at_risk = time[None, :] >= time[event][:, None]
    everyone = risk[None, :].masked_fill(~at_risk, -torch.inf)
    return (torch.logsumexp(everyone, dim=1) - risk[event]).mean()
