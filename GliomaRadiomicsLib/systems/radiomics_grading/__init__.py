"""Grade from the brightness distribution of the whole tumour on T1ce, free of the intensity scale."""

from GliomaRadiomicsLib.systems.radiomics_grading.system import RadiomicsGrading

SYSTEM = RadiomicsGrading

__all__ = ["SYSTEM", "RadiomicsGrading"]
