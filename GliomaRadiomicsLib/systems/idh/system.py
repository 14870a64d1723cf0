"""The system: see `scale_free` for quantities and model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.scale_free.system import ScaleFreeSystem
from GliomaRadiomicsLib.systems.scale_free.target import IDH


class IdhMutation(ScaleFreeSystem):
    """IDH-mutant against IDH-wildtype."""

    target = IDH
    name = IDH.system

    def predict(self, case: CaseData) -> dict[str, Any]:
        """IDH status of one case, as `result.json` has it under ``idh``.

        Returns:
            ``status`` (predicted or abstained), ``label``, ``probability_mutant``, ``trust``, ``evidence`` and
            ``contributions``; where abstained, ``status``, ``reason`` and ``evidence``.
        """
        p, reason, trust, evidence, moved = self.judge(case)
        if p is None:
            return {"status": "abstained", "reason": reason, "evidence": asdict(evidence)}
        return {
            "status": "predicted",
            "label": IDH.labels[0] if p >= 0.5 else IDH.labels[1],
            "probability_mutant": p,
            "trust": asdict(trust),
            "evidence": asdict(evidence),
            "contributions": moved,
        }
