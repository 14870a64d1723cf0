"""Follow-up of a training patient, checked where the patient can still be named."""

from __future__ import annotations

import math

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems.protocol import TrainingCase


def follow_up_of(case: TrainingCase) -> tuple[float, bool] | None:
    """Days and whether the patient died then; None where either is unknown.

    Raises:
        RefusedInput: For days that are no number above zero, naming the case.
    """
    if case.os_days is None or case.event is None:
        return None
    if not 0 < case.os_days < math.inf:
        raise RefusedInput(
            what=f"the follow-up of case {case.patient} must be a number of days greater than zero",
            where=f"line {case.line}, os_days" if case.line else "os_days",
            found=case.os_days,
            remedy="count from diagnosis or surgery; for a death on that very day give 0.5, or leave the case out",
        )
    return float(case.os_days), bool(case.event)
