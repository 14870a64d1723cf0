"""A map that fails its own test says so, on the card and wherever its figures stand."""

from __future__ import annotations

from typing import Any

import pytest

from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.models.card import write_card
from GliomaRadiomicsLib.models.map_figures import failure, failures, faithfulness_of
from GliomaRadiomicsLib.models.store import starter


def entry(name: str, value: float, ci: list[float] | None = None, method: str = "gradcam") -> dict[str, Any]:
    return {"id": f"cv_{method}_{name}", "metric": name, "value": value, "ci": ci, "n": 6, "note": ""}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([entry("shuffled", 0.1), entry("beaten", 0.9, [0.7, 1.0])], ""),
        ([entry("shuffled", 0.85), entry("beaten", 0.9, [0.7, 1.0])], "shuffled weights, rho 0.85"),
        ([entry("shuffled", 0.1), entry("beaten", 0.6, [0.45, 0.8])], "no better than random regions"),
        ([entry("shuffled", 0.1), entry("beaten", 0.2, [0.1, 0.3])], "no better than random regions"),
        ([entry("beaten", 0.5)], "no better than random regions"),
        ([entry("deletion", -1.0)], ""),
        ([], ""),
    ],
)
def test_when_a_map_fails(entries: list[dict[str, Any]], words: str) -> None:
    told = failure(entries)
    assert words in told
    assert bool(told) == bool(words)
    if words:
        assert "should not be read as a reason" in told


def test_each_kind_of_map_fails_alone() -> None:
    good = [entry("shuffled", 0.0, None, "gradcam_res3"), entry("beaten", 0.9, [0.8, 1.0], "gradcam_res3")]
    bad = [entry("shuffled", 0.9), entry("beaten", 0.9, [0.8, 1.0])]
    (told,) = failures([*good, *bad])
    assert told.startswith("Heat map gradcam: This map fails its test")
    assert failures(good) == []


def test_a_kind_of_map_has_only_its_own_figures() -> None:
    metadata = {"evidence": {"figures": [entry("beaten", 0.9, None, "gradcam_network"), entry("beaten", 0.4)]}}
    assert [one["value"] for one in faithfulness_of(metadata, "gradcam")] == [0.4]
    assert [one["value"] for one in faithfulness_of(metadata, "gradcam_network")] == [0.9]
    assert faithfulness_of(metadata, "guided_backpropagation") == []


def test_the_card_says_which_map_fails() -> None:
    metadata = load_metadata(starter("cnn_grading"))
    figures = [entry("shuffled", 0.9), entry("beaten", 0.9, [0.8, 1.0])]
    figures = [{**one, "cohort": "c", "validation": "v"} for one in figures]
    card = write_card({**metadata, "evidence": {"figures": figures}})
    assert failures(figures)[0] in card
    passing = [{**one, "value": 0.0} if one["metric"] == "shuffled" else one for one in figures]
    assert "fails its test" not in write_card({**metadata, "evidence": {"figures": passing}})


@pytest.mark.parametrize(
    ("system", "method"),
    [("vq_grading", "responsible-hgg"), ("cnn_grading", "gradcam"), ("fused_grading", "gradcam_network")],
)
def test_the_principal_map_of_every_starter_was_tested(system: str, method: str) -> None:
    found = faithfulness_of(load_metadata(starter(system)), method)
    assert {one["id"].rpartition("_")[2] for one in found} == {"deletion", "insertion", "beaten", "shuffled"}
