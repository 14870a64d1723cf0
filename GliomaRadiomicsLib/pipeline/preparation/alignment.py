"""Every sequence laid onto the reference, and how well that went."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.registration import Registration, register
from GliomaRadiomicsLib.pipeline.preparation.brains import Brain

LEAST_GAIN = 0.01
LEAST_SHIFT_MM = 0.75
"""Mutual information (nats) a movement must gain, and how far it must go; otherwise the headers are as good and stay,
since the registration itself is no more exact than that."""

State = Literal["reference", "one grid", "headers", "registered", "refused"]


@dataclass(frozen=True)
class Alignment:
    """How one image was laid onto the reference.

    Attributes:
        state: ``reference`` itself; ``one grid`` with it, as preprocessed images are; ``headers`` fit as well as any
            movement that can be told; ``registered``; or ``refused``, so that the image is not used.
        matrix: 4x4, from a place (RAS mm) in the reference to the same tissue's place in the image.
        registration: What was found, where a movement was looked for and not refused.
        shift_mm: Mean movement of the brain's voxels.
        reason: Why it was refused.
    """

    state: State
    matrix: npt.NDArray[np.float64]
    registration: Registration | None = None
    shift_mm: float = 0.0
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        data: dict[str, Any] = {"state": self.state}
        if self.reason:
            data["reason"] = self.reason
        if self.registration is not None:
            found = self.registration
            data |= {
                "shift_mm": round(self.shift_mm, 2),
                "rotation_degrees": round(found.rotation_degrees if self.state == "registered" else 0.0, 2),
                "mutual_information_before": round(found.information_before, 4),
                "mutual_information_after": round(found.information_after, 4),
                "brain_overlap": round(found.overlap, 4),
            }
        return data


def align(
    volumes: dict[str, Volume],
    brains: dict[str, Brain],
    reference: str,
    progress: Progress,
) -> dict[str, Alignment]:
    """Find how every image lies to the reference.

    Skull-stripped images on the reference's grid are taken as aligned. Two images are registered at a time.

    Args:
        volumes: Images by role, each on its own grid.
        brains: The brain in each.
        reference: Role of the image that stays.
        progress: May cancel between images.
    """
    found = {reference: Alignment("reference", np.eye(4))}
    waiting = []
    for role, volume in volumes.items():
        if role == reference:
            continue
        stripped = not brains[role].found and not brains[reference].found
        if stripped and volume.same_grid(volumes[reference]):
            found[role] = Alignment("one grid", np.eye(4))
        else:
            waiting.append(role)
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {
            role: pool.submit(_aligned, volumes[reference], volumes[role], brains[reference].mask, brains[role].mask)
            for role in waiting
        }
        for number, role in enumerate(waiting):
            progress.report(number / len(waiting), f"aligning image {number + 1} of {len(waiting)}")
            found[role] = running[role].result()
    return {role: found[role] for role in volumes}


def _aligned(fixed: Volume, moving: Volume, fixed_brain: Volume, moving_brain: Volume) -> Alignment:
    try:
        registration = register(fixed, moving, fixed_brain, moving_brain)
    except RefusedInput as error:
        reason = RefusedInput(what=error.what, found=error.found, remedy=error.remedy)
        return Alignment("refused", np.eye(4), reason=str(reason))
    gain = registration.information_after - registration.information_before
    shift = registration.shift_mm(fixed_brain)
    if gain < LEAST_GAIN or shift < LEAST_SHIFT_MM:
        return Alignment("headers", np.eye(4), registration)
    return Alignment("registered", registration.matrix, registration, shift)
