"""Survival of patients with a lower-grade glioma from deep features of one section and radiomics (Jinling 2023)."""

from GliomaRadiomicsLib.systems.lgg_survival.system import LggSurvivalSystem

SYSTEM = LggSurvivalSystem

__all__ = ["SYSTEM", "LggSurvivalSystem"]
