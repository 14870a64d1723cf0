"""MGMT methylation and other molecular outcomes by transfer learning on slices (Spoorthy 2023)."""

from GliomaRadiomicsLib.systems.mgmt.system import MgmtSystem

SYSTEM = MgmtSystem

__all__ = ["SYSTEM", "MgmtSystem"]
