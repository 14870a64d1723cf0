"""The recursive approximation of a Gaussian and its second derivative along a line, as ITK computes it.

The recursion is linear, so for a line of n voxels it is a matrix; applied to all lines of an image as one matrix
product it is an order of magnitude faster than the recursion, and needs to be computed only where it is wanted.

Source: R. Deriche, "Recursively implementing the Gaussian and its derivatives", INRIA report 1893, 1993; G. Farneback
and C.-F. Westin, "Improving Deriche-style recursive Gaussian filters", J. Math. Imaging Vision 26, 2006 (constants);
ITK, ``RecursiveGaussianImageFilter`` (normalisation, border: the outermost voxel goes on for ever).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_FREQUENCIES, _DECAYS = (0.6681, 2.0787), (-1.3932, -1.3732)
_COSINES = {0: (1.3530, -0.3531), 2: (-1.3563, 0.3446)}
_SINES = {0: (1.8151, 0.0902), 2: (5.2318, -2.2355)}
SHORTEST_LINE = 4


@lru_cache(maxsize=64)
def line_matrix(length: int, sigma: float, spacing: float, order: int) -> Array:
    """What the filter does to a line: output voxels by input voxels, shape ``(length, length)``.

    Args:
        length: Voxels of the line; at least 4.
        sigma: Width of the Gaussian in mm.
        spacing: Voxel size in mm.
        order: 0 for smoothing, 2 for the second derivative per voxel, multiplied by ``sigma`` squared.
    """
    forward, feedback = _coefficients(sigma / spacing, order)
    if order == 2:
        forward = forward * sigma**2
    backward = np.append(forward[1:], 0.0) - feedback * forward[0]
    ahead = _run(length, np.append(forward, 0.0), feedback)
    behind = _run(length, np.append(0.0, backward), feedback)
    matrix = ahead + behind[::-1, ::-1]
    matrix.setflags(write=False)
    return matrix


def _run(length: int, forward: Array, feedback: Array) -> Array:
    """The recursion from the first voxel on, whose value is taken to have been there for ever: shape (n, n)."""
    steady = forward.sum() / (1 + feedback.sum())
    lines = np.zeros((length + 4, length))
    lines[:4, 0] = steady
    values = np.concatenate([np.zeros((4, length)), np.eye(length)])
    values[:4, 0] = 1.0
    for place in range(4, length + 4):
        past = slice(place - 4, place)
        lines[place] = forward @ values[place - 4 : place + 1][::-1] - feedback @ lines[past][::-1]
    return lines[4:]


def _coefficients(width: float, order: int) -> tuple[Array, Array]:
    """Coefficients of the four last inputs and of the four last outputs; ``width`` in voxels."""
    feedback = _feedback(width)
    steps = np.arange(5)
    s, d, e = (float(np.append(1.0, feedback) @ steps**power) for power in range(3))
    smooth = _inputs(width, 0)
    if order == 0:
        return smooth / (2 * smooth.sum() / s - smooth[0]), feedback
    sharp = _inputs(width, 2)
    sharp = sharp - smooth * (2 * sharp.sum() - s * sharp[0]) / (2 * smooth.sum() - s * smooth[0])
    sn, dn, en = (float(sharp @ steps[:4] ** power) for power in range(3))
    scale = (en * s**2 - e * sn * s - 2 * dn * d * s + 2 * d**2 * sn) / s**3
    return sharp / scale, feedback


def _inputs(width: float, order: int) -> Array:
    (a1, a2), (b1, b2) = _COSINES[order], _SINES[order]
    (sin1, sin2), (cos1, cos2), (exp1, exp2) = _waves(width)
    return np.array(
        [
            a1 + a2,
            exp2 * (b2 * sin2 - (a2 + 2 * a1) * cos2) + exp1 * (b1 * sin1 - (a1 + 2 * a2) * cos1),
            2 * exp1 * exp2 * ((a1 + a2) * cos2 * cos1 - b1 * cos2 * sin1 - b2 * cos1 * sin2)
            + a2 * exp1**2
            + a1 * exp2**2,
            exp2 * exp1**2 * (b2 * sin2 - a2 * cos2) + exp1 * exp2**2 * (b1 * sin1 - a1 * cos1),
        ]
    )


def _feedback(width: float) -> Array:
    _, (cos1, cos2), (exp1, exp2) = _waves(width)
    return np.array(
        [
            -2 * (exp2 * cos2 + exp1 * cos1),
            4 * cos2 * cos1 * exp1 * exp2 + exp1**2 + exp2**2,
            -2 * cos1 * exp1 * exp2**2 - 2 * cos2 * exp2 * exp1**2,
            exp1**2 * exp2**2,
        ]
    )


def _waves(width: float) -> tuple[Array, Array, Array]:
    turns, decays = np.array(_FREQUENCIES) / width, np.array(_DECAYS) / width
    return np.sin(turns), np.cos(turns), np.exp(decays)
