"""What can be refused before any image is read or any model is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.models.bundle import load_metadata, refuse_other_system
from GliomaRadiomicsLib.pipeline.inputs import Source, check_sources
from GliomaRadiomicsLib.pipeline.predictions import systems_to_run
from GliomaRadiomicsLib.systems import registry
from GliomaRadiomicsLib.systems.brain_extraction import hd_bet
from GliomaRadiomicsLib.systems.segmentation.required import check_sequences


def check_run(settings: AnalyzeSettings, sources: Mapping[str, Source | None], mask: Source | None) -> None:
    """Refuse settings, models, a device or paths that cannot be used.

    Args:
        settings: Of the run.
        sources: Path or volume by sequence; None where not given.
        mask: Path or volume of the label map, or None.

    Raises:
        RefusedInput: Naming the first thing that is wrong.
    """
    settings.check()
    _check_steps(settings, has_mask=mask is not None)
    check_settings(settings)
    check_sources(sources, mask)
    if mask is None and "segmentation" in settings.steps and "segmentation" in settings.models:
        given = [role for role, source in sources.items() if source is not None]
        check_sequences(load_metadata(store.find(settings.models["segmentation"])), given)


def check_settings(settings: AnalyzeSettings) -> None:
    """Refuse settings, models or a device that can be used for no patient.

    Raises:
        RefusedInput: Naming the first thing that is wrong.
    """
    settings.check()
    for system, name in settings.models.items():
        _check_model(system, name)
    systems_to_run(settings.models)
    if settings.brain_extraction == "hd-bet":
        hd_bet.check_installed()
    if settings.device == "cuda":
        from GliomaRadiomicsLib.systems.segmentation.predict import choose_device

        choose_device(settings.device)


def _check_steps(settings: AnalyzeSettings, *, has_mask: bool) -> None:
    needy = [step for step in settings.steps if step in ("features", "grading")]
    if needy and not has_mask and "segmentation" not in settings.steps:
        raise RefusedInput(
            what=f"{needy[0]} needs the outline of a tumour",
            where="--steps",
            remedy="add the step segmentation, or give --mask",
        )


def _check_model(system: str, name: str) -> None:
    """The bundle is there and made for the system; its weights are verified when they are loaded."""
    systems = ("segmentation", *registry.names())
    if system not in systems:
        raise RefusedInput(
            what="unknown system", where="--models", found=system, remedy=f"choose from {', '.join(systems)}"
        )
    refuse_other_system(load_metadata(store.find(name)), system, name)
