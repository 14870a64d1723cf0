"""The system: see `scale_free` for quantities and model."""

from __future__ import annotations

from GliomaRadiomicsLib.core.results import GradingResult
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.scale_free.system import ScaleFreeSystem
from GliomaRadiomicsLib.systems.scale_free.target import GRADE


class RadiomicsGrading(ScaleFreeSystem):
    """WHO grade 4 against 2/3."""

    target = GRADE
    name = GRADE.system

    def predict(self, case: CaseData) -> GradingResult:
        """Grade one case from T1ce and label map, and age where it is known; abstains with a reason."""
        p, reason, trust, evidence, moved = self.judge(case)
        if p is None:
            return GradingResult(None, "none", trust, evidence, reason=reason)
        return GradingResult(p, GRADE.labels[0] if p >= 0.5 else GRADE.labels[1], trust, evidence, moved)
