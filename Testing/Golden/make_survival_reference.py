"""Write survival_reference.json with lifelines and scikit-survival; they are needed here only, never at run time.

Usage: python make_survival_reference.py SHARED_DATA    (with lifelines and scikit-survival importable)
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

YEAR = 365.25


def rotterdam(folder: Path) -> dict:
    """Lifelines on 2982 patients: Cox with Efron ties, Kaplan-Meier with log-log band, log-rank."""
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test
    from lifelines.utils import median_survival_times

    table = pd.read_csv(folder / "rotterdam.csv")
    design = table[["age", "grade", "nodes", "hormon"]].assign(T=table.dtime, E=table.death)
    cox = CoxPHFitter().fit(design, "T", "E")
    curve = KaplanMeierFitter().fit(table.dtime, table.death)
    low, high = median_survival_times(curve.confidence_interval_).iloc[0].tolist()
    years = [YEAR, 5 * YEAR, 10 * YEAR]
    band = curve.confidence_interval_survival_function_
    rank = multivariate_logrank_test(table.dtime, table["size"], table.death)
    return {
        "coefficients": cox.params_.to_dict(),
        "standard_errors": cox.standard_errors_.to_dict(),
        "log_likelihood": float(cox.log_likelihood_),
        "median": [float(curve.median_survival_time_), low, high],
        "times": years,
        "survival": curve.predict(years).tolist(),
        "lower": [float(band.iloc[:, 0].asof(year)) for year in years],
        "upper": [float(band.iloc[:, 1].asof(year)) for year in years],
        "log_rank_size": float(rank.test_statistic),
    }


def lung_untied(folder: Path) -> dict:
    """scikit-survival on lung, ties broken by row, with a made-up risk and survival that the test makes likewise."""
    from sksurv.metrics import (
        brier_score,
        concordance_index_censored,
        concordance_index_ipcw,
        cumulative_dynamic_auc,
        integrated_brier_score,
    )

    table = pd.read_csv(folder / "lung.csv").dropna(subset=["ph.ecog"])
    time = table.time.to_numpy() + np.arange(len(table)) * 1e-4
    y = np.array(list(zip(table.status == 2, time, strict=True)), dtype=[("event", bool), ("time", float)])
    risk = (table.age + 10 * table["ph.ecog"]).to_numpy()
    times = [180.0, 365.0, 540.0]
    survival = np.exp(-np.array(times) / 600) ** (risk[:, None] / 70)
    return {
        "times": times,
        "harrell": float(concordance_index_censored(y["event"], y["time"], risk)[0]),
        "uno_tau_600": float(concordance_index_ipcw(y, y, risk, tau=600)[0]),
        "auc": cumulative_dynamic_auc(y, y, risk, times)[0].tolist(),
        "brier": brier_score(y, y, survival, times)[1].tolist(),
        "integrated_brier": float(integrated_brier_score(y, y, survival, times)),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    import lifelines
    import sksurv

    data = Path(sys.argv[1]) / "reference" / "survival_R"
    values = {
        "source": f"lifelines {lifelines.__version__}, scikit-survival {sksurv.__version__}; {Path(__file__).name}",
        "rotterdam": rotterdam(data),
        "lung_untied": lung_untied(data),
    }
    Path(__file__).with_name("survival_reference.json").write_text(json.dumps(values, indent=2) + "\n")
