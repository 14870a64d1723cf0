"""From tissue to MR signal: spin-echo and inversion-recovery equations, partial volume, bias field and noise.

Equations: spin echo S = PD (1 - exp(-TR/T1)) exp(-TE/T2); inversion recovery (FLAIR, inversion-prepared T1)
S = PD |1 - 2 exp(-TI/T1) + exp(-TR/T1)| exp(-TE/T2). Contrast agent of concentration C shortens T1 to
1 / (1/T1 + r1 C) with r1 = 4.5 (1.5 T) or 3.9 (3 T) per second and mmol/l.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.imaging.phantom_shapes import Array, NoiseField, draw_noise
from GliomaRadiomicsLib.imaging.phantom_tissue import BLENDS_WITH, RELAXATION, Tissue

_RELAXIVITY = {1.5: 4.5, 3.0: 3.9}


@dataclass(frozen=True)
class Protocol:
    """How one sequence is acquired.

    Attributes:
        name: t1, t1ce, t2 or flair.
        field: Field strength in tesla, 1.5 or 3.
        tr: Repetition time in ms.
        te: Echo time in ms.
        ti: Inversion time in ms, 0 for spin echo.
        blur_mm: Width (sigma) of the point spread along x, y, z.
        texture: Relative variation within a tissue.
        bias: Relative strength of the bias field.
        noise: Noise (sigma) relative to white matter.
        scale: Brightness of white matter in the file.
        bias_field: Field the bias is made of.
        texture_field: Field the texture is made of.
    """

    name: str
    field: float
    tr: float
    te: float
    ti: float
    blur_mm: tuple[float, float, float]
    texture: float
    bias: float
    noise: float
    scale: float
    bias_field: NoiseField
    texture_field: NoiseField

    def texture_on(self, axes: tuple[Array, Array, Array]) -> npt.NDArray[np.float32]:
        """Factor around 1 on a regular grid (coordinates in mm along i, j, k)."""
        return (1.0 + self.texture * self.texture_field.on_axes(*axes)).astype(np.float32)


def draw_protocols(rng: np.random.Generator) -> dict[str, Protocol]:
    """Draw an examination: one `Protocol` per sequence, all at the same field strength."""
    field = float(rng.choice([1.5, 3.0]))
    texture_field = draw_noise(rng, 22.0)
    return {name: _draw_protocol(rng, name, field, texture_field) for name in SEQUENCES}


def _draw_protocol(rng: np.random.Generator, name: str, field: float, texture_field: NoiseField) -> Protocol:
    tr, te, ti = _timing(rng, name, field)
    in_plane = float(rng.uniform(0.5, 0.8))
    through = float(rng.choice([0.6, 1.0, 2.0], p=[0.5, 0.2, 0.3]))
    return Protocol(
        name=name,
        field=field,
        tr=tr,
        te=te,
        ti=ti,
        blur_mm=(in_plane, in_plane, through),
        texture=float(rng.uniform(0.02, 0.05)),
        bias=float(rng.uniform(0.03, 0.2)),
        noise=float(rng.uniform(0.01, 0.05)),
        scale=float(np.exp(rng.uniform(np.log(10.0), np.log(3000.0)))),
        bias_field=draw_noise(rng, 260.0),
        texture_field=texture_field,
    )


def _timing(rng: np.random.Generator, name: str, field: float) -> tuple[float, float, float]:
    if name == "t2":
        return float(rng.uniform(3500, 6000)), float(rng.uniform(85, 110)), 0.0
    if name == "flair":
        tr = float(rng.uniform(8000, 11000))
        t1_fluid = RELAXATION[Tissue.CSF].t1[int(field > 2)]
        null = t1_fluid * (np.log(2.0) - np.log1p(np.exp(-tr / t1_fluid)))
        return tr, float(rng.uniform(100, 130)), float(null * rng.uniform(0.94, 1.03))
    if rng.random() < 0.4:
        return float(rng.uniform(1900, 2400)), float(rng.uniform(3, 5)), float(rng.uniform(850, 1000))
    longest = 650.0 if field < 2 else 750.0
    return float(rng.uniform(450, longest)), float(rng.uniform(8, 16)), 0.0


def draw_tissue_spread(rng: np.random.Generator, spread: float = 0.06) -> npt.NDArray[np.float64]:
    """Factors on T1, T2, density and contrast agent per tissue, shape (number of tissues, 4)."""
    factors = np.clip(1.0 + spread * rng.standard_normal((len(Tissue), 4)), 1.0 - 0.1, 1.0 + 0.1)
    factors[:, 3] = np.exp(0.3 * rng.standard_normal(len(Tissue)))
    factors[:, 2] = np.clip(factors[:, 2], 0.97, 1.03)
    return factors


def tissue_signals(protocol: Protocol, spread: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Signal of every tissue under ``protocol``, by tissue number, before scaling."""
    strong = int(protocol.field > 2)
    signals = np.zeros(len(Tissue), dtype=np.float32)
    for tissue, values in RELAXATION.items():
        f1, f2, f_density, f_agent = spread[tissue]
        t1, t2 = values.t1[strong] * f1, values.t2[strong] * f2
        if protocol.name == "t1ce":
            agent = values.gadolinium * f_agent
            t1 = 1.0 / (1.0 / t1 + _RELAXIVITY[protocol.field] * agent / 1000.0)
        signals[tissue] = values.density * f_density * _recovery(protocol, t1) * np.exp(-protocol.te / t2)
    return signals


def _recovery(protocol: Protocol, t1: float) -> float:
    if protocol.ti > 0:
        return float(abs(1.0 - 2.0 * np.exp(-protocol.ti / t1) + np.exp(-protocol.tr / t1)))
    return float(1.0 - np.exp(-protocol.tr / t1))


def clean_image(
    signals: npt.NDArray[np.float32], tissue: npt.NDArray[np.uint8], blend: Array, texture: Array
) -> npt.NDArray[np.float32]:
    """Signal at every voxel relative to white matter: tissue mixture times texture; no blur, bias or noise yet."""
    relative = signals / signals[Tissue.WHITE]
    other = relative.copy()
    for kind, partner in BLENDS_WITH.items():
        other[kind] = relative[partner]
    image = relative[tissue]
    mixed = blend > 0
    image[mixed] += blend[mixed] * (other[tissue[mixed]] - image[mixed])
    return image * texture


def acquire(
    rng: np.random.Generator,
    protocol: Protocol,
    image: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Rician noise and the file's scale; ``image`` relative to white matter, shape (i, j, k)."""
    real = image + np.float32(protocol.noise) * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = np.float32(protocol.noise) * rng.standard_normal(image.shape, dtype=np.float32)
    return np.float32(protocol.scale) * np.sqrt(real * real + imaginary * imaginary)


def blurred(
    protocol: Protocol,
    image: npt.NDArray,
    axes: tuple[Array, Array, Array],
    spacing_mm: float,
    slice_axis: int = 2,
    slice_mm: float = 0.0,
) -> npt.NDArray[np.float32]:
    """Bias field and point spread; slices of ``slice_mm`` along ``slice_axis`` if thicker than the protocol's blur."""
    biased = image * (1.0 + protocol.bias * np.tanh(protocol.bias_field.on_axes(*axes)))
    sigma = np.full(3, protocol.blur_mm[0])
    sigma[slice_axis] = max(0.3 * slice_mm, protocol.blur_mm[0]) if slice_mm else protocol.blur_mm[2]
    return ndimage.gaussian_filter(biased.astype(np.float32), sigma / spacing_mm, truncate=3.0)
