"""The sections of a report, in their order. To add one, write a function and add its line here."""

from __future__ import annotations

from GliomaRadiomicsLib.reports.sections.content import Content, Section
from GliomaRadiomicsLib.reports.sections.features import write_features
from GliomaRadiomicsLib.reports.sections.molecular import write_molecular
from GliomaRadiomicsLib.reports.sections.overview import write_passport
from GliomaRadiomicsLib.reports.sections.pictures import write_heatmaps, write_pictures
from GliomaRadiomicsLib.reports.sections.predictions import write_grading
from GliomaRadiomicsLib.reports.sections.preparation import write_preparation
from GliomaRadiomicsLib.reports.sections.sources import write_evidence, write_provenance
from GliomaRadiomicsLib.reports.sections.summary import write_summary
from GliomaRadiomicsLib.reports.sections.survival import write_survival
from GliomaRadiomicsLib.reports.sections.volumes import write_volumes

SECTIONS = (
    Section("summary", "Summary", write_summary),
    Section("pictures", "Pictures", write_pictures),
    Section("volumes", "Volumes", write_volumes),
    Section("grading", "Grade", write_grading),
    Section("molecular", "Molecular markers", write_molecular),
    Section("survival", "Survival", write_survival),
    Section("passport", "Input check", write_passport),
    Section("preparation", "Preparation", write_preparation),
    Section("heatmaps", "Heat maps", write_heatmaps),
    Section("features", "Features", write_features),
    Section("evidence", "Evidence behind the models", write_evidence),
    Section("provenance", "Provenance", write_provenance),
)

__all__ = ["SECTIONS", "Content", "Section"]
