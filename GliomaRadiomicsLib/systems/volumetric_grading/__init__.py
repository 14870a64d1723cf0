"""Grade from the volumes of the tumour's parts: transparent, independent of the scanner, and shown with its limits.

The measure every published system has to beat: if a network does not grade better than the amount of enhancement, the
figures beside it say so.
"""

from GliomaRadiomicsLib.systems.volumetric_grading.system import VolumetricGrading

SYSTEM = VolumetricGrading

__all__ = ["SYSTEM", "VolumetricGrading"]
