"""Nested cross-validation on public tables gives the figures measured there before, shuffled follow-up gives chance.

The yardsticks (C-index of clinical data, radiomics, both) were measured on the same collections with everything inside
the folds; fold SD .03 to .08. The tables here hold 400 of 500 patients of UCSF-PDGM and 489 of 611 of UPENN-GBM.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.statistics.concordance import concordance_index
from GliomaRadiomicsLib.statistics.cox_path import PathSettings, fit_cox_path
from GliomaRadiomicsLib.statistics.elastic_net_cox import ElasticNetCox
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.nested_validation import Validation, nested_validation
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.scaling import MedianImputation, ZScore
from GliomaRadiomicsLib.statistics.univariable_concordance import StrongestConcordance
from GliomaRadiomicsLib.systems.hgg_survival.measurable import MeasurableFilter
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings

Read = tuple[pd.DataFrame, pd.DataFrame, Outcome]
Reader = Callable[[Path], Read]
LIGHT = PathSettings(l1_ratio=0.5, n_penalties=12, smallest=0.1)


def tcga(folder: Path) -> Read:
    features = pd.read_csv(folder / "TCGA_GBM_radiomicFeatures.csv", index_col="ID").drop(columns="Date")
    clinical = pd.read_csv(folder / "bakas167_clinical.csv", index_col="ID").loc[features.index]
    known = (clinical["event"].notna() & (clinical["os_days"] > 0)).to_numpy()
    outcome = Outcome(clinical.loc[known, "os_days"], clinical.loc[known, "event"])
    return numbers(features[known]), clinical.loc[known, ["age"]], outcome


def ucsf(folder: Path) -> Read:
    features = pd.read_csv(folder / "pyradiomics_t1c_whole_tumour.csv", index_col="ID").filter(like="original_")
    features = features[[name for name in features if name.startswith("original")]]
    clinical = pd.read_csv(folder / "clinical.csv", index_col="ID").loc[features.index]
    known = (clinical["OS"] > 0) & clinical["1-dead 0-alive"].notna()
    outcome = Outcome(clinical.loc[known, "OS"], clinical.loc[known, "1-dead 0-alive"])
    items = {"age": clinical["Age at MRI"], "male": clinical["Sex"] == "M", "mutant": clinical["IDH"] != "wildtype"}
    items |= {name: clinical["EOR"] == name for name in ("STR", "biopsy")}
    return numbers(features[known]), pd.DataFrame(items)[known].astype(float), outcome


def upenn(folder: Path) -> Read:
    """Patients with an uncertain date of death count as censored."""
    parts = [pd.read_csv(file, index_col="SubjectID") for file in sorted((folder / "captk_features").glob("*.csv"))]
    features = pd.concat(parts, axis=1)
    clinical = pd.read_csv(folder / "clinical.csv", index_col="ID").loc[features.index]
    died = clinical["Survival_Status"] == "Deceased"
    days, censored = (
        pd.to_numeric(clinical[name], errors="coerce")
        for name in ("Survival_from_surgery_days_UPDATED", "Survival_Censor")
    )
    time = days.where(died, censored.fillna(days))
    known = time > 0
    removed = clinical["GTR_over90percent"].map({"Y": 1.0, "N": 0.0})
    items = {"age": clinical["Age_at_scan_years"], "male": clinical["Gender"] == "M", "removed": removed}
    return numbers(features[known]), pd.DataFrame(items)[known].astype(float), Outcome(time[known], died[known])


def numbers(features: pd.DataFrame) -> pd.DataFrame:
    found = features.apply(pd.to_numeric, errors="coerce").replace([np.inf, -np.inf], np.nan)
    return found.loc[:, found.notna().any()]


READERS: dict[str, Reader] = {"tcga": tcga, "ucsf_pdgm": ucsf, "upenn_gbm": upenn}
COUNTS = {"tcga": (101, 76), "ucsf_pdgm": (400, 203), "upenn_gbm": (489, 468)}


@pytest.fixture(scope="module")
def read(shared_data: Path) -> Callable[[str], Read]:
    @cache
    def reader(name: str) -> Read:
        return READERS[name](shared_data / "tables" / name)

    return reader


def elastic_net(name: str, inner_folds: int = 3) -> ElasticNetCox:
    """Everything in the fold; of UPENN's 1,728 features the 150 with the strongest C-indices, which is quicker."""
    strongest = (StrongestConcordance(150),) if name == "upenn_gbm" else ()
    return ElasticNetCox((MeasurableFilter(), MedianImputation(), *strongest, ZScore()), LIGHT, n_folds=inner_folds)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("tcga", "clinical", 0.651),
        ("tcga", "radiomics", 0.520),
        ("tcga", "both", 0.570),
        ("ucsf_pdgm", "clinical", 0.752),
        ("ucsf_pdgm", "radiomics", 0.644),
        ("ucsf_pdgm", "both", 0.742),
        ("upenn_gbm", "clinical", 0.632),
        ("upenn_gbm", "radiomics", 0.598),
        ("upenn_gbm", "both", 0.656),
    ],
)
def test_clinical_radiomics_and_both(read: Callable[[str], Read], name: str, kind: str, expected: float) -> None:
    features, clinical, outcome = read(name)
    assert (outcome.n, outcome.n_events) == COUNTS[name]
    frame = {"clinical": clinical, "radiomics": features, "both": pd.concat([clinical, features], axis=1)}[kind]
    table, seeds = FeatureTable.from_frame(frame), range(3 if name == "tcga" else 1)
    found = [nested_validation(elastic_net(name), table, outcome, n_splits=5, seed=seed) for seed in seeds]
    assert (found[0].n, found[0].n_events) == COUNTS[name]
    assert np.mean([one.by_fold.mean() for one in found]) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize(("kind", "expected"), [("clinical", 0.674), ("radiomics", 0.571), ("both", 0.671)])
def test_glioblastoma_of_ucsf(read: Callable[[str], Read], shared_data: Path, kind: str, expected: float) -> None:
    """WHO grade 4, IDH-wildtype: without the easy difference between grades."""
    features, clinical, outcome = read("ucsf_pdgm")
    grade = pd.read_csv(shared_data / "tables/ucsf_pdgm/clinical.csv", index_col="ID")["WHO CNS Grade"]
    own = ((grade.loc[features.index] == 4) & (clinical["mutant"] == 0)).to_numpy()
    clinical = clinical.drop(columns="mutant")
    frame = {"clinical": clinical, "radiomics": features, "both": pd.concat([clinical, features], axis=1)}[kind]
    table = FeatureTable.from_frame(frame[own])
    found = [nested_validation(elastic_net("ucsf"), table, outcome.take(own), n_splits=5, seed=k) for k in range(2)]
    assert found[0].n == own.sum() > 250
    assert np.mean([one.by_fold.mean() for one in found]) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("name", "shuffles"), [("tcga", 20), ("ucsf_pdgm", 12), ("upenn_gbm", 4)])
def test_shuffled_follow_up_gives_chance(read: Callable[[str], Read], name: str, shuffles: int) -> None:
    """Clinical data and radiomics together; standard error of the mean .004 to .006."""
    features, clinical, outcome = read(name)
    table = FeatureTable.from_frame(pd.concat([clinical, features], axis=1))
    random, model = np.random.default_rng(0), elastic_net(name, inner_folds=2)
    found = []
    for seed in range(shuffles):
        shuffled = outcome.take(random.permutation(outcome.n))
        found.append(nested_validation(model, table, shuffled, n_splits=5, seed=seed).discrimination)
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)


def test_apparent_figures_promise_what_held_out_ones_do_not_hold(read: Callable[[str], Read]) -> None:
    """TCGA-GBM: the path reaches an apparent C-index of .73 to .98; patients held out give .52."""
    features, _, outcome = read("tcga")
    table = FeatureTable.from_frame(features.loc[:, features.notna().all()])
    path = fit_cox_path(table, outcome, PathSettings(l1_ratio=0.1))
    apparent = [concordance_index(outcome, risk) for risk in path.linear_predictor(table)[:, 20:80:10].T]
    assert min(apparent) > 0.7
    assert max(apparent) > 0.95
    held_out = [nested_validation(elastic_net("tcga"), table, outcome, n_splits=5, seed=k) for k in range(3)]
    assert np.mean([one.by_fold.mean() for one in held_out]) < 0.56


def han(features: pd.DataFrame, outcome: Outcome, concordance: float, seed: int = 0) -> Validation:
    model = HanSettings(deep="none", inner_folds=3, concordance=concordance).model()
    return nested_validation(model, FeatureTable.from_frame(features), outcome, n_splits=5, seed=seed)


@pytest.mark.parametrize(("name", "concordance", "expected"), [("ucsf_pdgm", 0.58, 0.644), ("upenn_gbm", 0.56, 0.598)])
def test_reduction_of_han(read: Callable[[str], Read], name: str, concordance: float, expected: float) -> None:
    """The paper's threshold of .66 leaves hardly any feature of these tables: it is lowered."""
    features, _, outcome = read(name)
    found = han(features, outcome, concordance)
    assert (found.n, found.n_events) == COUNTS[name]
    assert np.nanmean(found.by_fold) == pytest.approx(expected, abs=0.04)


def test_the_papers_threshold_leaves_nothing_of_a_cohort_without_signal(read: Callable[[str], Read]) -> None:
    """TCGA-GBM: in 20 folds hardly a feature of 720 reaches .66, and what does tells nothing about others."""
    features, _, outcome = read("tcga")
    found = [han(features, outcome, 0.66, seed) for seed in range(4)]
    assert sum(bool(fold.coefficients) for one in found for fold in one.folds) <= 2
    assert all(0.45 < one.discrimination < 0.55 for one in found)
