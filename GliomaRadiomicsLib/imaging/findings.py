"""Collects the findings of the input passport; a refusal stops the run unless everything is to be listed."""

from __future__ import annotations

from dataclasses import dataclass, field

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import Finding, Severity


@dataclass
class Findings:
    """Findings so far.

    Attributes:
        collect: List refusals as findings instead of raising the first one.
        found: What was found, in order.
    """

    collect: bool = False
    found: list[Finding] = field(default_factory=list)

    def add(self, severity: Severity, code: str, message: str, sequence: str | None = None) -> None:
        """Note a finding; ``message`` already names the sequence where one is concerned."""
        self.found.append(Finding(code, severity, message, sequence))

    def refuse(self, code: str, what: str, remedy: str, *, found: object = None, sequence: str | None = None) -> None:
        """Note a refusal, or raise it as `RefusedInput` when not collecting."""
        where = SEQUENCE_NAMES.get(sequence or "", sequence)
        refusal = RefusedInput(what=what, where=where, found=found, remedy=remedy)
        if not self.collect:
            raise refusal
        self.add("refused", code, str(refusal), sequence)

    def has(self, *codes: str) -> bool:
        """Whether any of ``codes`` was noted."""
        return any(finding.code in codes for finding in self.found)
