"""What the bundle states beside its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from GliomaRadiomicsLib.systems.hgg_survival.model import Score
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.kept_of_patients import HOLDS_DAYS_OF_DEATH, HOLDS_HELD_OUT_RISKS

NAME = "hgg_survival"
_DEEP = {
    "vgg19": "8192 outputs of the first two fully connected layers of VGG-19 (ImageNet)",
    "random": "8192 outputs of a VGG-19 with RANDOM weights, not trained on anything",
    "none": "no deep features",
}


def describe(
    settings: HanSettings,
    origin: Mapping[str, Any] | None,
    score: Score,
    counts: tuple[int, int, int],
    left_out: Mapping[str, int],
) -> dict[str, Any]:
    """Metadata without evidence, as `models.metadata.check_metadata` wants it.

    Args:
        settings: Of the fit.
        origin: Of the network.
        score: The fitted score.
        counts: Patients, deaths, features.
        left_out: Patients not used, by reason.
    """
    plain = asdict(settings)
    stated = ("name", "licence", "attribution", "cohort", "workers")
    return {
        "name": settings.name,
        "system": NAME,
        "version": "1.0",
        "licence": settings.licence,
        "attribution": list(settings.attribution),
        "settings": {key: value for key, value in plain.items() if key not in stated} | {"cohort": settings.cohort},
        "backbone": None if origin is None else dict(origin),
        "input": {
            "t1ce": "any intensity scale; the section with the largest area of the region is used",
            "label_map": f"0/1/2/4 on the same grid, region {settings.region}; automatic, or drawn on one section",
            **{item: "needed" for item in settings.clinical},
        },
        "training": {
            "cohort": settings.cohort,
            "n": counts[0],
            "n_deaths": counts[1],
            **left_out,
            "features": f"{counts[2]}: 348 radiomic; {_DEEP[settings.deep]}; {' and '.join(settings.clinical) or 'no'} "
            "clinical data",
            "model": f"Elastic-Net Cox (L1 share {settings.l1_ratio:g}, penalty by {settings.inner_folds}-fold "
            f"cross-validation) after MAD > 0, univariable C-index >= {settings.concordance:g} and |r| < "
            f"{settings.correlation:g}; {len(score.names)} features with a coefficient; cut at the median score",
            "source": "Han et al. 2020, AJNR 41:40, doi 10.3174/ajnr.A6365",
        },
        "intended_use": "Research: risk group and survival of adults with a high-grade glioma from one T1ce section.",
        "not_for": [
            "Diagnosis, treatment decisions, or telling a patient how long he will live",
            "Low-grade gliomas, children, metastases; treated tumours unless the training cohort was treated alike",
        ],
        "limitations": _limitations(settings),
    }


def _limitations(settings: HanSettings) -> list[str]:
    limits = [
        "The paper's cohorts had 50 to 128 patients; C-indices of such models across glioblastoma cohorts are about "
        ".59 to .64.",
        "Intervals hold the sampling error of the last step only (survival from the score), not that of the score.",
        f"{HOLDS_DAYS_OF_DEATH} {HOLDS_HELD_OUT_RISKS}",
    ]
    if settings.deep == "random":
        limits.insert(0, "RANDOM FEATURE MODE: the network was never trained; use ImageNet weights for the published "
                      "system.")  # fmt: skip
    return limits
