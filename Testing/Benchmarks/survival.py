"""CPU time of the high-dimensional survival methods at the size of Han 2020, beside scikit-survival and lifelines.

Usage: python Testing/Benchmarks/survival.py [--patients 128] [--features 8540] [--outer 2] [--workers 2] [--no-peers]
Single methods run in this one process with one BLAS thread; CPU time is the smallest of three runs, so that other work
on the machine counts little. Peers are timed where they can be imported. ``--outer 0`` runs the whole leave-one-out in
``--workers`` processes: 85 deaths among 128 patients, three fifths of the features sparse as deep ones are.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402 - after the number of threads is set

from GliomaRadiomicsLib.statistics.cox_path import PathSettings, fit_cox_path  # noqa: E402
from GliomaRadiomicsLib.statistics.elastic_net_cox import ElasticNetCox  # noqa: E402
from GliomaRadiomicsLib.statistics.features import FeatureTable  # noqa: E402
from GliomaRadiomicsLib.statistics.median_absolute_deviation import median_absolute_deviation  # noqa: E402
from GliomaRadiomicsLib.statistics.nested_validation import nested_validation  # noqa: E402
from GliomaRadiomicsLib.statistics.outcome import Outcome  # noqa: E402
from GliomaRadiomicsLib.statistics.pearson_filter import uncorrelated  # noqa: E402
from GliomaRadiomicsLib.statistics.univariable_concordance import univariable_concordance  # noqa: E402
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings  # noqa: E402

L1_RATIOS = (1.0, 0.5, 0.1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=128)
    parser.add_argument("--features", type=int, default=8540)
    parser.add_argument("--outer", type=int, default=2, help="outer folds of the whole analysis to time, 0 for all")
    parser.add_argument("--workers", type=int, default=2, help="processes of the whole leave-one-out")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    table, outcome = synthetic_cohort(options.patients, options.features)
    print(f"{outcome.n} patients, {outcome.n_events} events, {table.p} features; CPU seconds")
    for l1_ratio in L1_RATIOS:
        settings = PathSettings(l1_ratio=l1_ratio, smallest=0.01)
        show(
            f"Elastic-Net path, 100 penalties, l1_ratio {l1_ratio:g}",
            lambda s=settings: fit_cox_path(table, outcome, s),
        )
    show("univariable C-index", lambda: univariable_concordance(table, outcome))
    show("median absolute deviation", lambda: median_absolute_deviation(table))
    show("Pearson filter", lambda: uncorrelated(table, 0.85))
    if not options.no_peers:
        time_scikit_survival(table, outcome)
        time_lifelines(table, outcome)
    if options.outer:
        part_of_analysis(table, outcome, options.outer)
    else:
        whole_analysis(table, outcome, options.workers)


def synthetic_cohort(n: int, p: int) -> tuple[FeatureTable, Outcome]:
    """Correlated features, three hidden causes of death, two thirds of the patients dead at the end of follow-up.

    Three fifths of the features are zero in most patients (the paper: about 60 % have no spread), and about 100 of
    the others reach a C-index of .66.
    """
    generator = np.random.default_rng(0)
    hidden = generator.standard_normal((n, 8))
    values = hidden @ generator.standard_normal((8, p)) * 0.5 + generator.standard_normal((n, p))
    values[:, : 3 * p // 5] = np.maximum(values[:, : 3 * p // 5] - 1, 0)
    time_to_death = generator.exponential(np.exp(-0.9 * hidden[:, :3].sum(axis=1))) * 400 + 1
    end = np.sort(time_to_death)[round(n * 85 / 128) - 1] + generator.uniform(0, 1, n)
    table = FeatureTable(values, [f"f{j}" for j in range(p)])
    return table, Outcome(np.minimum(time_to_death, end), time_to_death <= end)


def show(name: str, action: Callable[[], object], repeats: int = 3) -> None:
    """Print the smallest CPU time."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        action()
        seconds.append(time.process_time() - begin)
    print(f"{name:60s} {min(seconds):8.3f}", flush=True)


def han_model() -> ElasticNetCox:
    """Every step and the model of the system `hgg_survival`, with the paper's settings."""
    return HanSettings().model()


def part_of_analysis(table: FeatureTable, outcome: Outcome, outer: int) -> None:
    """A part of the outer folds, scaled up."""
    model, begin, wall = han_model(), time.process_time(), time.perf_counter()
    for left_out in range(outer):
        rows = np.delete(np.arange(outcome.n), left_out)
        model.fit(table.take(rows), outcome.take(rows))
    cpu, wall = time.process_time() - begin, time.perf_counter() - wall
    print(f"{f'Han 2020, leave-one-out x 10 folds: CPU, {outer} outer folds':60s} {cpu:8.1f} (wall {wall:.1f})")
    print(f"{'  the same for all patients, on two cores':60s} {cpu / outer * outcome.n / 2:8.1f}")


def whole_analysis(table: FeatureTable, outcome: Outcome, workers: int) -> None:
    """Leave-one-out with everything inside each inner and outer fold."""
    begin, wall = cpu_seconds(), time.perf_counter()
    result = nested_validation(han_model(), table, outcome, workers=workers)
    wall = time.perf_counter() - wall
    if workers > 1:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)
    cpu = cpu_seconds() - begin
    print(f"{'held-out C-index':60s} {result.discrimination:8.3f}")
    print(f"{f'Han 2020, leave-one-out x 10 folds, {workers} processes: wall':60s} {wall:8.1f} (CPU {cpu:.1f})")


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    usage = (resource.getrusage(kind) for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in usage)


def time_scikit_survival(table: FeatureTable, outcome: Outcome) -> None:
    """The same path and C-index by scikit-survival (GPL: for comparison only)."""
    try:
        from sksurv.linear_model import CoxnetSurvivalAnalysis
        from sksurv.metrics import concordance_index_censored
    except ImportError as error:
        print(f"scikit-survival not importable: {error}")
        return
    y = np.array(list(zip(outcome.event, outcome.time, strict=True)), dtype=[("event", bool), ("time", float)])
    scaled = (table.values - table.values.mean(axis=0)) / table.values.std(axis=0)
    for l1_ratio in L1_RATIOS:
        peer = CoxnetSurvivalAnalysis(l1_ratio=l1_ratio, alpha_min_ratio=0.01, max_iter=1_000_000)
        show(f"  scikit-survival, path, l1_ratio {l1_ratio:g}", lambda p=peer: p.fit(scaled, y))
    columns = table.values.T[:200]
    show(
        f"  scikit-survival, univariable C-index of {len(columns)} features",
        lambda: [concordance_index_censored(outcome.event, outcome.time, column) for column in columns],
    )


def time_lifelines(table: FeatureTable, outcome: Outcome) -> None:
    """One penalty on 50 features and the C-index by lifelines, which has no path."""
    try:
        import pandas as pd
        from lifelines import CoxPHFitter
        from lifelines.utils import concordance_index
    except ImportError as error:
        print(f"lifelines not importable: {error}")
        return
    frame = pd.DataFrame(table.values[:, :50]).assign(time=outcome.time, event=outcome.event)
    fitter = CoxPHFitter(penalizer=0.1, l1_ratio=0.5)
    show("  lifelines, one penalty, 50 features", lambda: fitter.fit(frame, "time", "event"), repeats=1)
    columns = table.values.T[:200]
    show(
        f"  lifelines, univariable C-index of {len(columns)} features",
        lambda: [concordance_index(outcome.time, -column, outcome.event) for column in columns],
    )


if __name__ == "__main__":
    main()
