"""The loss of networks against the partial likelihood of the statistics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import PartialLikelihood
from GliomaRadiomicsLib.training.survival_loss import cox_loss


def test_it_is_the_partial_likelihood_per_event_with_ties() -> None:
    random = np.random.default_rng(0)
    time, event, risk = random.integers(1, 8, 30).astype(float), random.random(30) < 0.6, random.normal(size=30)
    expected = -PartialLikelihood(Outcome(time, event), "breslow").value(risk) / event.sum()
    found = cox_loss(*(torch.tensor(part) for part in (risk, time, event)))
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_without_an_event_it_is_nothing_and_has_a_gradient() -> None:
    risk = torch.ones(3, requires_grad=True)
    loss = cox_loss(risk, torch.ones(3), torch.zeros(3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(risk.grad, torch.zeros(3))
