"""IDH mutation from the brightness distribution of the whole tumour on T1ce, and age."""

from GliomaRadiomicsLib.systems.idh.system import IdhMutation

SYSTEM = IdhMutation

__all__ = ["SYSTEM", "IdhMutation"]
