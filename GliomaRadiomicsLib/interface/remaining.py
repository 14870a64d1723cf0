"""How long a run will still take, in words."""

from __future__ import annotations

from GliomaRadiomicsLib.core.remaining import elapsed_text, remaining_text

__all__ = ["elapsed_text", "remaining_text"]
