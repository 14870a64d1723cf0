"""GliomaRadiomics: segment, measure, grade and explain gliomas from T1, T1ce, T2 and FLAIR."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.core.version import VERSION

__version__ = VERSION


def analyze_case(*args: Any, **kwargs: Any) -> Any:
    """Analyse one case; see `GliomaRadiomicsLib.pipeline.case.analyze_case` (imported on first use)."""
    from GliomaRadiomicsLib.pipeline.case import analyze_case as run

    return run(*args, **kwargs)
