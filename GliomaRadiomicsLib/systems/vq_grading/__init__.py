"""Grading by a codebook of imaging phenotypes (Kobayashi et al. 2021)."""

from GliomaRadiomicsLib.systems.vq_grading.system import VqGrading

SYSTEM = VqGrading
