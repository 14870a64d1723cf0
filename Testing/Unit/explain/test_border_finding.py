"""Pereira's finding, small: standardised over the whole image a network looks at the brain's border, and is flagged.

The phantoms are confounded: where the grade is 4 the border of the brain is rough, as if another tool had stripped it.
The enhancing rim of the tumour tells the grade too. Standardised over the whole image the border is the steepest step
of all; inside the brain mask it is small, because the brain and what surrounds it are both near zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.explain.energy import energy_shares
from GliomaRadiomicsLib.explain.guided_backpropagation import guided_backpropagation
from GliomaRadiomicsLib.explain.trust import trust_of
from GliomaRadiomicsLib.imaging.intensity import zscore_in_mask
from GliomaRadiomicsLib.networks.grading_cnn import GradingCNN
from GliomaRadiomicsLib.statistics.auc import roc_auc

SIDE, TRAINING, TEST, STEPS = 24, 32, 12, 60
Standardise = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Phantom:
    image: np.ndarray
    brain: np.ndarray
    tumour: np.ndarray
    is_hgg: bool


def smooth_noise(rng: np.random.Generator, sigma: float) -> np.ndarray:
    noise = ndimage.gaussian_filter(rng.normal(size=(SIDE,) * 3), sigma)
    return noise / noise.std()


def phantom(seed: int, is_hgg: bool, rough: bool) -> Phantom:
    rng = np.random.default_rng(seed)
    place = np.indices((SIDE,) * 3) - (SIDE - 1) / 2
    semiaxes = rng.uniform(9.0, 10.0, 3)[:, None, None, None]
    brain = ((place / semiaxes) ** 2).sum(0) + 0.15 * rough * smooth_noise(rng, 0.8) < 1.0
    centre, radius = rng.uniform(-3.5, 3.5, 3)[:, None, None, None], rng.uniform(3.0, 4.0)
    distance = np.sqrt(((place - centre) ** 2).sum(0))
    tumour = brain & (distance < radius)
    image = 0.03 * smooth_noise(rng, 1.0) + 1.5 * tumour + rng.uniform(4.0, 6.0)
    image[tumour & (distance > radius - 1.5)] += 1.5 * is_hgg * rng.uniform(0.6, 1.4)
    return Phantom(image * brain, brain, tumour, is_hgg)


def whole_image(image: np.ndarray, brain: np.ndarray) -> np.ndarray:
    del brain
    return ((image - image.mean()) / image.std()).astype(np.float32)


def cohort(first: int, count: int, *, confounded: bool) -> list[Phantom]:
    """HGG and LGG in turn; unconfounded, roughness goes its own way."""
    return [phantom(first + n, n % 2 == 1, (n if confounded else n // 2) % 2 == 1) for n in range(count)]


def stacked(patients: list[Phantom], standardise: Standardise) -> torch.Tensor:
    return torch.from_numpy(np.stack([standardise(p.image, p.brain) for p in patients]))[:, None]


def trained(standardise: Standardise, seed: int) -> nn.Module:
    patients = cohort(0, TRAINING, confounded=True)
    images, grades = stacked(patients, standardise), torch.tensor([int(p.is_hgg) for p in patients])
    torch.manual_seed(seed)
    network = GradingCNN(sequences=1, channels=(8,), hidden=8, dropout=0.1)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, weight_decay=1e-4)
    for _ in range(STEPS):
        chosen = torch.randperm(TRAINING)[:8]
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images[chosen]), grades[chosen]).backward()
        optimiser.step()
    return network.eval()


def probabilities(network: nn.Module, images: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return network(images).softmax(1)[:, 1].numpy()


def predicted_class(output: torch.Tensor) -> torch.Tensor:
    return output.amax(1)


def judged(standardise: Standardise, seed: int = 0) -> tuple[list[Trust], float, float]:
    """Trust in each unseen case by where its explanation lies; AUC on confounded and on unconfounded unseen cases."""
    network = trained(standardise, seed)
    areas = []
    for confounded in (True, False):
        patients = cohort(1000, TEST, confounded=confounded)
        found = probabilities(network, stacked(patients, standardise))
        areas.append(roc_auc(np.array([p.is_hgg for p in patients]), found))
    patients = cohort(1000, TEST, confounded=True)
    images = stacked(patients, standardise)
    heat = guided_backpropagation(network, images, predicted_class)[:, 0].numpy()
    trust = []
    for number, patient in enumerate(patients):
        shares = energy_shares(
            heat[number], tumour=patient.tumour, brain=patient.brain, spacing_mm=(1.0, 1.0, 1.0), border_mm=1.5
        )
        trust.append(trust_of(1.0, energy=shares))
    return trust, areas[0], areas[1]


@pytest.fixture(scope="module")
def whole() -> tuple[list[Trust], float, float]:
    torch.set_num_threads(1)
    return judged(whole_image)


@pytest.fixture(scope="module")
def masked() -> tuple[list[Trust], float, float]:
    torch.set_num_threads(1)
    return judged(zscore_in_mask)


def test_both_grade_unseen_patients_of_the_same_kind(whole: tuple, masked: tuple) -> None:
    """So that nothing but the explanation tells them apart."""
    assert whole[1] >= 0.95
    assert masked[1] >= 0.95


def flagged(trust: list[Trust]) -> int:
    return sum(t.flag == "no" and "on the border of the brain" in t.reasons[0] for t in trust)


def test_the_network_that_looks_at_the_border_is_flagged_and_the_other_is_not(whole: tuple, masked: tuple) -> None:
    """Over three seeds of the weights 29 of 36 cases were flagged against 3 of 36; this one: 12 of 12 against none."""
    assert flagged(whole[0]) >= 9
    assert flagged(masked[0]) <= 3


def test_the_flag_was_right(whole: tuple, masked: tuple) -> None:
    """Where the border does not tell the grade, the flagged network grades worse, the other as before."""
    assert masked[2] >= 0.9
    assert whole[2] < masked[2] - 0.1
