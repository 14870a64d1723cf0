"""Survival of high-grade gliomas from deep and radiomic features of the largest T1ce section (Han 2020)."""

from GliomaRadiomicsLib.systems.hgg_survival.system import HggSurvivalSystem

SYSTEM = HggSurvivalSystem

__all__ = ["SYSTEM", "HggSurvivalSystem"]
