"""Overall survival from scale-free T1ce quantities and clinical data: risk, group, survival at 1, 3 and 5 years."""

from GliomaRadiomicsLib.systems.survival.system import SurvivalSystem

SYSTEM = SurvivalSystem

__all__ = ["SYSTEM", "SurvivalSystem"]
