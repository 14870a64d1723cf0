"""Grading by deep features and radiomics together (Jinling Hospital, 2023)."""

from GliomaRadiomicsLib.systems.fused_grading.system import FusedGrading

SYSTEM = FusedGrading
