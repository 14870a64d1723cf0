"""Grading by a three-dimensional convolutional network with quality assurance (Pereira et al. 2018)."""

from GliomaRadiomicsLib.systems.cnn_grading.system import CnnGrading

SYSTEM = CnnGrading
