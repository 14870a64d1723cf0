"""The drawings of an evaluation as plain data: risk groups, calibration, and the nomograms that were used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.survival.covariates import ITEM_WORDS, WORDS, set_name
from GliomaRadiomicsLib.systems.survival.fitting import SurvivalModel
from GliomaRadiomicsLib.systems.survival_charts import Chart, calibration_chart, kaplan_meier_chart


def evaluation_charts(
    outcome: Outcome,
    high_risk: npt.NDArray[np.bool_],
    survival: npt.NDArray[np.float64],
    years: Sequence[int],
    models: Sequence[SurvivalModel],
) -> dict[str, Chart]:
    """Charts by file name; those that the cohort does not allow are absent.

    Args:
        outcome: Follow-up of the given patients in days.
        high_risk: Shape (n,), above the median of the training patients.
        survival: Shape (n, years), predicted.
        years: Of the columns of ``survival``.
        models: The model used for each patient.
    """
    charts: dict[str, Chart | None] = {
        "kaplan_meier": kaplan_meier_chart(outcome, high_risk, "Risk groups of the given patients"),
        "calibration": calibration_chart(outcome, survival, years, "Calibration on the given patients"),
    }
    for model in {set_name(one.items): one for one in models}.values():
        charts[f"nomogram_{set_name(model.items)}"] = _nomogram(model)
    return {name: chart for name, chart in charts.items() if chart is not None}


def _nomogram(model: SurvivalModel) -> Chart | None:
    if model.nomogram is None:
        return None
    names = [axis["term"]["name"] for axis in model.nomogram["axes"]]
    known = ", ".join(["images", *(ITEM_WORDS[item] for item in model.items)])
    words = {name: WORDS.get(name, name) for name in names}
    return {"kind": "nomogram", "title": f"Nomogram ({known})", **model.nomogram, "words": words}
